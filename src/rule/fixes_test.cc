// What helps to write a rule: fixes, differences in words, drafts.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "rule/diff.h"
#include "rule/draft.h"
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

std::vector<std::string> changes(const std::string& after) {
  const auto found = diff_rules(kRule, after);
  EXPECT_TRUE(found.has_value()) << after;
  std::vector<std::string> out;
  if (found)
    for (const RuleChange& change : *found)
      out.push_back(std::string(wire_name(change.kind)) + ": " + change.text);
  return out;
}

using Texts = std::vector<std::string>;

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
  for (const std::string_view value : {"one of DE, AT", "not empty", "a PDF"}) {
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

TEST(Diff, SaysNothingOfLayoutAndProse) {
  std::string after = with(std::string(kRule), "# File invoices\n", "# File invoices\n\nProse.\n");
  after = with(after, "- the sender ends with \"@acme.com\"\n- the subject contains \"invoice\"\n",
               "* subject contains “Invoice” \n* from ends with \"@acme.com\"\n");
  after = with(after, "“Invoice”", "“invoice”");
  EXPECT_EQ(changes(after), Texts{});
  EXPECT_EQ(summary_of({}), "The two rules mean the same.");
}

TEST(Diff, SaysWhichMessagesMatchNow) {
  const std::string rule(kRule);
  EXPECT_EQ(changes(with(rule, "- the sender ends with \"@acme.com\"\n", "")),
            Texts{"wider: now also matches when not: the sender ends with \"@acme.com\""});
  EXPECT_EQ(changes(with(rule, "\n## Extract", "- the body contains \"x\"\n\n## Extract")),
            Texts{"narrower: now matches only when also the body contains \"x\""});
  EXPECT_EQ(changes(with(rule, "contains \"invoice\"", "contains \"bill\"")),
            Texts{"match: now needs that the subject contains \"bill\", before that the subject "
                  "contains \"invoice\""});
  EXPECT_EQ(changes(with(rule, "\n## Extract",
                         "\n## Or when\n\n- a webhook arrives at **Hook**\n\n"
                         "## Extract")),
            Texts{"wider: now also matches: a message on **Hook**"});
}

TEST(Diff, SaysWhatStepsDoNow) {
  const std::string rule(kRule);
  EXPECT_EQ(changes(with(rule, "> Invoice {{number}}", "> Bill {{number}}")),
            Texts{"effect: step 2: Post to Slack **#finance**: text changed"});
  EXPECT_EQ(
      changes(with(rule, "1. Send webhook POST to <https://erp.example.com/{{number}}>\n2.", "1.")),
      Texts{"effect: no longer does step 1: Send webhook POST to "
            "<https://erp.example.com/{{number}}>"});
  EXPECT_EQ(changes(with(rule, "INV-", "RE-")),
            Texts{"effect: the value is now number: text matching `/RE-(\\d+)/` in the subject; "
                  "before number: text matching `/INV-(\\d+)/` in the subject"});
}

TEST(Diff, RefusesARuleWithErrors) {
  const auto first = diff_rules("# No rule\n", kRule), second = diff_rules(kRule, "# No rule\n");
  ASSERT_FALSE(first || second);
  EXPECT_EQ(first.error().detail, "before");
  EXPECT_EQ(second.error().detail, "after");
}

// Text as it comes in mails: words, labels, and what means something to Markdown or to rules.
rc::Gen<std::string> any_text() {
  const auto piece = rc::gen::element<std::string>(
      "Total: 12.50", "Due: 2026-03-12", "Link: https://a.example/x", "INV-7", "{{x}}", "{{", "\"",
      "\\", "`", "```", "**", "# ", "## Do", "> ", "1. ", "|", "/", "\n", "\n\n", " ", "\t", "é",
      "🎉", "Re: ", "Constructor: 1", "To: b", "Kind: x", "<b>", "${1}", "---", "a@b.example");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string out;
                        for (const std::string& text : pieces) out += text;
                        return out;
                      });
}

RC_GTEST_PROP(Draft, OfAnyMailCompilesWithoutARemark, ()) {
  DraftInput input{ChannelType::Email, {}};
  input.message.from = *rc::gen::element<std::string>("ann@acme.com", "", "x", "a@b@{{c");
  input.message.subject = *any_text();
  input.message.body = *any_text();
  const std::string draft = draft_rule(input, {});
  const CompileResult result = compile_rule(draft);
  RC_LOG(render_diagnostics(draft, "draft.md", result.diagnostics));
  RC_ASSERT((result.rule && result.diagnostics.empty()));
}

RC_GTEST_PROP(Draft, OfAnyJsonCompilesWithoutARemark, ()) {
  DraftInput input{ChannelType::Webhook, {}};
  json::object inner, outer;
  for (const std::string& key : *rc::gen::container<std::vector<std::string>>(any_text()))
    inner[key] = *any_text();
  inner["n"] = 12.5;
  outer["event"] = *any_text();
  outer["order"] = json::array{std::move(inner), nullptr};
  input.message.payload = std::move(outer);
  const std::string draft = draft_rule(input, {});
  const CompileResult result = compile_rule(draft);
  RC_LOG(render_diagnostics(draft, "draft.md", result.diagnostics));
  RC_ASSERT((result.rule && result.diagnostics.empty()));
}

}  // namespace
}  // namespace msghub
