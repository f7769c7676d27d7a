#include "rule/check.h"

#include <algorithm>
#include <functional>
#include <map>

#include "rule/forms.h"
#include "rule/nearest.h"
#include "rule/wording.h"

namespace msghub {

namespace {

constexpr std::string_view kDefaultMail = "Mail";
constexpr std::string_view kJsonPrefix = "json:";

class Checker {
 public:
  Checker(RuleTree& tree, const Directory* directory, Report& report)
      : tree_(tree), directory_(directory), report_(report) {}

  void run() {
    for (Extraction& extraction : tree_.extractions) extractions_[extraction.name] = &extraction;
    for (Trigger& trigger : tree_.triggers) channel(trigger);
    settle_kinds();
    only_email_ = !tree_.triggers.empty() &&
                  std::all_of(tree_.triggers.begin(), tree_.triggers.end(),
                              [](const Trigger& t) { return t.type == ChannelType::Email; });
    for (const Trigger& trigger : tree_.triggers) conditions(trigger);
    for (const Extraction& extraction : tree_.extractions)
      if (extraction.field.starts_with(kJsonPrefix) && only_email_)
        json_on_email(extraction.field.substr(kJsonPrefix.size()), extraction.field_span);
    for (Step& step : tree_.steps) std::visit([&](auto& what) { this->step(what); }, step.what);
    for (const ExampleCase& example : tree_.examples) this->example(example);
    // With mistakes elsewhere, the use of a value may be among what was not understood.
    if (report_.has_errors()) return;
    for (const Extraction& extraction : tree_.extractions)
      if (!extraction.used)
        report_.add(extraction.name_span, wording::extract_unused(extraction.name));
  }

 private:
  void channel(Trigger& trigger) {
    if (directory_ == nullptr || trigger.channel.empty()) return;
    const NamedChannel* found = nullptr;
    for (const NamedChannel& candidate : directory_->channels) {
      if (candidate.name != trigger.channel) continue;
      const bool fits = !trigger.type || candidate.type == *trigger.type;
      if (found == nullptr || fits) found = &candidate;
      if (fits) break;
    }
    if (found == nullptr) return unknown_channel(trigger);
    if (trigger.type && found->type != *trigger.type && !trigger.inherited)
      report_.add(trigger.channel_span, wording::channel_kind(found->name, wire_name(found->type),
                                                              wire_name(*trigger.type)));
    trigger.type = found->type;
    trigger.channel_id = found->id.value;
  }
  void unknown_channel(const Trigger& trigger) {
    if (trigger.inherited) return;
    std::vector<std::string> names;
    for (const NamedChannel& candidate : directory_->channels)
      if (!trigger.type || candidate.type == *trigger.type) names.push_back(candidate.name);
    suggest(trigger.channel_span, trigger.channel, names, [&](const std::string& name) {
      return wording::channel_unknown(trigger.channel, name);
    });
  }
  void suggest(Span place, const std::string& seen, const std::vector<std::string>& names,
               const std::function<Wording(const std::string&)>& say) {
    const std::string name = nearest(seen, names);
    Report::Entry& entry = report_.add(place, say(name));
    if (!name.empty()) entry.fix("write " + name, place, name);
  }

  // "a message arrives on …" fits any channel. Without a directory the examples show its kind, else
  // the use of JSON does; an e-mail is the ordinary case.
  void settle_kinds() {
    for (Trigger& trigger : tree_.triggers) {
      if (trigger.type) continue;
      const bool json_used =
          std::any_of(tree_.extractions.begin(), tree_.extractions.end(),
                      [](const Extraction& e) { return e.field.starts_with(kJsonPrefix); });
      const bool json_tested =
          std::any_of(trigger.conditions.begin(), trigger.conditions.end(),
                      [](const Condition& c) { return c.what.field.starts_with(kJsonPrefix); });
      bool webhook = json_used || json_tested;
      if (!tree_.examples.empty())
        webhook = tree_.examples.front().message != ExampleCase::Message::Email;
      trigger.type = webhook ? ChannelType::Webhook : ChannelType::Email;
    }
  }

  void conditions(const Trigger& trigger) {
    for (const Condition& condition : trigger.conditions) {
      const std::string& field = condition.what.field;
      if (trigger.type == ChannelType::Email && field.starts_with(kJsonPrefix))
        json_on_email(field.substr(kJsonPrefix.size()), condition.span);
      if (trigger.type == ChannelType::Webhook && field.starts_with("attachment."))
        report_.add(condition.span, wording::no_attachments());
    }
  }
  void json_on_email(const std::string& path, Span place) {
    report_.add(place, wording::json_on_email(path));
  }

