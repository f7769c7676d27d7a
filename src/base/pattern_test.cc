#include "base/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

namespace msghub {
namespace {

using testing::HasSubstr;
using Kind = PatternFault::Kind;

TEST(Pattern, TakesWhatBothEnginesReadAlike) {
  for (const std::string_view pattern :
       {"",           "INV-(\\d+)",   "^a.c$",       "(?i)a(?-i:B)",   "(?s).",
        "(?m)^x$",    "(?U)a+",       "(?P<n>\\d+)", "(?:a|b)*?",      "[[:alpha:]]",
        "[^\\pL\\d]", "\\p{Greek}",   "\\p{^Lu}",    "\\PN",           "\\Qa.b\\E",
        "\\Q\\C\\E",  "\\\\C",        "a{2,1000}",   "\\Ax\\z",        "\\bx\\b",
        "\\x{1F600}", "\\x41",        "\\101",       "a{,2}",          "\\v\\a\\f",
        "日本",       "a}+",          "\\}+",        "[*+]+",          "[]+]+",
        "[^]+]+",     "\\p{Greek}+",  "x{2}?",       "[[:^digit:]+]+", "(?im-sU:a)",
        "\\Q(?=",     "[(?=]",        "\\x{41}+",    "[\\101]",        "\\++",
        "\\(?=",      "\\-\\_\\<\\>", "a{2",         "a{2,x}+",        "(?P<a>x)(?P<b>y)"})
    EXPECT_TRUE(read_pattern(pattern, false)) << pattern;
}

TEST(Pattern, RefusesTheRestAndNamesIt) {
  const struct {
    std::string pattern;
    Kind kind;
    std::string_view named;
    std::string_view place;
  } cases[] = {
      {"a(b", Kind::Broken, "missing", "a(b"},
      {"x(?=y)", Kind::Foreign, "a lookahead", "(?="},
      {"(?!y)", Kind::Foreign, "a negative lookahead", "(?!"},
      {"(?<=x)y", Kind::Foreign, "a lookbehind", "(?<="},
      {"(?<!x)y", Kind::Foreign, "a negative lookbehind", "(?<!"},
      {"(?<name>x)", Kind::Foreign, "write (?P<name>…)", "(?<"},
      {"(?'name'x)", Kind::Foreign, "write (?P<name>…)", "(?'"},
      {"(?P<n>x)(?P<n>y)", Kind::Foreign, "of the same name", "(?P<n>"},
      {"(?P<n>x)(?P=n)", Kind::Foreign, "a back reference", "(?P="},
      {"(a)\\1", Kind::Foreign, "a back reference", "\\1"},
      {"(a)\\19", Kind::Foreign, "a back reference", "\\1"},
      {"(a)\\k<n>", Kind::Foreign, "a back reference", "\\k"},
      {"(a)\\g1", Kind::Foreign, "a back reference", "\\g"},
      {"(?>a)", Kind::Foreign, "an atomic group", "(?>"},
      {"(?|a|b)", Kind::Foreign, "a branch reset", "(?|"},
      {"(?(1)a|b)", Kind::Foreign, "a conditional group", "(?("},
      {"(?R)", Kind::Foreign, "a recursion", "(?R"},
      {"(?1)", Kind::Foreign, "a recursion", "(?1"},
      {"(?&n)", Kind::Foreign, "a recursion", "(?&"},
      {"a(?#b)", Kind::Foreign, "a comment", "(?#"},
      {"(*FAIL)", Kind::Foreign, "a verb", "(*"},
      {"(?^i:a)", Kind::Foreign, "a reset of the flags", "(?^"},
      {"(?x)a b", Kind::Foreign, "a flag that does not exist here", "x"},
      {"(?i-u)a", Kind::Foreign, "a flag that does not exist here", "u"},
      {"a++", Kind::Foreign, "possessive repetition", "++"},
      {"a*+b", Kind::Foreign, "possessive repetition", "*+"},
      {"a{2,3}+", Kind::Foreign, "possessive repetition", "{2,3}+"},
      {"a**", Kind::Broken, "**", "**"},
      {"\\Z", Kind::Foreign, "write \\z", "\\Z"},
      {"a\\G", Kind::Foreign, "the end of the last match", "\\G"},
      {"a\\C", Kind::Foreign, "a single byte", "\\C"},
      {"\\Qa\\E\\C", Kind::Foreign, "a single byte", "\\C"},
      {"a\\B", Kind::Foreign, "not the edge of a word", "\\B"},
      {"\\K", Kind::Foreign, "a reset of the match", "\\K"},
      {"\\R", Kind::Foreign, "any line end", "\\R"},
      {"\\X", Kind::Foreign, "a grapheme", "\\X"},
      {"a\\E", Kind::Foreign, "a quotation that does not begin", "\\E"},
      {"\\h+", Kind::Foreign, "horizontal space", "\\h"},
      {"\\u0041", Kind::Foreign, "write \\x{…}", "\\u"},
      {"\\y", Kind::Foreign, "an escape that does not exist here", "\\y"},
      {"[\\b]", Kind::Foreign, "a backspace", "\\b"},
      {"\\pC", Kind::Foreign, "the class C", "\\pC"},
      {"[\\P{C}]", Kind::Foreign, "the class C", "\\P{C}"},
      {"\\p{^C}", Kind::Foreign, "the class C", "\\p{^C}"},
      {"a{1001}", Kind::Broken, "{1001}", "{1001}"},
      {"[[:klingon:]]", Kind::Broken, "[:klingon:]", "[:klingon:]"},
      {"\\p{Klingon}", Kind::Broken, "\\p{Klingon}", "\\p{Klingon}"},
      {"\xFF", Kind::Broken, "UTF-8", ""},
      {"a\\", Kind::Broken, "trailing", ""},
  };
  for (const auto& [pattern, kind, named, place] : cases) {
    const auto read = read_pattern(pattern, false);
    ASSERT_FALSE(read) << pattern;
    const PatternFault& fault = read.error();
    EXPECT_EQ(fault.kind, kind) << pattern;
    EXPECT_THAT(fault.what, HasSubstr(named)) << pattern;
    EXPECT_EQ(pattern.substr(fault.begin, fault.end - fault.begin), place) << pattern;
  }
}

TEST(Pattern, SaysWhatIsAroundTheMatch) {
  for (const std::string_view pattern : {"^a", "a$", "(?m:^)a", "\\Aa", "a\\b", "a\\z", "[^]a$]b$"})
    EXPECT_TRUE(has_edges(pattern)) << pattern;
  for (const std::string_view pattern :
       {"", "a", "\\^a\\$", "[^a]", "[$^]", "[]^]", "\\Q^$\\b\\E", "\\p{^Greek}", "[[:^alpha:]$]"})
    EXPECT_FALSE(has_edges(pattern)) << pattern;
}

TEST(Pattern, HasLimits) {
  std::string umlauts;
  for (int i = 0; i < 1000; ++i) umlauts += "ä";
  EXPECT_TRUE(read_pattern(umlauts, true));
  EXPECT_EQ(read_pattern(umlauts + "ä", true).error().kind, Kind::TooLong);
  EXPECT_EQ(read_pattern("(\\pL{100}){10}", true).error().kind, Kind::TooLarge);
}

TEST(Pattern, EndsOnAnyText) {
  // Each cut of a pattern with everything in it: what is opened is not closed.
  const std::string all = "(?P<n>\\p{^Greek}[^][:alpha:]\\x{41}]{2,3}?)(?i-s:\\Qa\\E)\\d{1}(?s)";
  ASSERT_TRUE(read_pattern(all, false));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto read = read_pattern(all.substr(0, i), false);
    if (read) continue;
    EXPECT_LE(read.error().begin, read.error().end);
    EXPECT_LE(read.error().end, i);
    EXPECT_EQ(read.error().kind, Kind::Broken) << all.substr(0, i) << read.error().what;
  }
}

}  // namespace
}  // namespace msghub
