// What people type in place of a rule's own words: each is one mistake, and where the remedy is
// certain, the fix makes a good rule of it.
#include "rule/fixes.h"
#include "rule/nearest.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

std::string with_when(const std::string& item) {
  return "# A rule\n\n## When\n\n- an email arrives in **Billing inbox**\n- " + item +
         "\n\n## Do\n\n1. Post to Slack **#finance**:\n\n   > New.\n";
}
std::string with_step(const std::string& step) {
  return "# A rule\n\n## When\n\n- an email arrives in **Billing inbox**\n\n## Extract\n\n"
         "- total: amount after \"Total:\" in the body\n\n## Do\n\n1. " +
         step + ":\n\n   > Total: {{total}}.\n";
}
std::string with_section(const std::string& name, const std::string& item) {
  return with_when("the subject contains \"a\"") + "\n## " + name + "\n\n- " + item + "\n";
}
std::string with_expectation(const std::string& item) {
  return with_step("Post to Slack **#finance**") +
         "\n## Example: one\n\n```email\nFrom: a@example.com\nTo: b@example.com\n\nTotal: $5\n```\n"
         "\n- " +
         item + "\n";
}

struct Case {
  std::string wrong, right;
};

TEST(Slips, AreOneMistakeWithItsFix) {
  const std::vector<Case> cases = {
      {with_when("the subject contains \"a\" and/or \"b\""),
       with_when("the subject contains \"a\" or \"b\"")},
      {with_when("the subject has the word \"a\""), with_when("the subject contains \"a\"")},
      {with_when("the subject not contains \"a\""),
       with_when("the subject does not contain \"a\"")},
      {with_when("the subject != \"a\""), with_when("the subject is not \"a\"")},
      {with_when("the subject contains \"a\" (ignore case)"),
       with_when("the subject contains \"a\"")},
      {with_when("the subject contains \u2018a b\u2019"),
       with_when("the subject contains \"a b\"")},
      {with_when("the subject contains \"a\"\n\u2022 the body contains \"b\""),
       with_when("the subject contains \"a\"\n- the body contains \"b\"")},
      {with_when("[x] the subject contains \"a\""), with_when("the subject contains \"a\"")},

      {with_when("the sender is \"*@acme.com\""), with_when("the sender ends with \"@acme.com\"")},
      {with_when("the sender is not \u201C*@acme.com\u201D"),
       with_when("the sender does not end with \u201C@acme.com\u201D")},
      {with_when("the sender contains \"*@acme.com\""),
       with_when("the sender ends with \"@acme.com\"")},
      {with_when("it comes from \"*@acme.com\""), with_when("the sender ends with \"@acme.com\"")},
      {with_when("the subject is \"Invoice*\""), with_when("the subject starts with \"Invoice\"")},
      {with_when("the subject is \"*invoice*\" (exact case)"),
       with_when("the subject contains \"invoice\" (exact case)")},
      {with_when("the subject contains \"bill\" or \"invoice*\""),
       with_when("the subject contains \"bill\" or \"invoice\"")},
      {with_when("any attachment ends with \"*.pdf\""),
       with_when("any attachment ends with \".pdf\"")},

      {with_step("Then post to Slack **#finance**"), with_step("post to Slack **#finance**")},
      {with_step("**Notify**: Post to Slack **#finance**"),
       with_step("Post to Slack **#finance**")},
      {with_step("Post to Slack **#finance** if total is over 5"),
       with_step("Post to Slack **#finance**, only if total is over 5")},
      {with_step("Post to Slack **#finance**, when total is over 5"),
       with_step("Post to Slack **#finance**, only if total is over 5")},
      {with_step("Post to Slack **#finance**, only if total >= 5"),
       with_step("Post to Slack **#finance**, only if total is at least 5")},
      {with_step("Post to Slack **#finance**, only if total exceeds 5"),
       with_step("Post to Slack **#finance**, only if total is over 5")},
      {with_step("Post to Slack **#finance**, only if total is smaller than 5"),
       with_step("Post to Slack **#finance**, only if total is under 5")},
      {with_step("Post to Slack **#finance**, continue if it fails"),
       with_step("Post to Slack **#finance**, continue on error")},
      {with_step("Email <ap@example.com> with subject \"x\" using **Office mail**"),
       with_step("Email \"ap@example.com\" with subject \"x\" using **Office mail**")},

      {with_section("If it fails", "retry five times"),
       with_section("If it fails", "retry 5 times")},
      {with_section("If it fails", "retry 3x"), with_section("If it fails", "retry 3 times")},
      {with_section("If it fails", "retry 3 times over 30min"),
       with_section("If it fails", "retry 3 times over 30 minutes")},
      {with_section("Settings", "time limit = 30 seconds"),
       with_section("Settings", "time limit: 30 seconds")},
      {with_section("Settings", "timeout: 30 seconds"),
       with_section("Settings", "time limit: 30 seconds")},

      {with_expectation("should match"), with_expectation("matches")},
      {with_expectation("total = 5"), with_expectation("total is 5")},
      {with_expectation("step one sends \"Total: 5.\""),
       with_expectation("step 1 sends \"Total: 5.\"")},
      {with_expectation("step 1 sends Total: 5."), with_expectation("step 1 sends \"Total: 5.\"")},
  };
  for (const auto& [wrong, right] : cases) {
    const CompileResult found = test::compile_with_directory(wrong);
    EXPECT_EQ(found.diagnostics.size(), 1U)
        << render_diagnostics(wrong, "rule.md", found.diagnostics);
    EXPECT_EQ(apply_fixes(wrong, found.diagnostics).markdown, right);
    const CompileResult good = test::compile_with_directory(right);
    EXPECT_TRUE(good.diagnostics.empty()) << render_diagnostics(right, "rule.md", good.diagnostics);
  }
}

