#include "rule/manifest.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <map>
#include <set>

#include "rule/forms.h"
#include "rule/lower.h"
#include "rule/references.h"
#include "rule/template.h"

namespace msghub {

namespace {

constexpr std::string_view kSpreadsheets = "https://www.googleapis.com/auth/spreadsheets";

// "erp.example.com:443" of the URL's fixed beginning.
std::string host_of(const Template& url) {
  std::string sample;
  for (const Template::Part& part : url.parts) sample += part.reference ? "x" : part.text;
  const auto parsed = boost::urls::parse_uri(sample);
  if (!parsed) return {};
  const bool tls = parsed->scheme_id() == boost::urls::scheme::https;
  const std::string port = parsed->has_port() ? std::string(parsed->port()) : tls ? "443" : "80";
  return std::string(parsed->encoded_host()) + ":" + port;
}

class Collector {
 public:
  explicit Collector(const RuleTree& tree) : tree_(tree) {}

  RuleManifest run() {
    for (std::size_t i = 0; i < tree_.steps.size(); ++i) {
      take(tree_.steps[i]);
      if (tree_.steps[i].output) makers_[*tree_.steps[i].output] = {i + 1, told(tree_.steps[i])};
    }
    for (const Step& step : tree_.failure.then) take(step);
    for (const UsedConnection& used : connections_of(tree_))
      connections_.insert(std::string(wire_name(used.service)) + " " + used.name);
    return {list(hosts_), list(connections_), list(scopes_), list(fields_)};
  }

 private:
  static std::vector<std::string> list(const std::set<std::string>& from) {
    return {from.begin(), from.end()};
  }

  // What of the message a model is told, be it in the answer to another question: its own answer
  // may repeat it.
  std::set<std::string> told(const Step& step) const {
    std::set<std::string> out;
    if (!std::holds_alternative<ChatgptStep>(step.what)) return out;
    each_reference(step, [&](const Reference& reference, CalledIn where) {
      if (where == CalledIn::Guard) return;
      const auto maker = makers_.find(reference.name);
      if (reference.kind == Reference::Kind::Output && maker != makers_.end())
        out.insert(maker->second.told.begin(), maker->second.told.end());
      else if (reference.kind == Reference::Kind::Extracted)
        out.insert(source_of(reference));
      else if (const std::string what = field(reference); !what.empty())
        out.insert(what);
    });
    return out;
  }

  void take(const Step& step) {
    const std::string target = std::visit([this](const auto& what) { return to(what); }, step.what);
    // A guard decides here, in the hub: what it looks at goes nowhere.
    each_reference(step, [&](const Reference& reference, CalledIn where) {
      const std::string what = where == CalledIn::Guard ? "" : field(reference);
      if (!what.empty()) fields_.insert(what + " to " + target);
    });
    const auto* email = std::get_if<EmailStep>(&step.what);
    if (email != nullptr && email->attachments == EmailStep::Attachments::All)
      fields_.insert("attachments to " + target);
  }

  std::string to(const WebhookStep& webhook) {
    const std::string host = host_of(webhook.url);
    hosts_.insert(host);
    return host.substr(0, host.rfind(':'));
  }
  std::string to(const SqlStep& sql) { return "postgres " + *sql.connection.name; }
  std::string to(const EmailStep& email) { return "smtp " + *email.connection.name; }
  std::string to(const SheetsStep& sheets) {
    hosts_.insert("sheets.googleapis.com:443");
    hosts_.insert("oauth2.googleapis.com:443");  // tokens of service accounts
    scopes_.insert(std::string(kSpreadsheets));
    return "google " + *sheets.connection.name;
  }
  std::string to(const SlackStep& slack) {
    hosts_.insert("slack.com:443");
    scopes_.insert("chat:write");
    return "slack " + slack.channel;
  }
  std::string to(const ChatgptStep&) {
    hosts_.insert("api.openai.com:443");
    return "api.openai.com";
  }

  // What of the message the reference hands on: "body", "total (of body)", "summary (of step 2)".
  std::string field(const Reference& reference) const {
    switch (reference.kind) {
      case Reference::Kind::Extracted:
        return reference.name + " (of " + source_of(reference) + ")";
      case Reference::Kind::Output: {
        const auto maker = makers_.find(reference.name);
        // Of a failure: what was not found is told with what stands there instead.
        if (maker == makers_.end()) return reference.name + " (may quote the message)";
        std::string out = reference.name + " (of step " + std::to_string(maker->second.step);
        for (const std::string& what : maker->second.told)
          out += (what == *maker->second.told.begin() ? ", made of " : ", ") + what;
        return out + ")";
      }
      case Reference::Kind::Attachment:
        return reference.path.empty() ? "attachment" : "attachment." + reference.path;
      case Reference::Kind::Json:
        return "json:" + reference.name;
      case Reference::Kind::Message:
        for (const MessageName& known : message_names())
          if (known.name == reference.name && !known.field.empty())
            return std::string(known.field);
          else if (known.name == reference.name)
            return std::string(known.typescript.substr(std::string_view("message.").size()));
        return {};
      default:
        return {};
    }
  }
  std::string source_of(const Reference& extracted) const {
    const auto found = std::ranges::find(tree_.extractions, extracted.name, &Extraction::name);
    if (found == tree_.extractions.end()) return {};
    return found->type == Extraction::Type::File ? "attachments" : found->field;
  }

  struct Maker {
    std::size_t step = 0;
    std::set<std::string> told;
  };
  const RuleTree& tree_;
  std::map<std::string, Maker> makers_;  // of outputs
  std::set<std::string> hosts_, connections_, scopes_, fields_;
};

}  // namespace

RuleManifest manifest_of(const RuleTree& tree) { return Collector(tree).run(); }

}  // namespace msghub
