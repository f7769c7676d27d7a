#include "match/pattern.h"

#include <algorithm>
#include <string>

#include "match/matcher.h"

namespace msghub {

namespace {

constexpr std::size_t kPatternLimit = 1000;  // characters
constexpr std::int64_t kPatternMemory = std::int64_t{8} * 1024 * 1024;

std::size_t length_in_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// "{^Greek}" or "L" after \p or \P, without braces and ^.
std::string_view class_name(std::string_view rest) {
  if (!rest.starts_with('{')) return rest.substr(0, 1);
  rest = rest.substr(1, rest.find('}') - 1);
  if (rest.starts_with('^')) rest.remove_prefix(1);
  return rest;
}

// What RE2 takes and re2js, which runs the same pattern in a rule's own project, does not take or
// reads differently. Empty when there is no such thing.
std::string foreign_construct(const re2::RE2& compiled) {
  if (compiled.NamedCapturingGroups().size() != compiled.CapturingGroupNames().size())
    return "one group name twice";
  const std::string_view pattern = compiled.pattern();
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    const char escaped = pattern[++i];
    if (escaped == 'C') return "\\C (one byte)";
    // RE2 looks at bytes and so finds \B inside of "ä".
    if (escaped == 'B') return "\\B (not at the edge of a word)";
    if (escaped == 'Q') {
      i = pattern.find("\\E", i);
      if (i == std::string_view::npos) return {};
      ++i;
    } else if (escaped == 'p' || escaped == 'P') {
      if (class_name(pattern.substr(i + 1)) == "C")
        return "\\p{C} (write \\p{Cc}, \\p{Cf} or \\p{Co})";
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const re2::RE2>> compile_pattern(std::string_view pattern,
                                                        bool case_sensitive) {
  if (length_in_characters(pattern) > kPatternLimit)
    return refuse(Refusal::Code::Invalid,
                  "the pattern is longer than " + std::to_string(kPatternLimit) + " characters");
  re2::RE2::Options options;
  options.set_case_sensitive(case_sensitive);
  options.set_max_mem(kPatternMemory);
  options.set_log_errors(false);
  auto compiled =
      std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (compiled->error_code() == re2::RE2::ErrorPatternTooLarge)
    return refuse(Refusal::Code::Invalid,
                  "the pattern needs more than 8 MiB of memory; make its repetitions smaller");
  if (!compiled->ok())
    return refuse(Refusal::Code::Invalid, "the pattern is not valid: " + compiled->error());
  if (const std::string foreign = foreign_construct(*compiled); !foreign.empty())
    return refuse(Refusal::Code::Invalid, "the pattern uses " + foreign +
                                              ", which a rule's own project reads in another way");
  return compiled;
}

Result<void> check_pattern(std::string_view pattern, bool case_sensitive) {
  const auto compiled = compile_pattern(pattern, case_sensitive);
  if (!compiled) return std::unexpected(compiled.error());
  return {};
}

}  // namespace msghub
