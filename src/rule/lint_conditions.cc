#include "rule/lint_conditions.h"

#include <algorithm>
#include <set>

#include "rule/implication.h"
#include "rule/wording.h"

namespace msghub {

namespace {

// What may be compared in one rule; a person does not write more.
constexpr std::size_t kMostConditions = 100;  // of a section
constexpr std::size_t kMostSections = 30;
constexpr std::size_t kMostValues = 100;      // of a condition
constexpr std::size_t kMostCharacters = 500;  // of a value

std::vector<std::string_view> values_of(const TriggerCondition& condition) {
  std::vector<std::string_view> out{condition.value};
  if (!condition.alternatives) return out;
  out.insert(out.end(), condition.alternatives->begin(), condition.alternatives->end());
  return out;
}

bool is_short(const Condition& condition) {
  const std::vector<std::string_view> values = values_of(condition.what);
  return values.size() <= kMostValues &&
         std::all_of(values.begin(), values.end(),
                     [](std::string_view value) { return value.size() <= kMostCharacters; });
}

// Conditions that say the same, but for their lines, are reported where they are read.
bool same(TriggerCondition a, TriggerCondition b) {
  a.line.reset();
  b.line.reset();
  return a == b;
}

class Linter {
 public:
  explicit Linter(Report& report) : report_(report) {}

  void section(const Trigger& trigger) {
    for (const Condition& condition : trigger.conditions) {
      if (!is_short(condition)) continue;
      values(condition);
      if (trigger.type == ChannelType::Email && condition.what.field == "from") sender(condition);
    }
    const std::vector<const Condition*> conditions = compared(trigger);
    for (std::size_t later = 1; later < conditions.size(); ++later)
      for (std::size_t first = 0; first < later; ++first)
        if (pair(*conditions[first], *conditions[later])) break;
  }

  // Whether each message of `narrow` is one of `wide` as well.
  static bool adds_nothing(const Trigger& narrow, const Trigger& wide) {
    if (narrow.channel != wide.channel || narrow.type != wide.type) return false;
    const std::vector<const Condition*> known = compared(narrow), needed = compared(wide);
    if (needed.size() != wide.conditions.size()) return false;
    return std::all_of(needed.begin(), needed.end(), [&](const Condition* wanted) {
      return std::any_of(known.begin(), known.end(), [&](const Condition* given) {
        return implies(given->what, wanted->what);
      });
    });
  }

 private:
  static std::vector<const Condition*> compared(const Trigger& trigger) {
    std::vector<const Condition*> out;
    for (const Condition& condition : trigger.conditions)
      if (out.size() < kMostConditions && is_short(condition)) out.push_back(&condition);
    return out;
  }

  // Reports what is wrong with the two; the place is the later one's, or the one too much.
  bool pair(const Condition& first, const Condition& later) {
    if (same(first.what, later.what)) return false;
    if (excludes(first.what, later.what)) {
      report_.add(later.span, wording::never_together(*first.what.line));
      return true;
    }
    if (implies(first.what, later.what)) {
      report_.add(later.span, wording::condition_implied(*first.what.line));
      return true;
    }
    if (!implies(later.what, first.what)) return false;
    report_.add(first.span, wording::condition_implied(*later.what.line));
    return true;
  }

  void values(const Condition& condition) {
    const std::vector<std::string_view> values = values_of(condition.what);
    if (condition.value_spans.size() != values.size()) return;
    if (condition.what.operator_ == ConditionOperator::Matches)
      for (std::size_t i = 0; i < values.size(); ++i)
        if (fits_every_text(values[i]))
          report_.add(condition.value_spans[i], wording::pattern_fits_all());
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t j = 0; j < values.size(); ++j) {
        const bool twice = value_implies(condition.what, j, i) && j < i;
        if (i == j || !value_implies(condition.what, i, j) || twice) continue;
        report_.add(condition.value_spans[i], wording::value_implied(values[j]));
        break;
      }
    }
  }

  void sender(const Condition& condition) {
    if (condition.what.negated.value_or(false)) return;
    const std::vector<std::string_view> values = values_of(condition.what);
    const bool pattern = condition.what.operator_ == ConditionOperator::Matches;
    for (std::size_t i = 0; i < values.size() && i < condition.value_spans.size(); ++i) {
      const OpenSender open = open_sender(condition.what.operator_, values[i]);
      if (open.stranger.empty()) continue;
      const Span place = condition.value_spans[i];
      Report::Entry& entry =
          report_.add(place, wording::sender_open(open.stranger, open.better, pattern));
      if (pattern && !open.better.empty())
        entry.fix("let the pattern end with the address", {place.end, place.end}, open.better);
      else if (values.size() == 1 && !open.better.empty())
        entry.fix("write " + open.better, condition.comparison, open.better);
    }
  }

  Report& report_;
};

}  // namespace

void lint_conditions(const RuleTree& tree, Report& report) {
  Linter linter(report);
  for (const Trigger& trigger : tree.triggers) linter.section(trigger);
  const std::size_t sections = std::min(tree.triggers.size(), kMostSections);
  std::set<const Trigger*> reported;
  for (std::size_t later = 1; later < sections; ++later) {
    for (std::size_t first = 0; first < later; ++first) {
      const Trigger& a = tree.triggers[first];
      const Trigger& b = tree.triggers[later];
      const bool later_is_wider = !Linter::adds_nothing(b, a);
      if (later_is_wider && !Linter::adds_nothing(a, b)) continue;
      const Trigger& useless = later_is_wider ? a : b;
      const Trigger& other = later_is_wider ? b : a;
      if (reported.insert(&useless).second)
        report.add(useless.heading, wording::section_implied(other.first_line));
    }
  }
}

}  // namespace msghub
