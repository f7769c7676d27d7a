#include "rule/emit_parts.h"
#include "rule/template.h"
#include "rule/typescript.h"

namespace msghub {

using typescript::group;
using typescript::string_literal;

namespace {

class StepEmitter {
 public:
  explicit StepEmitter(EmitScope& scope) : scope_(scope) {}

  // A number that a double would round is kept as its digits.
  std::string json_number(const std::string& text) {
    std::size_t digits = 0;
    for (const char c : text) digits += c >= '0' && c <= '9' ? 1 : 0;
    const bool plain = text.find_first_of("eE") == std::string::npos;
    if (digits <= 15 || !plain) return text;
    return scope_.use("decimal") + "(" + string_literal(text) + ")";
  }

  std::string json(const JsonNode& node, std::size_t indent, std::size_t before) {
    using Kind = JsonNode::Kind;
    switch (node.kind) {
      case Kind::Null:
        return "null";
      case Kind::True:
        return "true";
      case Kind::False:
        return "false";
      case Kind::Number:
        return json_number(node.number);
      case Kind::String:
        return scope_.text(node.text);
      case Kind::Reference:
        return scope_.value(*node.value);
      case Kind::Array:
      case Kind::Object:
        break;
    }
    std::vector<std::string> items;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const std::string child = json(node.children[i], indent + 2, 0);
      items.push_back(node.kind == Kind::Array ? child : member(node.keys[i], child));
    }
    const bool array = node.kind == Kind::Array;
    return group(array ? "[" : "{", items, array ? "]" : "}", indent, before);
  }
  std::string member(const Template& key, const std::string& value) {
    if (!key.is_literal()) return "[" + scope_.tagged("text", key) + "]: " + value;
    const std::string name = source_text(key);
    return name == value && is_bare_key(name) ? name : property(name, value);
  }

  std::string step(const Step& step) {
    scope_.begin_function();
    std::string action;
    std::vector<std::string> request =
        std::visit([&](const auto& what) { return this->request(what, action); }, step.what);
    std::vector<std::string> options{property("line", std::to_string(step.line))};
    if (step.continue_on_error) options.push_back("continueOnError: true");
    std::string out =
        scope_.use("step") + "(" + group("{", options, "}", 4) + ", " + scope_.use(action) + ", ";
    constexpr std::size_t kBehind = 19;  // "(, message) => ({"
    out += scope_.parameters(4, out.size() + kBehind) + " => ({\n";
    for (const std::string& item : request) out += "      " + item + ",\n";
    return out + "    }))";
  }
  std::vector<std::string> request(const WebhookStep& webhook, std::string& action) {
    action = "sendWebhook";
    std::vector<std::string> headers;
    headers.reserve(webhook.headers.size());
    for (const WebhookStep::Header& header : webhook.headers)
      headers.push_back(property(header.name, scope_.text(header.value)));
    std::vector<std::string> out{property("method", string_literal(webhook.method)),
                                 property("url", scope_.url(webhook.url)),
                                 property("headers", group("{", headers, "}", 6, 9))};
    if (webhook.body) out.push_back(property("body", json(*webhook.body, 6, 6)));
    return out;
  }
  // The other actions have no code yet.
  template <class Other>
  std::vector<std::string> request(const Other&, std::string& action) {
    action = "";
    return {};
  }
  std::vector<std::string> request(const SqlStep& sql, std::string& action) {
    action = "runSql";
    return {property("connection", string_literal(*sql.connection.name)),
            property("statement", scope_.tagged("sql", sql.statement))};
  }
  std::vector<std::string> request(const EmailStep& email, std::string& action) {
    action = "sendEmail";
    std::vector<std::string> to;
    to.reserve(email.to.size());
    for (const Template& address : email.to) to.push_back(scope_.text(address));
    return {property("connection", string_literal(*email.connection.name)),
            property("to", group("[", to, "]", 6, 4)),
            property("subject", scope_.text(email.subject)),
            property("text", scope_.text(*email.text))};
  }

 private:
  EmitScope& scope_;
};

}  // namespace

std::string emit_step(const Step& step, EmitScope& scope) { return StepEmitter(scope).step(step); }

}  // namespace msghub
