#include "rule/check_steps.h"

#include <algorithm>
#include <array>
#include <map>

#include "rule/filters.h"
#include "rule/forms.h"
#include "rule/nearest.h"
#include "rule/references.h"
#include "rule/wording.h"

namespace msghub {

namespace {

using Words = std::vector<std::string>;

const Words kAttachmentParts = {"name", "type", "size", "content"};
const Words kErrorParts = {"message", "code", "step"};

std::string_view default_name(IntegrationService service) {
  switch (service) {
    case IntegrationService::Google:
      return "Google";
    case IntegrationService::Slack:
      return "Slack";
    case IntegrationService::Openai:
      return "OpenAI";
    default:
      return "Mail";
  }
}

std::string type_name(Extraction::Type type) {
  switch (type) {
    case Extraction::Type::Text:
      return "a text";
    case Extraction::Type::Number:
    case Extraction::Type::Amount:
      return "a number";
    case Extraction::Type::Date:
      return "a date";
    case Extraction::Type::Address:
      return "an e-mail address";
    case Extraction::Type::Url:
      return "a URL";
    case Extraction::Type::Json:
      return "a JSON value";
    case Extraction::Type::File:
      return "a file";
  }
  return {};
}

// What a step gets back. No parts: any, as nobody knows the columns of a table.
Words parts_of(const Step& step) {
  if (std::holds_alternative<WebhookStep>(step.what)) return {"status", "body"};
  if (std::holds_alternative<EmailStep>(step.what)) return {"messageId"};
  if (std::holds_alternative<SheetsStep>(step.what)) return {"updatedRange", "row"};
  if (std::holds_alternative<SlackStep>(step.what)) return {"channel", "ts"};
  Words out;
  if (const auto* ask = std::get_if<ChatgptStep>(&step.what))
    for (const ChatgptStep::Field& field : ask->fields) out.push_back(field.name);
  return out;
}

class StepChecker {
 public:
  StepChecker(RuleTree& tree, const Directory* directory, bool only_email, Report& report)
      : tree_(tree), directory_(directory), only_email_(only_email), report_(report) {}

  void run() {
    for (Extraction& extraction : tree_.extractions) extractions_[extraction.name] = &extraction;
    for (std::size_t i = 0; i < tree_.steps.size(); ++i)
      if (const auto& name = tree_.steps[i].output) makers_.try_emplace(*name, i);
    for (std::size_t i = 0; i < tree_.steps.size(); ++i) {
      step_ = i;
      check(tree_.steps[i]);
      if (tree_.steps[i].output) take_output(tree_.steps[i]);
    }
    step_ = tree_.steps.size();
    failed_ = true;
    for (Step& step : tree_.failure.then) check(step);
  }

 private:
  void check(Step& step) {
    if (report_.full()) return;
    std::visit([this](auto& what) { this->connections(what); }, step.what);
    at_hand_ = step.for_each_attachment;
    each_reference(step, [this](Reference& reference, CalledIn where) { use(reference, where); });
    each_text(step, [this](const Template& text, CalledIn) { single_braces(text); });
    for (const GuardCondition& condition : step.only_if) comparable(condition);
  }

  void take_output(const Step& step) {
    const std::string& name = *step.output;
    if (const auto found = extractions_.find(name); found != extractions_.end())
      report_.add(step.output_span, wording::name_twice(name, found->second->line));
    else if (const auto [earlier, is_new] = outputs_.try_emplace(name, &step); !is_new)
      report_.add(step.output_span, wording::name_twice(name, earlier->second->line));
  }

  // --- values ---

