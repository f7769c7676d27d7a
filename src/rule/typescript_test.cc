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
           Case{"it's \\ `${x}`", "'it\\'s \\\\ `${x}`'"},
           Case{"a\nb\r\tc", "'a\\nb\\r\\tc'"},
           Case{"\x1b\x7f", "'\\x1b\\x7f'"},
           Case{"\u2028\u2029\u202E\uFEFF\u0085", "'\\u2028\\u2029\\u202e\\ufeff\\x85'"},
           Case{"</script><!-- */", "'\\x3c/script>\\x3c!-- */'"},
       })
    EXPECT_EQ(string_literal(text), literal);
}

TEST(TemplatePart, EscapesWhatWouldEndItOrBeginAValue) {
  EXPECT_EQ(template_part("it's \\ `${x}` $ {"), "it's \\\\ \\`\\${x}\\` $ {");
  EXPECT_EQ(template_part("a\n\u2028</script"), "a\n\\u2028\\x3c/script");
  EXPECT_EQ(template_part("costs $"), "costs \\$");
  EXPECT_EQ(template_part("\r\n"), "\\r\n");
}

TEST(Group, BreaksWhatIsTooLong) {
  EXPECT_EQ(group("{", {"a: 1", "b: 2"}, "}", 0), "{ a: 1, b: 2 }");
  EXPECT_EQ(group("[", {"1", "2"}, "]", 0), "[1, 2]");
  EXPECT_EQ(group("{", {}, "}", 0), "{}");
  const std::string longer(60, 'x');
  EXPECT_EQ(group("[", {longer, longer}, "]", 2),
            "[\n    " + longer + ",\n    " + longer + ",\n  ]");
}

}  // namespace
}  // namespace msghub::typescript
