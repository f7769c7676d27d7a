#include "rule/typescript.h"

#include <gtest/gtest.h>

namespace msghub::typescript {
namespace {

TEST(StringLiteral, EscapesWhatWouldEndOrHideIt) {
  struct Case {
    std::string_view text, literal;
  };
  for (const auto& [text, literal] : {
           Case{"plain äöü 😀", "'plain äöü 😀'"},
           Case{"it's \\ `${x}`", "\"it's \\\\ `${x}`\""},
           Case{"'a' \"b\"", "'\\'a\\' \"b\"'"},
           Case{"'a' \"", "\"'a' \\\"\""},
           Case{"a\nb\r\tc", "'a\\nb\\r\\tc'"},
           Case{"\x1b\x7f", "'\\x1b\\x7f'"},
           Case{"\u2028\u2029\u202E\uFEFF\u0085", "'\\u2028\\u2029\\u202e\\ufeff\\x85'"},
           Case{"<p></p> */", "'<p></p> */'"},
       })
    EXPECT_EQ(string_literal(text), literal);
}

TEST(TemplatePart, EscapesWhatWouldEndItOrBeginAValue) {
  EXPECT_EQ(template_part("it's \\ `${x}` $ {"), "it's \\\\ \\`\\${x}\\` $ {");
  EXPECT_EQ(template_part("a\n\u2028</script"), "a\n\\u2028</script");
  EXPECT_EQ(template_part("costs $"), "costs \\$");
  EXPECT_EQ(template_part("\r\n"), "\\r\n");
}

TEST(NumberLiteral, HasNoDigitThatSaysNothing) {
  struct Case {
    std::string_view text, literal;
  };
  for (const auto& [text, literal] : {
           Case{"10", "10"},
           Case{"-1.50", "-1.5"},
           Case{"1.00", "1"},
           Case{"1.50E+10", "1.5e10"},
           Case{"2e-7", "2e-7"},
       })
    EXPECT_EQ(number_literal(text), literal);
}

TEST(BareKey, IsAnIdentifierOfAnyLanguage) {
  for (const std::string_view key : {"a", "$id", "_x1", "Größe", "価格", "class"})
    EXPECT_TRUE(is_bare_key(key)) << key;
  for (const std::string_view key : {"", "1a", "a b", "a-b", "__proto__", "😀", "a\u2028", "𝒳"})
    EXPECT_FALSE(is_bare_key(key)) << key;
}

}  // namespace
}  // namespace msghub::typescript