  void resolve(Reference& reference, bool sql) {
    if (report_.full()) return;
    using enum Reference::Kind;
    const std::string_view name = reference.name;
    if (reference.is_path) {
      reference.kind = Json;
    } else if (name == "idempotencyKey") {
      reference.kind = IdempotencyKey;
    } else if (const auto found = extractions_.find(reference.name); found != extractions_.end()) {
      reference.kind = Extracted;
      found->second->used = true;
    } else if (is_message_name(name)) {
      reference.kind = Message;
    } else {
      for (const std::string_view prefix : {"message.payload.", "payload."}) {
        if (!name.starts_with(prefix)) continue;
        reference.kind = Json;
        reference.name = std::string(name.substr(prefix.size()));
        break;
      }
    }
    if (reference.kind == Unknown) return unknown_name(reference, sql);
    const bool json = reference.kind == Json || reference.name == "payload";
    if (json && only_email_) json_on_email(reference.name, reference.span);
  }
  static bool is_message_name(std::string_view name) {
    for (const MessageName& known : message_names())
      if (known.name == name) return true;
    return false;
  }
  void unknown_name(const Reference& reference, bool sql) {
    constexpr std::size_t kMostListed = 10;
    std::vector<std::string> names, extracted;
    for (const auto& [name, extraction] : extractions_) names.push_back(name);
    extracted.assign(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(
                                                        std::min(names.size(), kMostListed)));
    for (const MessageName& known : message_names()) names.emplace_back(known.name);
    names.emplace_back("idempotencyKey");
    const std::string suggestion = nearest(reference.name, names);
    Report::Entry& entry = report_.add(
        reference.span, wording::template_name(reference.name, sql, suggestion, extracted));
    if (!suggestion.empty())
      entry.fix("write " + suggestion, reference.span,
                sql ? ":" + suggestion : "{{" + suggestion + "}}");
  }
  void resolve(Template& text, bool sql = false) {
    for (Template::Part& part : text.parts)
      if (part.reference) resolve(*part.reference, sql);
  }
  // The depth of JSON bodies is bounded by their parser.
  void resolve(JsonNode& node) {
    resolve(node.text);
    if (node.value) resolve(*node.value, false);
    for (Template& key : node.keys) resolve(key);
    for (JsonNode& child : node.children) resolve(child);
  }

  void step(WebhookStep& webhook) {
    resolve(webhook.url);
    for (WebhookStep::Header& header : webhook.headers) resolve(header.value);
    if (webhook.body) resolve(*webhook.body);
  }
  void step(SqlStep& sql) {
    connection(*sql.connection.name, sql.connection.span, IntegrationService::Postgres);
    resolve(sql.statement, true);
  }
  void step(EmailStep& email) {
    if (email.connection.name)
      connection(*email.connection.name, email.connection.span, IntegrationService::Smtp);
    else
      choose_mail(email);
    for (Template& address : email.to) resolve(address);
    resolve(email.subject);
    if (email.text) resolve(*email.text);
  }
  void step(SheetsStep&) {}
  void step(SlackStep&) {}
  void step(ChatgptStep&) {}
  std::vector<std::string> connections_of(IntegrationService service) const {
    std::vector<std::string> names;
    for (const NamedConnection& candidate : directory_->connections)
      if (candidate.service == service) names.push_back(candidate.name);
    return names;
  }
  void connection(const std::string& name, Span place, IntegrationService wanted) {
    if (directory_ == nullptr) return;
    const bool mail = wanted == IntegrationService::Smtp;
    const NamedConnection* other = nullptr;
    for (const NamedConnection& candidate : directory_->connections) {
      if (candidate.name != name) continue;
      if (candidate.service == wanted) return;
      other = &candidate;
    }
    if (other != nullptr) {
      report_.add(place, wording::connection_kind(name, wire_name(other->service), mail));
      return;
    }
    suggest(place, name, connections_of(wanted), [&](const std::string& suggestion) {
      return wording::connection_unknown(name, suggestion, mail);
    });
  }
  void choose_mail(EmailStep& email) {
    email.connection.name = kDefaultMail;
    if (directory_ == nullptr) return;
    const std::vector<std::string> names = connections_of(IntegrationService::Smtp);
    if (names.size() == 1)
      email.connection.name = names.front();
    else
      report_.add(email.subject.span, wording::mail_undecided(names));
  }

  static std::string_view kind_of(const ExampleCase& example) {
    switch (example.message) {
      case ExampleCase::Message::Email:
        return "email";
      case ExampleCase::Message::Json:
        return "json";
      case ExampleCase::Message::Text:
        return "text";
    }
    return {};
  }
  void example(const ExampleCase& example) {
    const bool mail = example.message == ExampleCase::Message::Email;
    const bool fits =
        std::any_of(tree_.triggers.begin(), tree_.triggers.end(),
                    [&](const Trigger& t) { return (t.type == ChannelType::Email) == mail; });
    if (!fits && !tree_.triggers.empty())
      report_.add(example.message_span,
                  wording::example_kind(kind_of(example), mail ? "webhooks" : "e-mails"));
    const bool silent =
        std::any_of(example.expectations.begin(), example.expectations.end(),
                    [](const Expectation& e) { return e.kind == Expectation::Kind::DoesNotMatch; });
    for (const Expectation& expected : example.expectations) {
      if (silent && expected.kind != Expectation::Kind::DoesNotMatch) {
        report_.add(expected.span, wording::example_contradiction());
        continue;
      }
      if (expected.kind == Expectation::Kind::NameIs) named(expected);
      const auto steps = static_cast<std::int64_t>(tree_.steps.size());
      const bool wrong = expected.step < 1 || expected.step > steps;
      if (expected.kind == Expectation::Kind::StepSends && wrong && tree_.steps_complete)
        report_.add(expected.name_span, wording::example_step(tree_.steps.size()));
    }
  }
  void named(const Expectation& expected) {
    if (extractions_.contains(expected.name) || report_.full()) return;
    std::vector<std::string> names;
    names.reserve(extractions_.size());
    for (const auto& [name, extraction] : extractions_) names.push_back(name);
    suggest(expected.name_span, expected.name, names, [&](const std::string& suggestion) {
      return wording::example_field(expected.name, suggestion);
    });
  }

  RuleTree& tree_;
  const Directory* directory_;
  Report& report_;
  std::map<std::string, Extraction*> extractions_;
  bool only_email_ = false;
};

}  // namespace

void check(RuleTree& tree, const Directory* directory, Report& report) {
  Checker(tree, directory, report).run();
}

}  // namespace msghub
