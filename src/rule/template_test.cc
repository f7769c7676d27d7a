#include "rule/template.h"

#include <gtest/gtest.h>

#include "rule/pattern.h"

namespace msghub {
namespace {

TEST(Template, CutsTextAtItsNames) {
  const std::string_view text = "a {{x}}{{ `o.p[0]` }} b {{message.id}}";
  const Source source(text);
  Report report(source);
  Excerpt excerpt;
  excerpt.append(text, 0);
  const Template parsed = parse_template(excerpt, report);
  EXPECT_FALSE(report.has_errors());
  ASSERT_EQ(parsed.parts.size(), 5U);
  EXPECT_EQ(parsed.parts[1].reference->name, "x");
  EXPECT_TRUE(parsed.parts[2].reference->is_path);
  EXPECT_EQ(source_text(parsed), "a {{x}}{{`o.p[0]`}} b {{message.id}}");
}

TEST(Template, ReportsWhatIsMalformedAndGoesOn) {
  for (const std::string_view text :
       {"{{", "{{}}", "{{a b}}", "{{1}}", "{{a\n}}", "{{`a..b`}}", "{{a |}}", "{{a | \"b\"}}",
        "{{a | default \"b}}", "{{\"}}", "{{|upper}}", "{{a \"b\"}}"}) {
    const Source source(text);
    Report report(source);
    Excerpt excerpt;
    excerpt.append(text, 0);
    EXPECT_EQ(source_text(parse_template(excerpt, report)), text);
    EXPECT_EQ(report.take().at(0).code, "R0402") << text;
  }
}

TEST(JsonPath, IsKeysAndPositions) {
  for (const char* good : {"a", "a.b", "a[0].b", "[0].a", "a[0][1]", "first name.x", "ä-b"})
    EXPECT_TRUE(is_json_path(good)) << good;
  for (const char* bad :
       {"", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a]b", "a[0]b", "a.[0]", "{{a}}"})
    EXPECT_FALSE(is_json_path(bad)) << bad;
  EXPECT_FALSE(is_json_path(std::string(501, 'a')));
}

TEST(Identifier, IsAWord) {
  for (const char* good : {"a", "order_id2", "X"}) EXPECT_TRUE(is_identifier(good)) << good;
  for (const char* bad : {"", "_a", "2a", "a-b", "a b", "ä", "__proto__"})
    EXPECT_FALSE(is_identifier(bad)) << bad;
  EXPECT_FALSE(is_identifier(std::string(65, 'a')));
}

std::vector<Diagnostic> diagnose_pattern(const std::string& pattern) {
  const std::string text = "`/" + pattern + "/`";
  const Source source(text);
  Report report(source);
  Excerpt excerpt;
  excerpt.append(text, 0);
  const std::vector<Token> tokens = words_of(excerpt, report);
  const bool good = check_pattern_token(tokens.at(0), false, report);
  EXPECT_EQ(good, !report.has_errors());
  return report.take();
}

TEST(Pattern, TakesTheCommonDialect) {
  for (const char* good :
       {"INV-(\\d+)", "(?i)a|b", "\\bx\\b", "[[:alpha:]]+", "\\p{Greek}", "a{1,1000}", "(?P<n>x)",
        "^a$", "\\Q(?=\\E", "[(?=]", "a*?", "\\.\\+\\+", "\\x{1F600}"})
    EXPECT_TRUE(diagnose_pattern(good).empty()) << good;
}

TEST(Pattern, NamesWhatItDoesNotTake) {
  struct Case {
    std::string pattern, says;
    std::int64_t column;
  };
  for (const auto& [pattern, says, column] : {
           Case{"a(?=b)", "a lookahead", 4},
           Case{"(?!b)", "a negative lookahead", 3},
           Case{"(?<=b)", "a lookbehind", 3},
           Case{"(a)\\1", "a back reference", 6},
           Case{"(?>a)", "an atomic group", 3},
           Case{"a++", "possessive repetition", 4},
           Case{"a\\Z", "the end of the text", 4},
           Case{"\\C", "a single byte", 3},
           Case{"a\\B", "not the edge of a word", 4},
           Case{"\\pC", "the class C", 3},
           Case{"[\\P{C}]", "the class C", 4},
           Case{"(?P<n>x)(?P<n>y)", "the same name", 11},
           Case{"a(b", "missing", 3},
           Case{"a{1001}", "invalid repetition size", 4},
           Case{"[b-a]", "invalid character class range", 4},
       }) {
    const std::vector<Diagnostic> found = diagnose_pattern(pattern);
    ASSERT_EQ(found.size(), 1U) << pattern;
    EXPECT_EQ(found[0].code, "R0109") << pattern;
    EXPECT_TRUE(found[0].message.contains(says)) << found[0].message;
    EXPECT_EQ(found[0].start.column, column) << pattern;
  }
  EXPECT_EQ(diagnose_pattern(std::string(1001, 'a')).at(0).code, "R0110");
  EXPECT_EQ(diagnose_pattern("(\\pL{100}){10}").at(0).code, "R0115");
  EXPECT_TRUE(diagnose_pattern(std::string(1000, 'a')).empty());
}

}  // namespace
}  // namespace msghub
