#include "rule/check.h"

#include <algorithm>
#include <functional>

#include "rule/check_examples.h"
#include "rule/check_steps.h"
#include "rule/lint_conditions.h"
#include "rule/lint_steps.h"
#include "rule/nearest.h"
#include "rule/wording.h"

namespace msghub {

namespace {

constexpr std::string_view kJsonPrefix = "json:";

class Checker {
 public:
  Checker(RuleTree& tree, const Directory* directory, Report& report)
      : tree_(tree), directory_(directory), report_(report) {}

  void run() {
    for (Trigger& trigger : tree_.triggers) channel(trigger);
    settle_kinds();
    only_email_ = !tree_.triggers.empty() &&
                  std::all_of(tree_.triggers.begin(), tree_.triggers.end(),
                              [](const Trigger& t) { return t.type == ChannelType::Email; });
    for (const Trigger& trigger : tree_.triggers) conditions(trigger);
    for (const Extraction& extraction : tree_.extractions) source_of(extraction);
    check_steps(tree_, directory_, only_email_, report_);
    check_examples(tree_, report_);
    // With mistakes elsewhere, the use of a value may be among what was not understood.
    if (report_.has_errors()) return;
    for (const Extraction& extraction : tree_.extractions)
      if (!extraction.used)
        report_.add(extraction.name_span, wording::extract_unused(extraction.name));
    lint_conditions(tree_, report_);
    lint_steps(tree_, report_);
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
      return wording::channel_unknown(trigger.channel, name, trigger.type);
    });
  }
  void suggest(Span place, const std::string& seen, const std::vector<std::string>& names,
               const std::function<Wording(const std::string&)>& say) {
    const std::string name = nearest(seen, names);
    Report::Entry& entry = report_.add(place, say(name));
    if (!name.empty()) entry.fix_slip(seen, name, place);
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
      trigger.type = !tree_.examples.empty()    ? channel_type_of(tree_.examples.front().message)
                     : json_used || json_tested ? ChannelType::Webhook
                                                : ChannelType::Email;
    }
  }

  void conditions(const Trigger& trigger) {
    for (const Condition& condition : trigger.conditions) {
      const std::string& field = condition.what.field;
      if (trigger.type == ChannelType::Email && field.starts_with(kJsonPrefix))
        json_on_email(field.substr(kJsonPrefix.size()), condition.span);
      if (trigger.type == ChannelType::Webhook && field.starts_with("attachment."))
        report_.add(condition.span, wording::no_attachments());
      if (trigger.type && trigger.type != ChannelType::Email && is_of_mail(field))
        report_.add(condition.span, wording::mail_field(field));
    }
  }
  // Read out of the headers of a mail.
  static bool is_of_mail(std::string_view field) {
    return field == "cc" || field == "reply-to" || field == "from.name";
  }
  void source_of(const Extraction& extraction) {
    const std::string& field = extraction.field;
    if (only_email_ && field.starts_with(kJsonPrefix))
      json_on_email(field.substr(kJsonPrefix.size()), extraction.field_span);
    const bool only_webhook =
        !tree_.triggers.empty() &&
        std::all_of(tree_.triggers.begin(), tree_.triggers.end(),
                    [](const Trigger& t) { return t.type == ChannelType::Webhook; });
    if (only_webhook && field.starts_with("attachment."))
      report_.add(extraction.field_span, wording::no_attachments());
    const bool no_email =
        std::none_of(tree_.triggers.begin(), tree_.triggers.end(),
                     [](const Trigger& t) { return !t.type || *t.type == ChannelType::Email; });
    if (no_email && !tree_.triggers.empty() && is_of_mail(field))
      report_.add(extraction.field_span, wording::mail_field(field));
  }
  void json_on_email(const std::string& path, Span place) {
    report_.add(place, wording::json_on_email(path));
  }

  RuleTree& tree_;
  const Directory* directory_;
  Report& report_;
  bool only_email_ = false;
};

}  // namespace

void check(RuleTree& tree, const Directory* directory, Report& report) {
  Checker(tree, directory, report).run();
}

}  // namespace msghub