std::string with_value(const std::string& item) {
  return with_step("Post to Slack **#finance**")
      .replace(with_step("Post to Slack **#finance**").find("- total"), 5 + 2,
               "- " + item + "\n- total");
}

// What is typed has a meaning of its own, or more than one: whoever lets a machine mend the rule
// must not get another rule that compiles.
TEST(Slips, OfSeveralMeaningsAreNotMended) {
  for (const std::string& rule : {
           with_when("`n` is at least 90"),
           with_when("`n` is at most 90"),
           with_when("the subject is between 10 and 20"),
           with_when("the subject contains \"a\" (don't ignore case)"),
           with_when("the subject contains \"a\" (not ignoring case)"),
           with_when("the late contains \"a\""),
           with_value("link: the line after \"Address:\" in the body"),
           with_value("due: date after \"Due:\" in the body, or today"),
           with_value("score: number after \"Score\" in the body, or none"),
           with_value("net2: number after \"Net\" in the body") +
               "\n2. Post to Slack **#finance**:\n\n   > {{net1}} {{net2}}\n",
           with_value("vendor: text after \"Vendor\" in the body") +
               "\n2. Post to Slack **#finance**:\n\n   > {{fender}} {{vendor}}\n",
           with_step("Post to Slack **#finance**") +
               "\n2. Post to Slack **#finance**:\n\n   > {{message.ts}}\n",
       }) {
    const CompileResult found = test::compile_with_directory(rule);
    EXPECT_FALSE(found.rule) << rule;
    EXPECT_EQ(apply_fixes(rule, found.diagnostics).markdown, rule);
  }
}

TEST(Slips, KnowTheTextThatAStepSendsInBackticks) {
  const std::string quoted = with_expectation("step 1 sends \"{\\\"a\\\": 1}\"");
  const CompileResult right = test::compile_with_directory(quoted);
  const CompileResult code =
      test::compile_with_directory(with_expectation("step 1 sends `{\"a\": 1}`"));
  ASSERT_TRUE(right.rule && code.rule);
  const auto example = [](const CompileResult& result) {
    for (const SourceFile& file : result.rule->project)
      if (file.path.ends_with("rule.ts")) return file.content.substr(file.content.find("expect:"));
    return std::string();
  };
  EXPECT_FALSE(example(code).empty());
  EXPECT_EQ(example(code), example(right));
  EXPECT_TRUE(code.diagnostics.empty());
}

TEST(Slips, OfNamesAreMendedInPlainLetters) {
  const std::string wrong = with_value("stra\u00DFe nr: text after \"A\" in the body, optional");
  EXPECT_TRUE(apply_fixes(wrong, test::compile_with_directory(wrong).diagnostics)
                  .markdown.contains("- strasse_nr: text"));
}

