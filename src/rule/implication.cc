#include "rule/implication.h"

#include <re2/re2.h>

#include <algorithm>
#include <vector>

#include "base/fold.h"
#include "base/pattern.h"

namespace msghub {

namespace {

using enum ConditionOperator;

// One value of a condition: what it says of one text.
struct Test {
  ConditionOperator operator_{};
  bool exact = false;
  std::string raw;
  std::string folded;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}
bool has_blank_ends(std::string_view text) { return trimmed(text).size() != text.size(); }

Test test_of(const TriggerCondition& condition, const std::string& value) {
  Test out;
  out.operator_ = condition.operator_;
  out.exact = condition.case_sensitive.value_or(false);
  // `is` does not look at the blanks around.
  out.raw = condition.operator_ == Equals ? std::string(trimmed(value)) : value;
  if (condition.operator_ != Matches) out.folded = fold_case(out.raw);
  return out;
}

std::vector<Test> tests_of(const TriggerCondition& condition) {
  std::vector<Test> out{test_of(condition, condition.value)};
  if (!condition.alternatives) return out;
  for (const std::string& value : *condition.alternatives) out.push_back(test_of(condition, value));
  return out;
}

bool is_negated(const TriggerCondition& condition) { return condition.negated.value_or(false); }

// A field of which a message has one text at most.
bool is_single(const std::string& field) {
  return field != "to" && field != "cc" && field != "reply-to" &&
         !field.starts_with("attachment.") && !field.starts_with("header:");
}

// A text that fits `a` exactly also fits it when case is ignored, so both can be compared in lower
// case; not so the other way round.
bool test_implies(const Test& a, const Test& b) {
  if (a.operator_ == Matches || b.operator_ == Matches)
    return a.operator_ == b.operator_ && a.exact == b.exact && a.raw == b.raw;
  if (b.exact && !a.exact) return false;
  const std::string& x = b.exact ? a.raw : a.folded;
  const std::string& y = b.exact ? b.raw : b.folded;
  switch (b.operator_) {
    case Contains:
      return x.contains(y);
    case Equals:
      return a.operator_ == Equals && x == y;
    case StartsWith:
      return a.operator_ == StartsWith && x.starts_with(y);
    case EndsWith:
      return a.operator_ == EndsWith && x.ends_with(y);
    case Matches:
      break;
  }
  return false;
}

// Whether no text that is `is`, with any blanks around it, starts with `start` (or ends with it,
// with both texts turned round).
bool never_starts(std::string_view is, std::string_view start) {
  if (has_blank_ends(start)) return false;
  return !is.starts_with(start);
}

bool tests_exclude(const Test& a, const Test& b) {
  if (a.operator_ == Matches || b.operator_ == Matches) return false;
  const bool exact = a.exact && b.exact;
  const std::string& x = exact ? a.raw : a.folded;
  const std::string& y = exact ? b.raw : b.folded;
  if (a.operator_ == b.operator_) {
    if (a.operator_ == Equals) return x != y;
    if (a.operator_ == StartsWith) return !x.starts_with(y) && !y.starts_with(x);
    if (a.operator_ == EndsWith) return !x.ends_with(y) && !y.ends_with(x);
    return false;
  }
  if (b.operator_ == Equals) return tests_exclude(b, a);
  if (a.operator_ != Equals) return false;
  switch (b.operator_) {
    case Contains:
      return !x.contains(trimmed(y));
    case StartsWith:
      return never_starts(x, y);
    case EndsWith:
      return never_starts(std::string(x.rbegin(), x.rend()), std::string(y.rbegin(), y.rend()));
    default:
      return false;
  }
}

bool is_no_attachment(const TriggerCondition& condition) {
  return condition.field == "attachment.type" && condition.operator_ == Contains &&
         condition.value == "/" && !condition.alternatives && is_negated(condition);
}

bool any_test_implies(const TriggerCondition& a, const TriggerCondition& b) {
  const std::vector<Test> from = tests_of(a), to = tests_of(b);
  return std::all_of(from.begin(), from.end(), [&](const Test& x) {
    return std::any_of(to.begin(), to.end(), [&](const Test& y) { return test_implies(x, y); });
  });
}

bool all_tests_exclude(const TriggerCondition& a, const TriggerCondition& b) {
  const std::vector<Test> from = tests_of(a), to = tests_of(b);
  return std::all_of(from.begin(), from.end(), [&](const Test& x) {
    return std::all_of(to.begin(), to.end(), [&](const Test& y) { return tests_exclude(x, y); });
  });
}

}  // namespace

bool implies(const TriggerCondition& a, const TriggerCondition& b) {
  if (a.field != b.field) return false;
  if (is_negated(a)) return is_negated(b) && any_test_implies(b, a);
  if (is_negated(b)) return is_single(a.field) && all_tests_exclude(a, b);
  return any_test_implies(a, b);
}

bool excludes(const TriggerCondition& a, const TriggerCondition& b) {
  const bool attached = a.field.starts_with("attachment.") && b.field.starts_with("attachment.");
  if (attached &&
      ((is_no_attachment(a) && !is_negated(b)) || (is_no_attachment(b) && !is_negated(a))))
    return true;
  if (a.field != b.field || (is_negated(a) && is_negated(b))) return false;
  if (is_negated(b)) return any_test_implies(a, b);
  if (is_negated(a)) return any_test_implies(b, a);
  return is_single(a.field) && all_tests_exclude(a, b);
}

bool value_implies(const TriggerCondition& condition, std::size_t i, std::size_t j) {
  const auto value = [&](std::size_t at) {
    return test_of(condition, at == 0 ? condition.value : condition.alternatives->at(at - 1));
  };
  return test_implies(value(i), value(j));
}

bool fits_every_text(std::string_view pattern) {
  // A pattern that is found in the empty text, and says nothing of what stands around its place, is
  // found at the beginning of every text.
  if (pattern.starts_with('^')) pattern.remove_prefix(1);
  if (pattern.empty() || has_edges(pattern)) return false;
  const auto compiled = read_pattern(pattern, true);
  return compiled && re2::RE2::PartialMatch("", **compiled);
}

}  // namespace msghub