  void use(Reference& reference, CalledIn where) {
    if (report_.full() || reference.kind == Reference::Kind::Literal) return;
    if (where == CalledIn::Attachment && reference.name != "attachment") return file(reference);
    if (!resolve(reference)) return unknown_name(reference, where);
    check_filters(reference, type_of(reference), report_);
    const bool json = reference.kind == Reference::Kind::Json || reference.name == "payload" ||
                      (reference.kind == Reference::Kind::Message && reference.name == "thread");
    if (json && only_email_) report_.add(reference.span, wording::json_on_email(reference.name));
    const bool whole = reference.kind == Reference::Kind::Attachment && reference.path.empty();
    if (whole && at_hand_ && where != CalledIn::Attachment)
      report_.add(reference.span, wording::attachment_whole());
  }

  std::optional<Extraction::Type> type_of(const Reference& reference) const {
    const auto found = extractions_.find(reference.name);
    const bool whole = reference.kind == Reference::Kind::Extracted && reference.path.empty();
    if (!whole || found == extractions_.end()) return std::nullopt;
    return found->second->type;
  }

  // Finds out what the reference calls; false when nothing is called so.
  bool resolve(Reference& reference) {
    using enum Reference::Kind;
    const std::string& name = reference.name;
    if (reference.is_path) {
      reference.kind = Json;
    } else if (name == "idempotencyKey") {
      reference.kind = IdempotencyKey;
    } else if (is_message_name(name, false)) {
      reference.kind = Message;
    } else {
      for (const std::string_view prefix : {"message.payload.", "payload."}) {
        if (!name.starts_with(prefix)) continue;
        reference.kind = Json;
        reference.name = std::string(name.substr(prefix.size()));
        return true;
      }
      return resolve_parts(reference);
    }
    return true;
  }
  static bool is_message_name(std::string_view name, bool yields) {
    return std::ranges::any_of(message_names(), [&](const MessageName& known) {
      return known.name == name && known.yields == yields;
    });
  }

  // name, name.part or name[0].part
  bool resolve_parts(Reference& reference) {
    using enum Reference::Kind;
    const std::size_t end = std::min(reference.name.find_first_of(".["), reference.name.size());
    const std::string head = reference.name.substr(0, end);
    std::string path = reference.name.substr(end);
    if (path.starts_with('.')) path.erase(0, 1);
    const auto take = [&](Reference::Kind kind) {
      reference.kind = kind;
      reference.name = head;
      reference.path = path;
    };
    if (head == "attachment") {
      take(Attachment);
      if (!at_hand_)
        report_.add(reference.span, wording::attachment_outside());
      else
        parts(reference, kAttachmentParts);
    } else if (const auto found = extractions_.find(head); found != extractions_.end()) {
      take(Extracted);
      found->second->used = true;
      if (!path.empty() && found->second->type != Extraction::Type::Json)
        report_.add(reference.span, wording::no_parts(head, type_name(found->second->type)));
    } else if (const auto made = outputs_.find(head); made != outputs_.end()) {
      take(Output);
      output_parts(reference, *made->second);
    } else if (head == "error" && failed_) {
      take(Output);
      parts(reference, kErrorParts);
    } else if (const auto later = makers_.find(head); later != makers_.end()) {
      take(Output);
      const bool own = later->second == step_;
      report_.add(reference.span, wording::output_later(head, later->second + 1, own));
    } else if (is_message_name(reference.name, true)) {
      reference.kind = Message;
    } else {
      // What an unreadable step named is no second mistake.
      const auto& lost = tree_.lost_outputs;
      if (std::find(lost.begin(), lost.end(), head) == lost.end()) return false;
      take(Output);
    }
    return true;
  }
  void output_parts(const Reference& reference, const Step& maker) {
    if (reference.path.empty() || maker.for_each_attachment) return;
    const auto* ask = std::get_if<ChatgptStep>(&maker.what);
    if (ask != nullptr && ask->fields.empty())
      report_.add(reference.span, wording::no_parts(reference.name, "a text"));
    else
      parts(reference, parts_of(maker));
  }
  // Whether the path begins with one of the parts, when there is a list of them.
  void parts(const Reference& reference, const Words& known) {
    if (reference.path.empty() || known.empty()) return;
    const std::string part = reference.path.substr(0, reference.path.find_first_of(".["));
    if (std::find(known.begin(), known.end(), part) != known.end()) return;
    const std::string near = nearest(part, known);
    report_.add(reference.span, wording::part_unknown(reference.name, part, near, known));
  }

