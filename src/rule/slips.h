#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rule/form_match.h"
#include "rule/report.h"

namespace msghub {

// What people write in place of a sentence's own words, as data: "has" for "contains", "and/or",
// ">" for "is over", "should match". Each is one mistake with one remedy.

struct Slip {
  Span span;
  Wording wording;
  std::string title;                       // of the fix
  std::optional<std::string> replacement;  // nothing: what is meant is not certain
  Span replaced;                           // what the fix replaces
};

// The known slip at the place where no form goes on; nothing when there is none.
std::optional<Slip> slip_at(SectionKind section, const std::vector<Token>& tokens,
                            std::size_t first, const Miss& miss, const Source& source);

// The comparison of "only if" that stands from tokens[at] on in other words ("exceeds", ">=").
struct OtherTest {
  std::size_t count = 0;  // of tokens
  std::string_view words;
};
std::optional<OtherTest> other_test_at(const std::vector<Token>& tokens, std::size_t at);

}  // namespace msghub
