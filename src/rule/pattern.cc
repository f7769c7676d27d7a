#include "rule/pattern.h"

#include "base/pattern.h"
#include "rule/wording.h"

namespace msghub {

namespace {

Wording wording_of(const PatternFault& fault, std::string_view pattern) {
  switch (fault.kind) {
    case PatternFault::Kind::TooLong:
      return wording::pattern_too_long(length_in_characters(pattern));
    case PatternFault::Kind::TooLarge:
      return wording::pattern_too_large();
    case PatternFault::Kind::Foreign:
      return wording::pattern_foreign(fault.what);
    case PatternFault::Kind::Broken:
      break;
  }
  return wording::pattern_broken(fault.what);
}

}  // namespace

bool check_pattern_token(const Token& pattern, bool case_sensitive, Report& report) {
  if (!pattern.pattern_flags.empty()) {
    report.add(pattern.span, wording::pattern_flags(pattern.pattern_flags));
    return false;
  }
  if (pattern.value.empty()) {
    report.add(pattern.span, wording::operand_empty());
    return false;
  }
  // Each takes about a millisecond, here and again wherever the rule starts.
  const std::size_t count = report.count_pattern();
  if (count == kMostPatterns + 1)
    report.add(pattern.span, wording::patterns_too_many(kMostPatterns));
  if (count > kMostPatterns) return false;
  const auto compiled = read_pattern(pattern.value, case_sensitive);
  if (compiled) return true;
  const PatternFault& fault = compiled.error();
  report.add(fault.begin == fault.end ? pattern.span : pattern.content.span(fault.begin, fault.end),
             wording_of(fault, pattern.value));
  return false;
}

}  // namespace msghub
