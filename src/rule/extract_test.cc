// The sentences of Extract and Example, one by one: what each becomes, and what is said of those
// that are nearly right.
#include "rule/test_support.h"

namespace msghub {
namespace {

std::string rule_with(const std::string& extraction) {
  return "# A rule\n\n## When\n\n- an email arrives in **Billing inbox**\n\n## Extract\n\n- x: " +
         extraction + "\n\n## Do\n\n1. Send webhook POST to <https://example.com/{{x}}>\n";
}

std::string rule_with_expectation(const std::string& expectation) {
  return "# A rule\n\n## When\n\n- an email arrives in **Billing inbox**\n\n## Do\n\n"
         "1. Send webhook POST to <https://example.com/>\n\n"
         "## Example: one\n\n```email\nFrom: a@b.com\n\nHello\n```\n\n- matches\n" +
         expectation + "\n";
}

struct Case {
  std::string sentence;
  std::string code;  // of rule.ts, or the id of the one diagnostic
};
void PrintTo(const Case& example, std::ostream* out) { *out << example.sentence; }

class Finding : public testing::TestWithParam<Case> {};

TEST_P(Finding, BecomesOneCall) {
  const std::string markdown = rule_with(GetParam().sentence);
  const CompileResult result = test::compile_with_directory(markdown);
  ASSERT_TRUE(result.rule && result.diagnostics.empty())
      << render_diagnostics(markdown, "rule.md", result.diagnostics);
  EXPECT_TRUE(result.rule->generated_code.contains(GetParam().code)) << result.rule->generated_code;
}

INSTANTIATE_TEST_SUITE_P(
    Extract, Finding,
    testing::Values(
        Case{"text matching /a(b)/ in subject", "textMatching(message, 'subject', 'a(b)')"},
        Case{"number matching /a/ in the body", "numberMatching(message, 'body', 'a')"},
        Case{"the amount matching `/a/` from the body", "amountMatching(message, 'body', 'a')"},
        Case{"date matching /a/ in the body", "dateMatching(message, 'body', 'a')"},
        Case{"address matching /a/ in the body", "addressMatching(message, 'body', 'a')"},
        Case{"link matching /a/ in the body", "urlMatching(message, 'body', 'a')"},
        Case{"Text After \"A\" In The Body", "textAfter(message, 'body', 'A')"},
        Case{"a number after \"A\" in the body", "numberAfter(message, 'body', 'A')"},
        Case{"price after \"A\" in the body", "amountAfter(message, 'body', 'A')"},
        Case{"the first date after \"A\" in the body", "dateAfter(message, 'body', 'A')"},
        Case{"email after \"A\" in the body", "addressAfter(message, 'body', 'A')"},
        Case{"e-mail address after \"A\" in the body", "addressAfter(message, 'body', 'A')"},
        Case{"web address after \"A\" in the body", "urlAfter(message, 'body', 'A')"},
        Case{"text after \"A\" in the body (exact case)",
             "textAfter(message, 'body', 'A', { caseSensitive: true })"},
        Case{"date after \"A\" in the body (day first)",
             "dateAfter(message, 'body', 'A', { order: 'dayFirst' })"},
        Case{"date after \"A\" in the body (month first) (exact case)",
             "dateAfter(message, 'body', 'A', { caseSensitive: true, order: 'monthFirst' })"},
        Case{"text between \"A\" and \"B\" in the body", "textBetween(message, 'body', 'A', 'B')"},
        Case{"text between \"|\" and \"|\" in the body", "textBetween(message, 'body', '|', '|')"},
        Case{"number in the subject", "firstNumber(message, 'subject')"},
        Case{"the first amount in the subject", "firstAmount(message, 'subject')"},
        Case{"date in the subject (day first)",
             "firstDate(message, 'subject', { order: 'dayFirst' })"},
        Case{"first email address in the header \"Reply-To\"",
             "firstAddress(message, 'header:reply-to')"},
        Case{"URL in the body", "firstUrl(message, 'body')"},
        Case{"domain of the recipient", "domainOf(message, 'to')"},
        Case{"the display name of the sender", "displayNameOf(message)"},
        Case{"a file", "firstFile(message)"}, Case{"the first attachment", "firstFile(message)"},
        Case{"attachment whose type is not \"text/html\"",
             "fileWhere(message, {\n          field: 'attachment.type',\n          operator: "
             "'equals',\n          value: 'text/html',\n          negated: true,\n        })"},
        Case{"number after \"A\" in the body, or 0", "otherwise: decimal('0')"},
        Case{"number after \"A\" in the body, or -12.50", "otherwise: decimal('-12.50')"},
        Case{"number after \"A\" in the body, or \"none\"", "otherwise: 'none'"},
        Case{"number after \"A\" in the body, optional", "optional: true"}));

class Mistake : public testing::TestWithParam<Case> {};

TEST_P(Mistake, GivesOneDiagnostic) {
  const CompileResult result = test::compile_with_directory(rule_with(GetParam().sentence));
  EXPECT_EQ(test::codes_of(result), std::vector<std::string>{GetParam().code});
}

INSTANTIATE_TEST_SUITE_P(
    Extract, Mistake,
    testing::Values(Case{"the nubmer after \"A\" in the body", "R0208"},
                    Case{"a thing after \"A\" in the body", "R0208"},
                    Case{"e-mail addres after \"A\" in the body", "R0208"},
                    Case{"words after \"A\" in the body", "R0201"},
                    Case{"number behind \"A\" in the body", "R0201"},
                    Case{"the domian of the sender", "R0201"},
                    Case{"date after \"A\" in the body (day frist)", "R0201"},
                    Case{"file after \"A\" in the body", "R0201"},
                    Case{"number in the subject (exact case)", "R0210"},
                    Case{"file whose name is \"a\" (exact case) (day first)", "R0209"},
                    Case{"first file (exact case)", "R0210"},
                    Case{"text after \"A\" in the body (month first)", "R0209"},
                    Case{"text in the body", "R0211"}, Case{"name of the subject", "R0212"},
                    Case{"number after \"A\" in the body, or 1,000", "R0213"},
                    Case{"number after \"A\" in the body, or \"{{y}}\"", "R0403"},
                    Case{"text between \"\" and \"B\" in the body", "R0107"},
                    Case{"text between \"A\" and \" \" in the body", "R0107"},
                    Case{"text between \"A\" and in the body", "R0108"},
                    Case{"file whose name is \"\"", "R0107"},
                    Case{"file whose name matches \"a\"", "R0108"},
                    Case{"file whose size is \"a\"", "R0201"}, Case{"number in `a.b`", "R0111"},
                    Case{"number matching /a(/ in the body", "R0109"}));

TEST(Extract, WebhooksHaveNoFiles) {
  const CompileResult result = test::compile_with_directory(
      "# A rule\n\n## When\n\n- a webhook arrives at **Order hook**\n\n## Extract\n\n- x: first "
      "file\n\n## Do\n\n1. Send webhook POST to <https://example.com/{{x}}>\n");
  EXPECT_EQ(test::codes_of(result), std::vector<std::string>{"R0116"});
}

class Expected : public testing::TestWithParam<Case> {};

TEST_P(Expected, BecomesDataOrADiagnostic) {
  const std::string markdown = rule_with_expectation(GetParam().sentence);
  const CompileResult result = test::compile_with_directory(markdown);
  if (GetParam().code.starts_with("R0")) {
    EXPECT_EQ(test::codes_of(result), std::vector<std::string>{GetParam().code});
    return;
  }
  ASSERT_TRUE(result.rule) << render_diagnostics(markdown, "rule.md", result.diagnostics);
  EXPECT_TRUE(result.rule->generated_code.contains(GetParam().code)) << result.rule->generated_code;
}

INSTANTIATE_TEST_SUITE_P(
    Example, Expected,
    testing::Values(Case{"- step 1 does not run", "step: 0, runs: false"},
                    Case{"- step 1 doesn't run", "step: 0, runs: false"},
                    Case{"- step 1 is skipped", "step: 0, runs: false"},
                    Case{"- step 1 answers \"it's\"", "answers: { 0: \"it's\" },"},
                    Case{
                        "- step 1 returns `[1, {\"__proto__\": 12345678901234567890}]`",
                        "answers: { 0: [1, { ['__proto__']: decimal('12345678901234567890') }] },"},
                    Case{"- step 2 does not run", "R0506"}, Case{"- step 0 answers \"a\"", "R0506"},
                    Case{"- step 1 answers `{`", "R0508"}, Case{"- step 1 answers 5", "R0108"},
                    Case{"- step 1 answers \"a\"\n- step 1 answers \"b\"", "R0509"},
                    Case{"- step 1 sends \"a\"\n- step 1 does not run", "R0507"},
                    Case{"- step 1 answers \"a\"\n- step 1 does not run", "R0507"}));

TEST(Example, TakesTheMessagesOfChannels) {
  const auto compile = [](const std::string& block, const std::string& channel) {
    return test::codes_of(
        test::compile_with_directory("# A rule\n\n## When\n\n- " + channel +
                                     "\n\n## Do\n\n1. Send webhook POST to "
                                     "<https://example.com/>\n\n## Example: one\n\n" +
                                     block + "\n\n- matches\n"));
  };
  const std::string sms = "an SMS arrives at **Support number**";
  const std::string chat = "a Slack message arrives in **Team chat**";
  const std::string text = "From: +1\nTo: +2\n\nHello\n```";
  EXPECT_TRUE(compile("```sms\n" + text, sms).empty());
  EXPECT_TRUE(compile("```slack\n" + text, chat).empty());
  EXPECT_TRUE(compile("```sms\n" + text, "a message arrives at **Support number**").empty());
  EXPECT_EQ(compile("```slack\n" + text, sms), std::vector<std::string>{"R0503"});
  EXPECT_EQ(compile("```json\n{}\n```", chat), std::vector<std::string>{"R0503"});
  EXPECT_EQ(compile("```sms\nHello\n```", sms), std::vector<std::string>{"R0508"});
  EXPECT_EQ(compile("```sms\nTo: +2\n\nFrom: +1\n```", sms), std::vector<std::string>{"R0508"});
  EXPECT_EQ(compile("```fax\n" + text, sms), std::vector<std::string>{"R0502"});
}

}  // namespace
}  // namespace msghub
