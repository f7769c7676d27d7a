#pragma once

#include <string>
#include <vector>

#include "rule/report.h"
#include "rule/source.h"

namespace msghub {

// One word or mark of a sentence.
struct Token {
  enum class Kind {
    Word,      // subject, e-mail, doesn't; `value` is in lower case
    Number,    // 12.50; `value` as written
    Text,      // "…"; \" and \\ are undone
    Code,      // `…`
    Pattern,   // /…/; \/ is undone. In backticks as well
    Bold,      // **…**
    Emphasis,  // *…*
    Url,       // <https://…> or bare
    Mark,      // any other character
    Broken,    // opened and not closed; already reported
  };
  Kind kind{};
  Span span;                  // with its marks
  std::string value;          // what the kinds above say
  Excerpt content;            // what is between the marks, for places within it
  bool in_code = false;       // a pattern that was written in backticks
  std::string pattern_flags;  // letters behind /…/, which no sentence allows
};

// The text as a sentence has it: in quotation marks, with \" and \\ for those two characters.
std::string in_quotes(std::string_view text);

// Cuts a sentence into tokens. Only unclosed marks are reported. Linear.
std::vector<Token> words_of(const Excerpt& sentence, Report& report);

}  // namespace msghub
