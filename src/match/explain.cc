#include <re2/re2.h>

#include <algorithm>

#include "base/fold.h"
#include "match/matcher.h"

// The obvious way: nothing prepared, nothing shared with the Matcher but the reading of fields and
// the folding of case. The Matcher must agree with it.

namespace msghub {

namespace {

constexpr std::size_t kSeenLimit = 200;  // characters

std::string without_blanks_around(std::string text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  const auto first = std::find_if_not(text.begin(), text.end(), blank);
  return std::string(first, text.end());
}

std::vector<std::string> wanted_values(const TriggerCondition& condition) {
  std::vector<std::string> out{condition.value};
  for (const std::string& other : condition.alternatives.value_or(std::vector<std::string>()))
    out.push_back(other);
  return out;
}

bool fits(ConditionOperator operator_, bool exact, const std::string& value,
          const std::string& pattern_or_text) {
  if (operator_ == ConditionOperator::Matches) {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_case_sensitive(exact);
    return re2::RE2::PartialMatch(value, re2::RE2(pattern_or_text, options));
  }
  const std::string text = exact ? value : fold_case(value);
  const std::string wanted = exact ? pattern_or_text : fold_case(pattern_or_text);
  switch (operator_) {
    case ConditionOperator::Contains:
      return text.find(wanted) != std::string::npos;
    case ConditionOperator::StartsWith:
      return text.rfind(wanted, 0) == 0;
    case ConditionOperator::EndsWith:
      return text.size() >= wanted.size() &&
             text.compare(text.size() - wanted.size(), wanted.size(), wanted) == 0;
    case ConditionOperator::Equals:
      return without_blanks_around(text) == without_blanks_around(wanted);
    case ConditionOperator::Matches:
      break;
  }
  return false;
}

bool is_broken(const TriggerCondition& condition) {
  if (condition.operator_ != ConditionOperator::Matches) return false;
  const std::vector<std::string> patterns = wanted_values(condition);
  return !std::all_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return check_pattern(pattern, condition.case_sensitive.value_or(false)).has_value();
  });
}

bool condition_holds(const TriggerCondition& condition, const std::vector<std::string>& values) {
  if (is_broken(condition)) return false;
  const bool exact = condition.case_sensitive.value_or(false);
  bool any = false;
  for (const std::string& wanted : wanted_values(condition))
    for (const std::string& value : values)
      any = any || fits(condition.operator_, exact, value, wanted);
  return condition.negated.value_or(false) ? !any : any;
}

bool any_broken(const std::vector<TriggerConfig>& triggers) {
  for (const TriggerConfig& trigger : triggers)
    if (std::any_of(trigger.conditions.begin(), trigger.conditions.end(), is_broken)) return true;
  return false;
}

std::optional<std::string> seen_text(const std::vector<std::string>& values) {
  if (values.empty()) return std::nullopt;
  std::string out;
  for (const std::string& value : values) out += (&value == &values.front() ? "" : ", ") + value;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if ((static_cast<unsigned char>(out[i]) & 0xC0) == 0x80) continue;
    if (++characters > kSeenLimit) {
      out.resize(i);
      break;
    }
  }
  return out;
}

}  // namespace

bool naive_match(const std::vector<TriggerConfig>& triggers, const MatchInput& input) {
  if (any_broken(triggers)) return false;
  for (const TriggerConfig& trigger : triggers) {
    if (trigger.channel_id != input.channel_id) continue;
    bool all = true;
    for (const TriggerCondition& condition : trigger.conditions)
      if (!condition_holds(condition, field_values(*input.message, condition.field))) all = false;
    if (all) return true;
  }
  return false;
}

Explanation explain(const std::vector<TriggerConfig>& triggers, const MatchInput& input) {
  Explanation out;
  for (const TriggerConfig& trigger : triggers) {
    TriggerVerdict& verdict = out.triggers.emplace_back();
    verdict.channel_id = trigger.channel_id;
    verdict.channel_fits = trigger.channel_id == input.channel_id;
    if (!verdict.channel_fits) continue;
    verdict.holds = true;
    for (const TriggerCondition& condition : trigger.conditions) {
      const auto values = field_values(*input.message, condition.field);
      const bool holds = condition_holds(condition, values);
      verdict.conditions.push_back({condition, seen_text(values), holds});
      verdict.holds = verdict.holds && holds;
    }
    out.matches = out.matches || verdict.holds;
  }
  out.matches = out.matches && !any_broken(triggers);
  return out;
}

}  // namespace msghub
