#include "rule/check_examples.h"

#include <algorithm>
#include <map>

#include "rule/json_body.h"
#include "rule/nearest.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

using Kind = Expectation::Kind;

std::string in_words(ChannelType type) {
  switch (type) {
    case ChannelType::Email:
      return "e-mails";
    case ChannelType::Webhook:
      return "webhooks";
    case ChannelType::Sms:
      return "SMS";
    case ChannelType::Slack:
      return "Slack messages";
  }
  return {};
}

class ExampleChecker {
 public:
  ExampleChecker(const RuleTree& tree, Report& report) : tree_(tree), report_(report) {
    for (const Extraction& extraction : tree.extractions) names_.push_back(extraction.name);
  }

  void check(const ExampleCase& example) {
    kind(example);
    const bool silent =
        std::any_of(example.expectations.begin(), example.expectations.end(),
                    [](const Expectation& e) { return e.kind == Kind::DoesNotMatch; });
    std::map<std::int64_t, std::int64_t> answered;  // the line, by step
    for (const Expectation& expected : example.expectations) {
      if (report_.full()) return;
      if (silent && expected.kind != Kind::DoesNotMatch)
        report_.add(expected.span, wording::example_contradiction());
      else if (expected.kind == Kind::NameIs)
        name(expected);
      else if (of_a_step(expected) && has_step(expected))
        step(expected, example, answered);
    }
  }

 private:
  void kind(const ExampleCase& example) {
    const ChannelType type = channel_type_of(example.message);
    std::vector<std::string> wanted;
    for (const Trigger& trigger : tree_.triggers) {
      if (trigger.type == type || !trigger.type) return;
      const std::string words = in_words(*trigger.type);
      if (std::find(wanted.begin(), wanted.end(), words) == wanted.end()) wanted.push_back(words);
    }
    if (!wanted.empty())
      report_.add(example.message_span, wording::example_kind(wire_name(example.message), wanted));
  }

  void name(const Expectation& expected) {
    if (std::find(names_.begin(), names_.end(), expected.name) != names_.end()) return;
    const std::string suggestion = nearest(expected.name, names_);
    Report::Entry& entry =
        report_.add(expected.name_span, wording::example_field(expected.name, suggestion));
    if (!suggestion.empty()) entry.fix_slip(expected.name, suggestion, expected.name_span);
  }

  static bool of_a_step(const Expectation& expected) {
    return expected.kind == Kind::StepSends || expected.kind == Kind::StepDoesNotRun ||
           expected.kind == Kind::StepAnswers;
  }
  bool has_step(const Expectation& expected) {
    // A step that was not understood still counts, and how many there are is then unknown.
    if (!tree_.steps_complete) return false;
    const auto steps = static_cast<std::int64_t>(tree_.steps.size());
    if (expected.step >= 1 && expected.step <= steps) return true;
    report_.add(expected.name_span, wording::example_step(tree_.steps.size()));
    return false;
  }

  void step(const Expectation& expected, const ExampleCase& example,
            std::map<std::int64_t, std::int64_t>& answered) {
    if (expected.kind == Kind::StepDoesNotRun) {
      const bool works = std::any_of(
          example.expectations.begin(), example.expectations.end(), [&](const Expectation& e) {
            return e.step == expected.step && of_a_step(e) && e.kind != Kind::StepDoesNotRun;
          });
      if (works) report_.add(expected.span, wording::example_step_contradiction());
    } else if (expected.kind == Kind::StepAnswers) {
      const auto [found, is_new] = answered.try_emplace(expected.step, expected.line);
      if (!is_new)
        report_.add(expected.span, wording::answer_twice(found->second));
      else
        answer(expected, tree_.steps[static_cast<std::size_t>(expected.step - 1)]);
    }
  }

  void answer(const Expectation& given, const Step& step) {
    const auto* ask = std::get_if<ChatgptStep>(&step.what);
    if (ask == nullptr || ask->fields.empty()) return;
    std::vector<std::string> fields;
    fields.reserve(ask->fields.size());
    for (const ChatgptStep::Field& field : ask->fields) fields.push_back(field.name);
    if (!given.answer || given.answer->kind != JsonNode::Kind::Object) {
      report_.add(given.span, wording::answer_not_json(fields));
      return;
    }
    for (const Template& key : given.answer->keys) {
      const std::string name = source_text(key);
      if (std::find(fields.begin(), fields.end(), name) != fields.end()) continue;
      const std::string suggestion = nearest(name, fields);
      Report::Entry& entry = report_.add(key.span, wording::answer_field(name, suggestion, fields));
      if (!suggestion.empty()) entry.fix_slip(name, suggestion, key.span, "\"" + suggestion + "\"");
    }
  }

  const RuleTree& tree_;
  Report& report_;
  std::vector<std::string> names_;
};

}  // namespace

ChannelType channel_type_of(ExampleCase::Message message) {
  switch (message) {
    case ExampleCase::Message::Email:
      return ChannelType::Email;
    case ExampleCase::Message::Sms:
      return ChannelType::Sms;
    case ExampleCase::Message::Slack:
      return ChannelType::Slack;
    case ExampleCase::Message::Http:
    case ExampleCase::Message::Json:
    case ExampleCase::Message::Text:
      break;
  }
  return ChannelType::Webhook;
}

void check_examples(const RuleTree& tree, Report& report) {
  ExampleChecker checker(tree, report);
  for (const ExampleCase& example : tree.examples) checker.check(example);
}

}  // namespace msghub