  Words known_names() const {
    Words names;
    for (const auto& [name, extraction] : extractions_) names.push_back(name);
    for (const auto& [name, step] : outputs_) names.push_back(name);
    for (const MessageName& known : message_names()) names.emplace_back(known.name);
    names.emplace_back("idempotencyKey");
    return names;
  }

  // {number} is sent as it is typed, which few authors mean when there is a value of this name.
  void single_braces(const Template& text) {
    if (text.single_braces.empty()) return;
    const Words names = known_names();
    for (const Template::Braces& braces : text.single_braces) {
      if (++braces_seen_ > kMostBraces || report_.full()) return;
      const std::size_t end = std::min(braces.name.find_first_of(".["), braces.name.size());
      const std::string head = braces.name.substr(0, end);
      const bool known = std::find(names.begin(), names.end(), head) != names.end();
      const std::string near = known ? head : nearest(head, names);
      if (near.empty()) continue;
      if (const auto found = extractions_.find(near); found != extractions_.end())
        found->second->used = true;
      const std::string meant = "{{" + near + braces.name.substr(end) + "}}";
      Report::Entry& entry =
          report_.add(braces.span, wording::single_braces(braces.name, meant, braces.dollar));
      // A dollar sign may belong to an amount or to the braces.
      if (!braces.dollar) entry.fix_slip(head, near, braces.span, meant);
    }
  }

  void unknown_name(const Reference& reference, CalledIn where) {
    constexpr std::size_t kMostListed = 10;
    Words extracted;
    for (const auto& [name, extraction] : extractions_)
      if (extracted.size() < kMostListed) extracted.push_back(name);
    const bool sql = where == CalledIn::Sql;
    // {{extract.total}}: only the last part is the name.
    const std::size_t dot = reference.name.rfind('.');
    std::string seen = reference.name;
    std::string near = nearest(seen, known_names());
    if (near.empty() && dot != std::string::npos && !reference.is_path) {
      seen = reference.name.substr(dot + 1);
      near = nearest(seen, known_names());
    }
    Report::Entry& entry =
        report_.add(reference.span, wording::template_name(reference.name, sql, near, extracted));
    if (near.empty() || !reference.filters.empty()) return;
    const std::string fixed = sql                        ? ":" + near
                              : where == CalledIn::Guard ? near
                                                         : "{{" + near + "}}";
    entry.fix_slip(seen, near, reference.span, fixed);
  }

  void file(Reference& reference) {
    const auto found = extractions_.find(reference.name);
    const bool known = found != extractions_.end();
    if (known && found->second->type == Extraction::Type::File) {
      reference.kind = Reference::Kind::Extracted;
      found->second->used = true;
      return;
    }
    if (known) found->second->used = true;
    Words files;
    for (const auto& [name, extraction] : extractions_)
      if (extraction->type == Extraction::Type::File) files.push_back(name);
    const std::string near = nearest(reference.name, files);
    Report::Entry& entry =
        report_.add(reference.span, wording::file_unknown(reference.name, near, known));
    if (!near.empty()) entry.fix_slip(reference.name, near, reference.span);
  }

  // Over, under and their like need what can be a number.
  void comparable(const GuardCondition& condition) {
    using Test = GuardCondition::Test;
    using Type = Extraction::Type;
    const bool numbers = condition.test == Test::Over || condition.test == Test::AtLeast ||
                         condition.test == Test::Under || condition.test == Test::AtMost;
    const auto found = extractions_.find(condition.value.name);
    if (!numbers || condition.value.kind != Reference::Kind::Extracted ||
        found == extractions_.end() || !condition.value.path.empty())
      return;
    const Extraction& value = *found->second;
    const bool domain =
        value.how == Extraction::How::Domain || value.how == Extraction::How::DisplayName;
    const bool never = value.type == Type::Date || value.type == Type::Address ||
                       value.type == Type::Url || value.type == Type::File || domain;
    if (!never) return;
    report_.add(condition.value.span,
                wording::guard_type(condition.value.name, type_name(value.type)));
  }

