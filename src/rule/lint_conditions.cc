#include "rule/lint_conditions.h"

#include <algorithm>
#include <optional>
#include <set>

#include "rule/forms.h"
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

// A text with stars that are to stand for any text, as in the names of files: "*@acme.com".
struct StarText {
  bool before = false;
  bool behind = false;
  std::string_view rest;  // without them
};
std::optional<StarText> star_text(std::string_view value) {
  StarText out{value.starts_with('*'), value.ends_with('*'), value};
  if (out.before) out.rest.remove_prefix(1);
  if (out.behind && !out.rest.empty()) out.rest.remove_suffix(1);
  const bool is_frame = out.rest.empty() || out.rest.contains('*');  // "***", "**bold**"
  if (is_frame || !(out.before || out.behind)) return std::nullopt;
  return out;
}

// The comparison that says what the stars were to say. "contains" loses its star alone, unless the
// text is the end of an address.
ConditionOperator without_star(ConditionOperator operator_, const StarText& text) {
  using enum ConditionOperator;
  if (operator_ == Equals && text.before != text.behind) return text.before ? EndsWith : StartsWith;
  if (operator_ == Contains && !text.behind && text.rest.starts_with('@')) return EndsWith;
  if (operator_ == StartsWith && !text.before) return StartsWith;
  if (operator_ == EndsWith && !text.behind) return EndsWith;
  return Contains;
}

std::string_view words_of(ConditionOperator operator_, bool negated) {
  const auto found = std::ranges::find_if(operator_names(), [&](const OperatorName& name) {
    return name.operator_ == operator_ && name.negated == negated;
  });
  return found->words;
}

// ends with "@acme.com"
std::string in_words(const TriggerCondition& condition, const StarText& text) {
  const ConditionOperator better = without_star(condition.operator_, text);
  return std::string(words_of(better, condition.negated.value_or(false))) + " \"" +
         std::string(text.rest) + "\"";
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
      if (star(condition)) continue;
      if (trigger.type == ChannelType::Email && condition.what.field == "from") sender(condition);
    }
    const std::vector<const Condition*> conditions = compared(trigger);
    for (std::size_t later = 1; later < conditions.size(); ++later)
      for (std::size_t first = 0; first < later; ++first)
        if (pair(*conditions[first], *conditions[later])) break;
  }

  // Of "file whose name is …".
  void file(const Extraction& extraction) {
    const TriggerCondition& what = *extraction.file;
    if (what.operator_ == ConditionOperator::Matches) return;
    const std::vector<std::string_view> values = values_of(what);
    for (std::size_t i = 0; i < values.size() && i < kMostValues; ++i) {
      const std::optional<StarText> text = star_text(values[i]);
      if (!text) continue;
      report_.add(extraction.span, wording::star_literal(in_words(what, *text)));
      return;
    }
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

  // Reports the first text with a star that is to stand for any text.
  bool star(const Condition& condition) {
    const ConditionOperator operator_ = condition.what.operator_;
    if (operator_ == ConditionOperator::Matches) return false;
    const std::vector<std::string_view> values = values_of(condition.what);
    if (condition.value_spans.size() != values.size()) return false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::optional<StarText> text = star_text(values[i]);
      if (!text) continue;
      const ConditionOperator better = without_star(operator_, *text);
      const std::string words(words_of(better, condition.what.negated.value_or(false)));
      const Span place = condition.value_spans[i];
      Report::Entry& entry =
          report_.add(place, wording::star_literal(in_words(condition.what, *text)));
      const Span rest{place.begin + (text->before ? 1 : 0), place.end - (text->behind ? 1 : 0)};
      if (better == operator_)
        entry.fix("leave the star out", place, std::string(entry.source->text(rest)));
      else if (values.size() == 1)
        say_instead(entry, condition.comparison, place, rest, words);
      return true;
    }
    return false;
  }
  // Another comparison with the rest of the value.
  static void say_instead(Report::Entry& entry, Span comparison, Span value, Span rest,
                          const std::string& words) {
    const Source& source = *entry.source;
    const bool origin = source.text(comparison).ends_with("from");  // it comes from
    entry.fix("write " + words, {comparison.begin, value.end},
              (origin ? "the sender " : "") + words +
                  std::string(source.text({comparison.end, value.begin})) +
                  std::string(source.text(rest)));
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
  for (const Extraction& extraction : tree.extractions)
    if (extraction.file) linter.file(extraction);
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
