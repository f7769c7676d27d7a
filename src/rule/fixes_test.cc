// Fixes of mistakes.
#include <gtest/gtest.h>

#include "rule/fixes.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

constexpr std::string_view kRule = R"(# File invoices

## When

- an email arrives in **Inbox**
- the sender ends with "@acme.com"
- the subject contains "invoice"

## Extract

- number: text matching `/INV-(\d+)/` in the subject

## Do

1. Send webhook POST to <https://erp.example.com/{{number}}>
2. Post to Slack **#finance**:

   > Invoice {{number}}
)";

std::string with(std::string text, std::string_view old, std::string_view fresh) {
  const std::size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), fresh);
}

TEST(Fixes, MendOneAfterTheOther) {
  std::string wrong = with(std::string(kRule), "## When", "## Wen");
  wrong = with(wrong, "the subject contains", "the subjet contians");
  wrong = with(wrong, "Invoice {{number}}", "Invoice {{numbr}}");
  const Fixed fixed = fix_rule(wrong);
  EXPECT_EQ(fixed.markdown, kRule);
  EXPECT_EQ(fixed.applied, 4U);
  EXPECT_EQ(fix_rule(kRule).applied, 0U);
}

TEST(Fixes, OfferNothingThatWouldHoldNever) {
  for (const std::string_view value : {"one of DE, AT", "a PDF"}) {
    const std::string wrong =
        with(std::string(kRule), "contains \"invoice\"", "is " + std::string(value));
    EXPECT_EQ(fix_rule(wrong).markdown, wrong);
  }
}

TEST(Fixes, OfOnePlaceTakeTheFirst) {
  const auto at = [](std::int64_t offset) { return Position{1, 1, 1, offset}; };
  Diagnostic one, two, three;
  one.fixes = {{"", at(0), at(3), "x"}};
  two.fixes = {{"", at(2), at(4), "y"}};
  three.fixes = {{"", at(5), at(5), "z"}};
  const Fixed fixed = apply_fixes("abcdefg", {two, one, three});
  EXPECT_EQ(fixed.markdown, "xdezfg");
  EXPECT_EQ(fixed.applied, 2U);
}

}  // namespace
}  // namespace msghub