TEST(Slips, AreSureOnlyWhereNoOtherWordIsNear) {
  for (const auto& [seen, meant] :
       std::vector<std::pair<std::string, std::string>>{{"Subject", "subject"},
                                                        {"subjet", "subject"},
                                                        {"contians", "contains"},
                                                        {"form", "from"},
                                                        {"totla", "total"},
                                                        {"totals", "total"},
                                                        {"message.subjct", "message.subject"},
                                                        {"attatchement", "attachment"},
                                                        {"Billing inbxo", "Billing inbox"}})
    EXPECT_TRUE(is_sure_slip(seen, meant)) << seen;
  for (const auto& [seen, meant] :
       std::vector<std::pair<std::string, std::string>>{{"line", "link"},
                                                        {"date", "data"},
                                                        {"price1", "price2"},
                                                        {"Line 12", "Line 1"},
                                                        {"vendor", "sender"},
                                                        {"message.ts", "message.to"},
                                                        {"order.net", "order.set"},
                                                        {"EPR", "ERP"},
                                                        {"x", "y"},
                                                        {"", "to"}})
    EXPECT_FALSE(is_sure_slip(seen, meant)) << seen;
}

TEST(Slips, AreSaidOnceWhenTheRemedyIsNotCertain) {
  struct Said {
    std::string rule, help;
  };
  for (const auto& [rule, help] : {
           Said{with_when("or the subject contains \"a\""), "`## Or when`"},
           Said{with_when("the sender is from acme.com"), "`ends with`"},
           Said{with_step("Post to Slack **#finance** and post to Slack **#other**"), "of its own"},
           Said{with_step("Save the message to /x"), "no step saves files"},
           Said{with_section("If it fails", "retry every 5 minutes"), "over what time"},
           Said{with_expectation("total is $5"), "digits and a decimal point"},
           Said{with_expectation("step 1 sends:"), "a quote"},
       }) {
    const CompileResult found = test::compile_with_directory(rule);
    ASSERT_EQ(found.diagnostics.size(), 1U)
        << render_diagnostics(rule, "rule.md", found.diagnostics);
    EXPECT_TRUE(found.diagnostics[0].help.value_or("").contains(help))
        << found.diagnostics[0].help.value_or("");
    EXPECT_TRUE(found.diagnostics[0].fixes.empty()) << rule;
  }
}

TEST(Slips, OfMarksAreMendedForAWholeListAndAWholeBlock) {
  const std::string lines =
      "an email arrives in **Billing inbox**\n\u2022 the subject contains \"a\"";
  std::string wrong = with_when("x"), right = wrong;
  const std::string items = "- an email arrives in **Billing inbox**\n- x";
  wrong.replace(wrong.find(items), items.size(), "\u2022 " + lines);
  right.replace(right.find(items), items.size(),
                "- an email arrives in **Billing inbox**\n- the subject contains \"a\"");
  EXPECT_EQ(fix_rule(wrong).markdown, right);

  // What stands at the margin, and what is not indented far enough for a number of two digits.
  for (const std::string indent : {"", " ", "   "}) {
    const auto rule = [](const std::string& blanks) {
      return "# A rule\n\n## When\n\n- a webhook arrives at **Order hook**\n\n## Do\n\n"
             "10. Send webhook POST to <https://example.com/>:\n\n" +
             blanks + "| Header | Value |\n" + blanks + "|---|---|\n" + blanks + "| A | b |\n\n" +
             blanks + "```json\n" + blanks + "{\n\n" + blanks + "  \"a\": 1}\n" + blanks + "```\n";
    };
    const CompileResult found = test::compile_with_directory(rule(indent));
    ASSERT_EQ(test::codes_of(found), std::vector<std::string>{"R0031"});
    EXPECT_EQ(apply_fixes(rule(indent), found.diagnostics).markdown, rule("    "));
  }
}

TEST(Slips, AreNotSeenInWhatIsMeantSo) {
  for (const std::string& good : {
           with_when("the subject contains \"and/or\""),
           with_when("the subject contains \u201Ea\" or \"b\""),
           with_step("Email to \"ap@example.com\" with subject: \"x\" using **Office mail**"),
           with_expectation("the rule matches"),
           with_expectation("step 1 sends:\n\n  > Total: 5."),
           with_expectation("step 1 sends:\n\n  ```text\n  Total: 5.\n  ```"),
       }) {
    const CompileResult result = test::compile_with_directory(good);
    EXPECT_TRUE(result.diagnostics.empty())
        << render_diagnostics(good, "rule.md", result.diagnostics);
  }
}

TEST(Slips, OfAnExampleWithoutAMessageNeedNoText) {
  const std::string rule = with_expectation("matches");
  for (const std::string empty : {">", "> ", ">\n>"}) {
    const std::string example = "\n## Example: nothing\n\n" + empty + "\n\n- matches\n";
    EXPECT_EQ(test::codes_of(test::compile_with_directory(rule + example)),
              std::vector<std::string>{"R0502"});
  }
}

}  // namespace
}  // namespace msghub
