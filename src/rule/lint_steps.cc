#include "rule/lint_steps.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "rule/nearest.h"
#include "rule/references.h"
#include "rule/wording.h"

namespace msghub {

namespace {

using Test = GuardCondition::Test;

// --- outputs that nobody uses ---

void unused_outputs(const RuleTree& tree, Report& report) {
  std::set<std::string> used;
  const auto note = [&](const Reference& reference, CalledIn) {
    if (reference.kind == Reference::Kind::Output) used.insert(reference.name);
  };
  for (const Step& step : tree.steps) each_reference(step, note);
  for (const Step& step : tree.failure.then) each_reference(step, note);
  for (const Step& step : tree.steps)
    if (step.output && !used.contains(*step.output))
      report.add(step.output_span, wording::output_unused(*step.output));
}

// --- comparisons that cannot hold together ---

// The numbers that the comparisons of one value leave. Doubles do: a warning needs a plain gap.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;  // `low` itself is no longer in the range
  bool high_open = false;

  void above(double value, bool open) {
    if (value < low || (value == low && !open)) return;
    low = value;
    low_open = open;
  }
  void below(double value, bool open) {
    if (value > high || (value == high && !open)) return;
    high = value;
    high_open = open;
  }
  bool empty() const { return low > high || (low == high && (low_open || high_open)); }
};

class Guard {
 public:
  explicit Guard(const std::vector<GuardCondition>& all) : all_(all) {}

  // The first comparison that cannot hold beside those before it; null when all can.
  const GuardCondition* contradiction() {
    constexpr std::size_t kMostCompared = 100;  // with each other, so that many stay cheap
    for (const GuardCondition& condition : all_) {
      auto& [range, others] = values_[key(condition)];
      for (const GuardCondition* other : others)
        if (excludes(*other, condition)) return &condition;
      if (others.size() < kMostCompared) others.push_back(&condition);
      narrow(range, condition);
      if (range.empty()) return &condition;
    }
    return nullptr;
  }

 private:
  static std::string key(const GuardCondition& condition) {
    const std::string_view mark = condition.value.is_path ? "`" : "";
    return std::string(mark) + condition.value.name + "." + condition.value.path;
  }
  using Operand = GuardCondition::Operand;
  static std::string text(const Operand& operand, bool case_sensitive) {
    const std::string trimmed(trim(operand.text));
    return case_sensitive ? trimmed : lower_ascii(trimmed);
  }
  static void narrow(Range& range, const GuardCondition& condition) {
    const bool one_number = condition.operands.size() == 1 && condition.operands[0].is_number;
    if (!one_number || condition.negated) return;
    const double number = std::stod(condition.operands[0].text);
    switch (condition.test) {
      case Test::Over:
        return range.above(number, true);
      case Test::AtLeast:
        return range.above(number, false);
      case Test::Under:
        return range.below(number, true);
      case Test::AtMost:
        return range.below(number, false);
      case Test::Is:
        range.above(number, false);
        return range.below(number, false);
      default:
        return;
    }
  }
  static bool needs_a_value(const GuardCondition& condition) {
    if (condition.test == Test::Empty) return condition.negated;
    return !condition.negated && condition.test != Test::Matches;
  }
  // Of comparisons of one value.
  static bool excludes(const GuardCondition& a, const GuardCondition& b) {
    const bool a_empty = a.test == Test::Empty && !a.negated;
    const bool b_empty = b.test == Test::Empty && !b.negated;
    if (a_empty || b_empty) return (a_empty && needs_a_value(b)) || (b_empty && needs_a_value(a));
    const bool same_case = a.case_sensitive == b.case_sensitive;
    const bool same = a.test == b.test && a.operands == b.operands && same_case;
    if (same) return a.negated != b.negated;
    constexpr std::size_t kMostPairs = 10'000;  // of values, so that long lists stay cheap
    if (a.test != Test::Is || b.test != Test::Is || !same_case || a.negated || b.negated ||
        a.operands.size() * b.operands.size() > kMostPairs)
      return false;
    return std::ranges::none_of(a.operands, [&](const Operand& one) {
      return std::ranges::any_of(b.operands, [&](const Operand& other) {
        return may_be_the_same(one, other, a.case_sensitive);
      });
    });
  }
  // "10" and "10.0" are the same number, "yes" and "true" the same truth.
  static bool may_be_the_same(const Operand& a, const Operand& b, bool case_sensitive) {
    const auto digit = [](const Operand& operand) {
      return operand.text.find_first_of("0123456789") != std::string::npos;
    };
    const auto truth = [](const Operand& operand) {
      const std::string word = lower_ascii(trim(operand.text));
      return word == "yes" || word == "true" ? 1 : word == "no" || word == "false" ? 2 : 0;
    };
    return text(a, case_sensitive) == text(b, case_sensitive) || (digit(a) && digit(b)) ||
           (truth(a) != 0 && truth(a) == truth(b));
  }

