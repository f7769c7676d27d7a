#include "rule/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "rule/wording.h"

namespace msghub {

namespace {

// Constructs of other dialects, by the characters with which they begin. RE2 refuses most of them
// itself, but does not say what they are. \C, \B and \p{C} are refused here because re2js lacks
// them or reads them differently; the matcher refuses the same (match/pattern.cc).
struct Construct {
  std::string_view start;
  std::string_view name;
};
constexpr auto kConstructs = std::to_array<Construct>({
    {"(?=", "a lookahead"},
    {"(?!", "a negative lookahead"},
    {"(?<=", "a lookbehind"},
    {"(?<!", "a negative lookbehind"},
    {"(?>", "an atomic group"},
    {"(?#", "a comment"},
    {"(?(", "a conditional group"},
    {"(?R", "a recursion"},
    {"(?|", "a branch reset"},
    {"(?<", "a group named the other way; write (?P<name>…)"},
    {"(?'", "a group named the other way; write (?P<name>…)"},
    {"(?P=", "a back reference"},
    {"(?P>", "a recursion"},
    {"\\B", "not the edge of a word, which a rule's own project reads in another way"},
    {"\\C", "a single byte"},
    {"\\G", "the end of the last match"},
    {"\\K", "a reset of the match"},
    {"\\R", "any line end; write \\r?\\n"},
    {"\\X", "a grapheme"},
    {"\\Z", "the end of the text but for a line end; write \\z"},
    {"\\g", "a back reference"},
    {"\\h", "horizontal space; write [ \\t]"},
    {"\\k", "a back reference"},
    {"\\PC", "the class C; write \\P{Cc}, \\P{Cf} or \\P{Co}"},
    {"\\P{C}", "the class C; write \\P{Cc}, \\P{Cf} or \\P{Co}"},
    {"\\P{^C}", "the class C; write \\p{Cc}, \\p{Cf} or \\p{Co}"},
    {"\\pC", "the class C; write \\p{Cc}, \\p{Cf} or \\p{Co}"},
    {"\\p{C}", "the class C; write \\p{Cc}, \\p{Cf} or \\p{Co}"},
    {"\\p{^C}", "the class C; write \\P{Cc}, \\P{Cf} or \\P{Co}"},
});

struct Found {
  std::size_t begin;
  std::size_t end;
  std::string_view name;
};

std::optional<Found> foreign_construct(std::string_view pattern) {
  bool in_class = false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    const bool escape = c == '\\' && at + 1 < pattern.size();
    if (escape && pattern[at + 1] == 'Q') {
      at = std::min(pattern.find("\\E", at), pattern.size());
      continue;
    }
    for (const Construct& construct : kConstructs)
      if ((escape || !in_class) && pattern.substr(at).starts_with(construct.start))
        return Found{at, at + construct.start.size(), construct.name};
    if (escape && !in_class && pattern[at + 1] >= '1' && pattern[at + 1] <= '9')
      return Found{at, at + 2, "a back reference"};
    if (escape)
      ++at;
    else if (c == '[')
      in_class = true;
    else if (c == ']')
      in_class = false;
    const bool repeats = !in_class && !escape && std::string_view("*+?}").contains(c) && at > 0;
    if (repeats && at + 1 < pattern.size() && pattern[at + 1] == '+')
      return Found{at, at + 2, "possessive repetition"};
  }
  return std::nullopt;
}

}  // namespace

bool check_pattern_token(const Token& pattern, bool case_sensitive, Report& report) {
  constexpr std::ptrdiff_t kMostCharacters = 1000;
  constexpr std::int64_t kPatternMemory = std::int64_t{8} * 1024 * 1024;
  const std::string& text = pattern.value;
  if (!pattern.pattern_flags.empty()) {
    report.add(pattern.span, wording::pattern_flags(pattern.pattern_flags));
    return false;
  }
  if (text.empty()) {
    report.add(pattern.span, wording::operand_empty());
    return false;
  }
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  if (characters > kMostCharacters) {
    report.add(pattern.span, wording::pattern_too_long(static_cast<std::size_t>(characters)));
    return false;
  }
  if (const auto foreign = foreign_construct(text)) {
    report.add(pattern.content.span(foreign->begin, foreign->end),
               wording::pattern_foreign(foreign->name));
    return false;
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(case_sensitive);
  options.set_max_mem(kPatternMemory);
  const RE2 compiled(text, options);
  // RE2 takes a group name twice, re2js does not.
  const bool names_differ =
      compiled.NamedCapturingGroups().size() == compiled.CapturingGroupNames().size();
  if (compiled.ok() && names_differ) return true;
  if (compiled.ok()) {
    report.add(pattern.span, wording::pattern_broken("two groups have the same name"));
    return false;
  }
  const std::string& part = compiled.error_arg();
  const std::size_t at = part.empty() ? std::string::npos : text.find(part);
  const Span place =
      at == std::string::npos ? pattern.span : pattern.content.span(at, at + part.size());
  report.add(place, wording::pattern_broken(compiled.error()));
  return false;
}

}  // namespace msghub
