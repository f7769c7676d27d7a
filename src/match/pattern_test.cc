#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "match/matcher.h"

namespace msghub {
namespace {

using testing::HasSubstr;

// base/pattern_test.cc has the dialect; here is what a person reads.
TEST(CheckPattern, SaysWhyItRefuses) {
  EXPECT_TRUE(check_pattern("INV-(\\d+)", false));
  const struct {
    std::string pattern;
    std::string_view said;
  } cases[] = {
      {"a(b", "not valid: missing"},
      {"(?=x)", "what does not exist in rules: a lookahead"},
      {std::string(1001, 'a'), "longer than 1000 characters"},
      {"(\\pL{100}){10}", "more than 8 MiB"},
  };
  for (const auto& [pattern, said] : cases) {
    const auto checked = check_pattern(pattern, false);
    ASSERT_FALSE(checked) << pattern;
    EXPECT_EQ(checked.error().code, Refusal::Code::Invalid);
    EXPECT_THAT(checked.error().detail, HasSubstr(said));
  }
}

}  // namespace
}  // namespace msghub