  const std::vector<GuardCondition>& all_;
  struct Value {
    Range range;
    std::vector<const GuardCondition*> comparisons;
  };
  std::map<std::string, Value> values_;  // by key
};

// Whether the value always has a content when the steps run.
bool is_never_empty(const RuleTree& tree, const Reference& value) {
  if (value.kind != Reference::Kind::Extracted || !value.path.empty()) return false;
  for (const Extraction& extraction : tree.extractions) {
    using Type = Extraction::Type;
    if (extraction.name != value.name) continue;
    const bool sure = extraction.type == Type::Number || extraction.type == Type::Amount ||
                      extraction.type == Type::Date || extraction.type == Type::Address ||
                      extraction.type == Type::Url || extraction.type == Type::File;
    return sure && !extraction.optional && !extraction.otherwise;
  }
  return false;
}

void impossible_guards(const RuleTree& tree, const Step& step, Report& report) {
  for (const GuardCondition& condition : step.only_if) {
    const bool asks_empty = condition.test == Test::Empty && !condition.negated;
    if (!asks_empty || !is_never_empty(tree, condition.value)) continue;
    report.add(condition.span, wording::guard_never("the rule fails earlier without this value"));
    return;
  }
  if (const GuardCondition* condition = Guard(step.only_if).contradiction())
    report.add(condition->span, wording::guard_never("contradicts what stands before it"));
}

// --- steps that bring the rule's own message ---

// Whether a comparison surely holds for, or surely fails on, a text that the rule itself writes.
enum class Verdict { Holds, Fails, Unknown };

Verdict negate(Verdict verdict) {
  if (verdict == Verdict::Unknown) return verdict;
  return verdict == Verdict::Holds ? Verdict::Fails : Verdict::Holds;
}

Verdict positive(const TriggerCondition& condition, const std::string& wanted,
                 const Template& written) {
  const bool exact = condition.case_sensitive.value_or(false);
  const auto folded = [&](std::string_view text) {
    return exact ? std::string(text) : lower_ascii(text);
  };
  const std::string value = folded(wanted);
  std::string all, first, last;
  bool contains = false;
  for (std::size_t i = 0; i < written.parts.size(); ++i) {
    const std::string part = folded(written.parts[i].text);
    contains = contains || part.contains(value);
    if (i == 0) first = part;
    last = part;
    all += part;
  }
  const bool fixed = written.is_literal();
  const auto decide = [&](bool holds) {
    if (holds) return Verdict::Holds;
    return fixed ? Verdict::Fails : Verdict::Unknown;
  };
  switch (condition.operator_) {
    case ConditionOperator::Contains:
      return decide(contains);
    case ConditionOperator::StartsWith:
      return decide(trim(first).starts_with(value));
    case ConditionOperator::EndsWith:
      return decide(trim(last).ends_with(value));
    case ConditionOperator::Equals:
      return fixed ? decide(trim(all) == trim(value)) : Verdict::Unknown;
    case ConditionOperator::Matches:
      break;
  }
  return Verdict::Unknown;
}

Verdict holds_for(const TriggerCondition& condition, const Template& written) {
  Verdict out = positive(condition, condition.value, written);
  for (const std::string& other : condition.alternatives.value_or(std::vector<std::string>{})) {
    const Verdict verdict = positive(condition, other, written);
    if (verdict == Verdict::Holds || out == Verdict::Holds)
      out = Verdict::Holds;
    else if (verdict == Verdict::Unknown)
      out = Verdict::Unknown;
  }
  return condition.negated.value_or(false) ? negate(out) : out;
}

// A text that is what the message has there: {{to}} alone.
bool is_just(const Template& text, std::string_view typescript) {
  if (text.parts.size() != 1 || !text.parts[0].reference) return false;
  const Reference& reference = *text.parts[0].reference;
  if (reference.kind != Reference::Kind::Message || !reference.filters.empty()) return false;
  for (const MessageName& name : message_names())
    if (name.name == reference.name) return name.typescript == typescript;
  return false;
}

// Whether the mail arrives where the trigger listens: at an address that the trigger asks for, or
// back at the address that the message came to.
bool arrives(const Trigger& trigger, const EmailStep& email) {
  for (const std::vector<Template>* addresses : {&email.to, &email.cc, &email.bcc}) {
    for (const Template& address : *addresses) {
      if (is_just(address, "message.to")) return true;
      bool asked = false, all = true;
      for (const Condition& condition : trigger.conditions) {
        if (condition.what.field != "to") continue;
        asked = asked || !condition.what.negated.value_or(false);
        all = all && holds_for(condition.what, address) == Verdict::Holds;
      }
      if (asked && all && addresses != &email.bcc) return true;
    }
  }
  return false;
}

bool fulfils(const Trigger& trigger, const Template* subject, const Template* body) {
  for (const Condition& condition : trigger.conditions) {
    const std::string& field = condition.what.field;
    if (field == "to") continue;
    const Template* written = field == "subject" ? subject : field == "body" ? body : nullptr;
    const bool same = written != nullptr && is_just(*written, "message." + field);
    if (same) continue;
    if (written == nullptr || holds_for(condition.what, *written) != Verdict::Holds) return false;
  }
  return true;
}

bool is_channel(const Trigger& trigger, const std::string& channel) {
  const auto bare = [](std::string_view name) {
    return lower_ascii(name.starts_with('#') ? name.substr(1) : name);
  };
  if (bare(trigger.channel) == bare(channel)) return true;
  bool asked = false;
  for (const Condition& condition : trigger.conditions) {
    if (condition.what.field != "to") continue;
    const bool equal = condition.what.operator_ == ConditionOperator::Equals &&
                       !condition.what.negated.value_or(false) &&
                       bare(trim(condition.what.value)) == bare(channel);
    if (!equal) return false;
    asked = true;
  }
  return asked;
}

void loops(const RuleTree& tree, const Step& step, Report& report) {
  // A guard may be what breaks the circle.
  if (!step.only_if.empty()) return;
  const auto* email = std::get_if<EmailStep>(&step.what);
  const auto* slack = std::get_if<SlackStep>(&step.what);
  for (const Trigger& trigger : tree.triggers) {
    const bool mail_loop = email != nullptr && trigger.type == ChannelType::Email &&
                           arrives(trigger, *email) &&
                           fulfils(trigger, &email->subject, email->text ? &*email->text : nullptr);
    const bool slack_loop = slack != nullptr && trigger.type == ChannelType::Slack &&
                            is_channel(trigger, slack->channel) &&
                            fulfils(trigger, nullptr, &slack->text);
    if (!mail_loop && !slack_loop) continue;
    report.add(step.span,
               wording::triggers_itself(mail_loop ? "the mail arrives where the rule listens"
                                                  : "the rule listens on this Slack channel"));
    return;
  }
}

}  // namespace

void lint_steps(const RuleTree& tree, Report& report) {
  unused_outputs(tree, report);
  for (const Step& step : tree.steps) {
    impossible_guards(tree, step, report);
    loops(tree, step, report);
  }
  for (const Step& step : tree.failure.then) loops(tree, step, report);
}

}  // namespace msghub
