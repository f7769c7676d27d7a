#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "match/matcher.h"

namespace msghub {
namespace {

using testing::HasSubstr;

TEST(CheckPattern, TakesWhatBothEnginesReadAlike) {
  for (const std::string_view pattern :
       {"",           "INV-(\\d+)",  "^a.c$",      "(?i)a(?-i:B)",
        "(?s).",      "(?m)^x$",     "(?U)a+",     "(?P<number>\\d+)",
        "(?:a|b)*?",  "[[:alpha:]]", "[^\\pL\\d]", "\\p{Greek}",
        "\\p{^Lu}",   "\\PN",        "\\Qa.b\\E",  "\\Q\\C\\E",
        "\\\\C",      "a{2,1000}",   "\\Ax\\z",    "\\bx\\b",
        "\\x{1F600}", "\\x41",       "\\101",      "a{,2}",
        "\\v\\a\\f",  "日本"})
    EXPECT_TRUE(check_pattern(pattern, false)) << pattern;
}

TEST(CheckPattern, RefusesTheRestAndNamesIt) {
  const struct {
    std::string pattern;
    std::string_view named;
  } cases[] = {
      {"a(b", "missing"},
      {"a**", "**"},
      {"a++", "++"},
      {"(?=x)", "(?="},
      {"(?<!x)y", "(?<"},
      {"(?<name>x)", "(?<"},
      {"(?P<n>x)(?P<n>y)", "one group name twice"},
      {"(a)\\1", "\\1"},
      {"\\Z", "\\Z"},
      {"a{1001}", "{1001}"},
      {"(?x)a b", "(?x"},
      {"[[:klingon:]]", "[:klingon:]"},
      {"\\p{Klingon}", "\\p{Klingon}"},
      {"\xFF", "UTF-8"},
      {"a\\C", "\\C"},
      {"\\Qa\\E\\C", "\\C"},
      {"a\\B", "\\B"},
      {"\\pC", "\\p{C}"},
      {"[\\P{C}]", "\\p{C}"},
      {"\\p{^C}", "\\p{C}"},
      {std::string(1001, 'a'), "1000 characters"},
      {"((\\pL{100}){10}){1}", "8 MiB"},
  };
  for (const auto& [pattern, named] : cases) {
    const auto checked = check_pattern(pattern, false);
    ASSERT_FALSE(checked) << pattern;
    EXPECT_EQ(checked.error().code, Refusal::Code::Invalid);
    EXPECT_THAT(checked.error().detail, HasSubstr(named)) << pattern;
  }
}

TEST(CheckPattern, CountsCharactersNotBytes) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "ä";
  EXPECT_TRUE(check_pattern(pattern, true));
  EXPECT_FALSE(check_pattern(pattern + "ä", true));
}

}  // namespace
}  // namespace msghub
