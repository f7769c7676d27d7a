#include "match/pattern.h"

#include "match/matcher.h"

namespace msghub {

namespace {

std::string in_words(const PatternFault& fault) {
  switch (fault.kind) {
    case PatternFault::Kind::TooLong:
      return "the pattern is longer than " + std::to_string(kPatternCharacters) + " characters";
    case PatternFault::Kind::TooLarge:
      return "the pattern needs more than 8 MiB of memory; make its repetitions smaller";
    case PatternFault::Kind::Broken:
      return "the pattern is not valid: " + fault.what;
    case PatternFault::Kind::Foreign:
      break;
  }
  return "the pattern has what does not exist in rules: " + fault.what;
}

}  // namespace

Result<Pattern> compile_pattern(std::string_view pattern, bool case_sensitive) {
  auto compiled = read_pattern(pattern, case_sensitive);
  if (!compiled) return refuse(Refusal::Code::Invalid, in_words(compiled.error()));
  return std::move(*compiled);
}

Result<void> check_pattern(std::string_view pattern, bool case_sensitive) {
  const auto compiled = compile_pattern(pattern, case_sensitive);
  if (!compiled) return std::unexpected(compiled.error());
  return {};
}

}  // namespace msghub