  // --- connections ---

  void connections(WebhookStep&) {}
  void connections(SqlStep& sql) { resolve(sql.connection, IntegrationService::Postgres); }
  void connections(EmailStep& email) { resolve(email.connection, IntegrationService::Smtp); }
  void connections(SlackStep& slack) { resolve(slack.connection, IntegrationService::Slack); }
  void connections(ChatgptStep& ask) { resolve(ask.connection, IntegrationService::Openai); }
  void connections(SheetsStep& sheets) {
    const NamedConnection* found = resolve(sheets.connection, IntegrationService::Google);
    if (found == nullptr || !sheets.spreadsheet.empty()) return;
    sheets.spreadsheet = found->spreadsheet;
    if (found->spreadsheet.empty())
      report_.add(sheets.connection.span, wording::spreadsheet_missing(found->name));
  }

  // The connection, when it is known; fills in the name of one that the step leaves out.
  const NamedConnection* resolve(ConnectionName& connection, IntegrationService wanted) {
    if (directory_ == nullptr) {
      if (!connection.name) connection.name = default_name(wanted);
      return nullptr;
    }
    return connection.name ? named(connection, wanted) : only_one(connection, wanted);
  }
  const NamedConnection* named(const ConnectionName& connection, IntegrationService wanted) {
    const NamedConnection* other = nullptr;
    for (const NamedConnection& candidate : directory_->connections) {
      if (candidate.name != *connection.name) continue;
      if (candidate.service == wanted) return &candidate;
      other = &candidate;
    }
    if (other != nullptr) {
      report_.add(connection.span,
                  wording::connection_kind(other->name, wire_name(other->service), wanted));
      return nullptr;
    }
    Words names;
    for (const NamedConnection* candidate : of_service(wanted)) names.push_back(candidate->name);
    const std::string near = nearest(*connection.name, names);
    Report::Entry& entry =
        report_.add(connection.span, wording::connection_unknown(*connection.name, near, wanted));
    if (!near.empty()) entry.fix_slip(*connection.name, near, connection.span);
    return nullptr;
  }
  const NamedConnection* only_one(ConnectionName& connection, IntegrationService wanted) {
    const std::vector<const NamedConnection*> candidates = of_service(wanted);
    connection.name = default_name(wanted);
    if (candidates.size() == 1) {
      connection.name = candidates.front()->name;
      return candidates.front();
    }
    Words names;
    for (const NamedConnection* candidate : candidates) names.push_back(candidate->name);
    report_.add(connection.span, wording::connection_undecided(names, wanted));
    return nullptr;
  }
  std::vector<const NamedConnection*> of_service(IntegrationService service) const {
    std::vector<const NamedConnection*> out;
    for (const NamedConnection& candidate : directory_->connections)
      if (candidate.service == service) out.push_back(&candidate);
    return out;
  }

  RuleTree& tree_;
  const Directory* directory_;
  bool only_email_;
  Report& report_;
  std::map<std::string, Extraction*> extractions_;
  std::map<std::string, std::size_t> makers_;   // of all outputs, wherever they are used
  std::map<std::string, const Step*> outputs_;  // of the steps that ran before
  std::size_t step_ = 0;
  bool at_hand_ = false;                            // one attachment, in "for each attachment"
  bool failed_ = false;                             // in "If it fails"
  static constexpr std::size_t kMostBraces = 1000;  // so that a huge text of them stays cheap
  std::size_t braces_seen_ = 0;
};

}  // namespace

void check_steps(RuleTree& tree, const Directory* directory, bool only_email, Report& report) {
  StepChecker(tree, directory, only_email, report).run();
}

}  // namespace msghub
