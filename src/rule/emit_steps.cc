#include "rule/emit_parts.h"
#include "rule/lower.h"
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
    const std::optional<std::string> name = fixed_text(key);
    if (!name) return "[" + scope_.tagged("text", key) + "]: " + value;
    return *name == value && is_bare_key(*name) ? *name : property(*name, value);
  }

  std::string step(const Step& step) {
    // The guard first: it is a function of its own.
    std::vector<std::string> options{property("line", std::to_string(step.line))};
    if (step.continue_on_error) options.push_back("continueOnError: true");
    if (step.for_each_attachment) options.push_back("forEach: 'attachment'");
    if (step.output) options.push_back(property("as", string_literal(*step.output)));
    if (!step.only_if.empty()) options.push_back(guard(step.only_if));
    scope_.begin_function();
    std::string action;
    const std::vector<std::string> request =
        std::visit([&](const auto& what) { return this->request(what, action, step); }, step.what);
    std::string out = scope_.use("step") + "(" + group("{", options, "}", 4, 5) + ", " +
                      scope_.use(action) + ", ";
    const std::size_t line_begin = out.rfind('\n') == std::string::npos ? 0 : out.rfind('\n') + 1;
    constexpr std::size_t kBehind = 19;  // "(, message) => ({"
    out += scope_.parameters(4, out.size() - line_begin + kBehind) + " => ({\n";
    for (const std::string& item : request) out += "      " + item + ",\n";
    return out + "    }))";
  }

  std::string guard(const std::vector<GuardCondition>& conditions) {
    scope_.begin_function();
    std::vector<std::string> tests;
    tests.reserve(conditions.size());
    for (const GuardCondition& condition : conditions) tests.push_back(comparison(condition));
    const std::string head = "onlyIf: " + scope_.parameters(6, 0) + " =>";
    std::string line = head, lines = head;
    for (std::size_t i = 0; i < tests.size(); ++i) {
      const std::string end = i + 1 < tests.size() ? " &&" : "";
      line += " " + tests[i] + end;
      lines += "\n        " + tests[i] + end;
    }
    constexpr std::size_t kWidth = 93;  // of 100, behind an indent of 6 and before a comma
    return line.size() <= kWidth ? line : lines;
  }
  std::string comparison(const GuardCondition& condition) {
    std::string out = condition.negated ? "!" : "";
    out += scope_.use(function_of(condition.test)) + "(" + scope_.value(condition.value);
    if (condition.test != GuardCondition::Test::Empty) {
      const bool number = condition.operand_is_number && takes_number(condition.test);
      out +=
          ", " + (number ? number_literal(condition.operand) : string_literal(condition.operand));
    }
    if (condition.case_sensitive) out += ", { caseSensitive: true }";
    return out + ")";
  }
  static bool takes_number(GuardCondition::Test test) {
    using Test = GuardCondition::Test;
    return test == Test::Is || test == Test::Over || test == Test::AtLeast || test == Test::Under ||
           test == Test::AtMost;
  }
  // Without leading zeros, which TypeScript does not take.
  std::string number_literal(const std::string& text) {
    const bool minus = text.starts_with('-');
    std::size_t first = minus ? 1 : 0;
    while (first + 1 < text.size() && text[first] == '0' && text[first + 1] != '.') ++first;
    return json_number((minus ? "-" : "") + text.substr(first));
  }
  static std::string_view function_of(GuardCondition::Test test) {
    using Test = GuardCondition::Test;
    switch (test) {
      case Test::Is:
        return "is";
      case Test::Contains:
        return "contains";
      case Test::StartsWith:
        return "startsWith";
      case Test::EndsWith:
        return "endsWith";
      case Test::Matches:
        return "matches";
      case Test::Over:
        return "isOver";
      case Test::AtLeast:
        return "isAtLeast";
      case Test::Under:
        return "isUnder";
      case Test::AtMost:
        return "isAtMost";
      case Test::Empty:
        return "isEmpty";
    }
    return {};
  }

  using Items = std::vector<std::string>;

  Items request(const WebhookStep& webhook, std::string& action, const Step&) {
    action = "sendWebhook";
    Items headers;
    headers.reserve(webhook.headers.size());
    for (const WebhookStep::Header& header : webhook.headers)
      headers.push_back(property(header.name, scope_.header(header.value)));
    Items out{property("method", string_literal(webhook.method)),
              property("url", scope_.url(webhook.url)),
              property("headers", group("{", headers, "}", 6, 9))};
    if (webhook.body) out.push_back(property("body", json(*webhook.body, 6, 6)));
    return out;
  }
  Items request(const SqlStep& sql, std::string& action, const Step&) {
    action = "runSql";
    return {connection(sql.connection), property("statement", scope_.tagged("sql", sql.statement))};
  }
  Items request(const EmailStep& email, std::string& action, const Step&) {
    action = "sendEmail";
    Items out{connection(email.connection), addresses("to", email.to)};
    if (!email.cc.empty()) out.push_back(addresses("cc", email.cc));
    if (!email.bcc.empty()) out.push_back(addresses("bcc", email.bcc));
    out.push_back(property("subject", scope_.header(email.subject)));
    if (email.text) out.push_back(property("text", scope_.text(*email.text)));
    if (email.html) out.push_back(property("html", scope_.encoded("html", *email.html)));
    if (email.attachments == EmailStep::Attachments::All)
      out.push_back(property("attachments", scope_.message() + ".attachments"));
    else if (email.attachments != EmailStep::Attachments::None)
      out.push_back(property("attachments", "[" + scope_.value(email.attachment) + "]"));
    return out;
  }
  Items request(const SheetsStep& sheets, std::string& action, const Step&) {
    action = "updateSheet";
    Items out{connection(sheets.connection)};
    if (!sheets.spreadsheet.empty())
      out.push_back(property("spreadsheetId", string_literal(sheets.spreadsheet)));
    out.push_back(property("tab", string_literal(sheets.tab)));
    out.push_back(property("operation", operation_of(sheets.operation)));
    if (sheets.row) out.push_back(property("row", scope_.text(*sheets.row)));
    if (sheets.operation == SheetsStep::Operation::FindAndUpdate)
      out.push_back(property("find", group("{",
                                           {property("column", string_literal(sheets.find_column)),
                                            property("value", scope_.text(sheets.find_value))},
                                           "}", 6, 6)));
    if (sheets.append_when_missing) out.push_back("appendMissing: true");
    Items cells;
    for (const SheetsStep::Cell& cell : sheets.cells)
      cells.push_back(property(cell.column, scope_.cell(cell.value)));
    out.push_back(property("mapping", group("{", cells, "}", 6, 9)));
    return out;
  }
  static std::string operation_of(SheetsStep::Operation operation) {
    switch (operation) {
      case SheetsStep::Operation::Append:
        return "'append'";
      case SheetsStep::Operation::Update:
        return "'update'";
      case SheetsStep::Operation::FindAndUpdate:
        return "'find_and_update'";
    }
    return {};
  }
  Items request(const SlackStep& slack, std::string& action, const Step&) {
    action = "postToSlack";
    Items out{connection(slack.connection), property("channel", string_literal(slack.channel))};
    if (slack.thread) out.push_back(property("thread", scope_.text(*slack.thread)));
    out.push_back(property("text", scope_.encoded("slack", slack.text)));
    return out;
  }
  Items request(const ChatgptStep& ask, std::string& action, const Step& step) {
    action = "askChatgpt";
    Items out{connection(ask.connection), property("model", string_literal(ask.model)),
              property("prompt", scope_.text(ask.prompt))};
    if (ask.temperature) out.push_back(property("temperature", *ask.temperature));
    if (ask.max_tokens) out.push_back(property("maxTokens", std::to_string(*ask.max_tokens)));
    out.push_back(property("outputField", string_literal(*step.output)));
    Items fields;
    for (const ChatgptStep::Field& field : ask.fields) fields.push_back(this->field(field));
    if (!fields.empty()) out.push_back(property("fields", group("[", fields, "]", 6, 8)));
    return out;
  }
  static std::string field(const ChatgptStep::Field& field) {
    const std::string type(field_type_name(field.type));
    Items items{property("name", string_literal(field.name)),
                property("type", string_literal(type))};
    Items choices;
    for (const std::string& choice : field.choices) choices.push_back(string_literal(choice));
    if (!choices.empty()) items.push_back(property("choices", group("[", choices, "]", 10, 9)));
    if (!field.meaning.empty()) items.push_back(property("meaning", string_literal(field.meaning)));
    return group("{", items, "}", 8);
  }

 private:
  static std::string connection(const ConnectionName& name) {
    return property("connection", string_literal(*name.name));
  }
  std::string addresses(std::string_view key, const std::vector<Template>& from) {
    Items items;
    items.reserve(from.size());
    for (const Template& address : from) items.push_back(scope_.text(address));
    return property(key, group("[", items, "]", 6, 4));
  }

  EmitScope& scope_;
};

}  // namespace

std::string emit_json(const JsonNode& node, EmitScope& scope, std::size_t indent,
                      std::size_t before) {
  return StepEmitter(scope).json(node, indent, before);
}

std::string emit_step(const Step& step, EmitScope& scope) { return StepEmitter(scope).step(step); }

}  // namespace msghub
