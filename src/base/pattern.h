#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace msghub {

// The regular expressions of rules: one dialect, which RE2 here and re2js in a rule's own project
// both read, and read alike. docs/rule-language.md has the table of it.

// Why a pattern is no part of the dialect.
struct PatternFault {
  enum class Kind {
    TooLong,   // more than kPatternCharacters
    Foreign,   // a construct of another dialect; `what` names it: "a lookbehind"
    Broken,    // `what` is what RE2 says
    TooLarge,  // more than 8 MiB when compiled
  };
  Kind kind{};
  std::string what;
  std::size_t begin = 0;  // bytes of the pattern, where the fault is
  std::size_t end = 0;    // the same as `begin`: it is no place, but the whole of it
};

inline constexpr std::size_t kPatternCharacters = 1000;

using Pattern = std::shared_ptr<const re2::RE2>;

// Compiles a pattern. What it returns finds in time linear in the text and is thread-safe.
std::expected<Pattern, PatternFault> read_pattern(std::string_view pattern, bool case_sensitive);

// Whether a pattern of the dialect says what stands before or behind its match: ^ $ \A \b \z.
bool has_edges(std::string_view pattern);

// Characters, not bytes.
std::size_t length_in_characters(std::string_view text);

}  // namespace msghub
