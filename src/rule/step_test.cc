// Steps of `Do` from sentence to metadata, code and warnings.
#include <algorithm>

#include "rule/test_support.h"

namespace msghub {
namespace {

using test::codes_of;
using Words = std::vector<std::string>;

// Code on one line, however it was broken.
std::string flat(const std::string& code) {
  std::string out;
  for (const char c : code) {
    const bool blank = c == ' ' || c == '\n';
    if (!blank || !out.ends_with(' ')) out += blank ? ' ' : c;
  }
  return out;
}

std::string rule_with(const std::string& steps, const std::string& extract = "",
                      const std::string& when = "- an email arrives in **Billing inbox**\n") {
  return "# T\n\n## When\n\n" + when + (extract.empty() ? "" : "\n## Extract\n\n" + extract) +
         "\n## Do\n\n" + steps;
}

CompiledRule good(const std::string& text, const Directory* directory = &test::spec_directory()) {
  CompileOptions options;
  options.directory = directory;
  const CompileResult result = compile_rule(text, options);
  EXPECT_TRUE(result.rule) << render_diagnostics(text, "rule.md", result.diagnostics);
  return result.rule.value_or(CompiledRule{});
}

Words codes(const std::string& text) { return codes_of(test::compile_with_directory(text)); }

const std::string kQuote = "\n\n   > hello\n";
const std::string kTotal = "- total: amount after \"Total:\" in the body\n";

TEST(Steps, TakeTheirOptionsInAnyOrder) {
  for (const std::string options :
       {", continue on error, only if total is over 1000, for each attachment",
        ", for each attachment, continue on error, only if total is over 1000",
        ", only if total is over 1000, for each attachment, continue on error"}) {
    const CompiledRule rule =
        good(rule_with("1. Post to Slack **#finance**" + options + ":" + kQuote, kTotal));
    const ActionConfig& action = rule.metadata.actions.at(0);
    EXPECT_TRUE(action.continue_on_error) << options;
    EXPECT_EQ(action.only_if, "total is over 1000") << options;
    EXPECT_EQ(action.for_each, "attachment") << options;
    EXPECT_TRUE(
        rule.generated_code.contains("      continueOnError: true,\n      forEach: 'attachment',\n"
                                     "      onlyIf: ({ total }) => isOver(total, 1000),\n"))
        << rule.generated_code;
  }
}

TEST(Steps, CompareInGuardsAsTheSentenceSays) {
  struct Case {
    std::string written;
    std::string code;
  };
  for (const auto& [written, code] : {
           Case{"total is 12.50", "is(total, 12.5)"},
           Case{"the total is not \"12\"", "!is(total, '12')"},
           Case{"{{total}} is at least 007", "isAtLeast(total, 7)"},
           Case{"total is less than -0.5", "isUnder(total, -0.5)"},
           Case{"total is at most 12345678901234567890",
                "isAtMost(total, decimal('12345678901234567890'))"},
           Case{"total is not empty", "!isEmpty(total)"},
           Case{"subject contains `it's`", "contains(message.subject, \"it's\")"},
           Case{"sender doesn't end with \"@X\" (exact case)",
                "!endsWith(message.from, '@X', { caseSensitive: true })"},
           Case{"subject begins with \"a and b\" and body matches /^x$/",
                "startsWith(message.subject, 'a and b') && matches(message.body, '^x$')"},
       }) {
    const std::string text =
        rule_with("1. Post to Slack **#finance**, only if " + written + ":" + kQuote, kTotal);
    EXPECT_TRUE(flat(good(text).generated_code).contains("=> " + code))
        << good(text).generated_code;
  }
}

TEST(Steps, RefuseGuardsThatNeverWork) {
  struct Case {
    std::string written;
    std::string code;
  };
  for (const auto& [written, code] : {
           Case{"", "R0319"},
           Case{"total", "R0319"},
           Case{"total is over 1,000", "R0319"},
           Case{"total is over \"much\"", "R0319"},
           Case{"total is over 10 and at most 20", "R0319"},
           Case{"total is empty \"x\"", "R0319"},
           Case{"total is \"\"", "R0319"},
           Case{"total is over 5 (exact case)", "R0319"},
           Case{"vendor is over 5", "R0319"},
           Case{"totl is over 5", "R0401"},
           Case{"total is over 5, or total is under 2", "R0320"},
           Case{"total matches \"x\"", "R0108"},
           Case{"total is /x/", "R0108"},
           Case{"body contains \"{{total}}\"", "R0403"},
       })
    EXPECT_EQ(codes(rule_with("1. Post to Slack **#finance**, only if " + written + ":\n\n" +
                                  "   > {{total}} {{vendor}}\n",
                              kTotal + "- vendor: domain of the sender\n")),
              Words{code})
        << written;
}

TEST(Steps, SayThatAnOptionLacksItsComma) {
  const std::string text =
      rule_with("1. Post to Slack **#finance** only if total is over 1000:" + kQuote, kTotal);
  const CompileResult result = test::compile_with_directory(text);
  ASSERT_EQ(codes_of(result), Words{"R0315"});
  EXPECT_EQ(result.diagnostics[0].fixes.at(0).replacement, ",");
}

const std::string kEverything =
    "1. Append to Google Sheet **Ledger** tab \"In\":\n\n   | A | B |\n   |---|---|\n"
    "   | {{total}} | x |\n\n"
    "2. Update row 12 of Sheet `1AbCdEfGhIjKlMnOpQrStUvWxYz` tab \"In\" using **Ledger**, as "
    "**line**:\n\n   | A |\n   |---|\n   | {{total}} |\n\n"
    "3. Update the row where \"No\" is \"{{line.row}}\" in the Google Sheet **Ledger** tab \"In\", "
    "or append it:\n\n   | A |\n   |---|\n   | {{total}} |\n\n"
    "4. Ask ChatGPT `gpt-4o` for **lead**, temperature 0.2, at most 200 tokens:\n\n   > "
    "{{body}}\n\n"
    "   | Field | Type | Meaning |\n   |---|---|---|\n   | email | text | Who? |\n"
    "   | size | one of \"small\", \"large\" | |\n\n"
    "5. Post to Slack **#sales** in the thread \"{{lead.email}}\":\n\n   > {{lead.size}}\n\n"
    "6. Email \"a@b.c\", \"d@e.f\", cc \"g@h.i\", bcc \"j@k.l\" with subject \"x\" and all "
    "attachments using **Office mail**:\n\n   > y\n\n   ```html\n   <b>{{total}}</b>\n   ```\n\n"
    "7. In database **ERP** run:\n\n   ```sql\n   select :total\n   ```\n\n"
    "8. Send webhook PUT to <https://x.example.com:8443/y>\n";

TEST(Steps, WritesActionsAsTheDataModelHasThem) {
  const CompiledRule rule = good(rule_with(kEverything, kTotal));
  ASSERT_EQ(rule.metadata.actions.size(), 8U);
  const auto config = [&](std::size_t i) { return to_json(rule.metadata.actions[i].config); };
  const std::string ledger = R"({"connection":"Ledger","spreadsheetId":")";
  const std::string known = ledger + R"(1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_abcde",)";
  EXPECT_EQ(config(0), known + R"("sheetName":"In","operation":"append",)"
                               R"("mapping":{"A":"{{total}}","B":"x"}})");
  EXPECT_EQ(config(1), ledger + R"(1AbCdEfGhIjKlMnOpQrStUvWxYz","sheetName":"In",)"
                                R"("operation":"update","mapping":{"A":"{{total}}"},"row":"12"})");
  EXPECT_EQ(rule.metadata.actions[1].output, "line");
  EXPECT_EQ(config(2), known + R"("sheetName":"In","operation":"find_and_update",)"
                               R"("mapping":{"A":"{{total}}"},"find":{"column":"No",)"
                               R"("value":"{{line.row}}","appendMissing":true}})");
  EXPECT_EQ(config(3), R"({"connection":"OpenAI","prompt":"{{body}}","model":"gpt-4o",)"
                       R"("temperature":0.2,"maxTokens":200,"outputField":"lead",)"
                       R"("fields":[{"name":"email","type":"text","meaning":"Who?"},)"
                       R"({"name":"size","type":"choice","choices":["small","large"]}]})");
  EXPECT_EQ(config(4), R"({"connection":"Workspace","channel":"#sales",)"
                       R"("thread":"{{lead.email}}","text":"{{lead.size}}"})");
  EXPECT_EQ(config(5), R"({"connection":"Office mail","to":["a@b.c","d@e.f"],"cc":["g@h.i"],)"
                       R"("bcc":["j@k.l"],"subject":"x","text":"y",)"
                       R"("html":"<b>{{total}}</b>\n","attachments":"all"})");
  EXPECT_EQ(config(6), R"({"connection":"ERP","statement":"select :total"})");
  EXPECT_EQ(config(7), R"({"url":"https://x.example.com:8443/y","method":"PUT","headers":{}})");
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_EQ(rule.metadata.actions[i].order, static_cast<std::int64_t>(i));
}

TEST(Steps, WritesTheLeastThatTheRuleNeeds) {
  const CompiledRule rule = good(rule_with(kEverything, kTotal));
  const RuleManifest manifest = rule.metadata.manifest.value();
  EXPECT_EQ(manifest.hosts,
            (Words{"api.openai.com:443", "oauth2.googleapis.com:443", "sheets.googleapis.com:443",
                   "slack.com:443", "x.example.com:8443"}));
  EXPECT_EQ(manifest.connections, (Words{"google Ledger", "openai OpenAI", "postgres ERP",
                                         "slack Workspace", "smtp Office mail"}));
  EXPECT_EQ(manifest.scopes, (Words{"chat:write", "https://www.googleapis.com/auth/spreadsheets"}));
  EXPECT_EQ(manifest.fields,
            (Words{"attachments to smtp Office mail", "body to api.openai.com",
                   "lead (of step 4, made of body) to slack #sales",
                   "line (of step 2) to google Ledger", "total (of body) to google Ledger",
                   "total (of body) to postgres ERP", "total (of body) to smtp Office mail"}));
  const auto file = std::find_if(rule.project.begin(), rule.project.end(),
                                 [](const SourceFile& f) { return f.path == "manifest.json"; });
  ASSERT_NE(file, rule.project.end());
  EXPECT_EQ(parse_json(file->content).value(), to_json_value(manifest));
}

TEST(Steps, TellVariablesOfAllConnections) {
  const CompiledRule rule = good(rule_with(kEverything, kTotal), nullptr);
  const auto env = std::find_if(rule.project.begin(), rule.project.end(),
                                [](const SourceFile& f) { return f.path == ".env.example"; });
  ASSERT_NE(env, rule.project.end());
  for (const std::string line : {"LEDGER_KEY=", "LEDGER_SPREADSHEET=", "OPENAI_KEY=", "SLACK_KEY=",
                                 "OFFICE_MAIL_URL=smtp:", "ERP_URL=postgres:"})
    EXPECT_TRUE(env->content.contains("\n" + line)) << env->content;
}

TEST(Steps, CostWhatTheirModelsCost) {
  const auto cost = [](const std::string& model, const std::string& options = "") {
    return good(rule_with("1. Ask ChatGPT `" + model + "` for **answer**" + options +
                          ":\n\n   > {{body}}\n\n2. Post to Slack **#x**:\n\n   > {{answer}}\n"))
        .metadata.estimated_cost;
  };
  // 2,000 characters of body are 500 tokens, what the action says itself 70; an answer has 300
  // unless it is limited.
  EXPECT_DOUBLE_EQ(cost("gpt-4o").value(), (570 * 2.5 + 300 * 10) / 1e6);
  EXPECT_DOUBLE_EQ(cost("gpt-4o-2024-08-06").value(), cost("gpt-4o").value());
  EXPECT_DOUBLE_EQ(cost("gpt-4o", ", at most 100 tokens").value(), (570 * 2.5 + 100 * 10) / 1e6);
  const auto asked_again = good(
      rule_with("1. Ask ChatGPT `gpt-4o` for **answer**, at most 100 tokens:\n\n   > {{body}}\n\n"
                "2. Ask ChatGPT `gpt-4o` for **again**:\n\n   > {{answer}}\n\n"
                "3. Post to Slack **#x**:\n\n   > {{again}}\n"));
  EXPECT_DOUBLE_EQ(asked_again.metadata.estimated_cost.value(),
                   ((570 + 170) * 2.5 + (100 + 300) * 10) / 1e6)
      << "the first answer is part of the second question";
  EXPECT_FALSE(cost("house-model"));
  EXPECT_EQ(good(rule_with("1. Post to Slack **#x**:" + kQuote)).metadata.estimated_cost, 0);
}

TEST(Steps, TellWhatOfTheMessageLeavesTheHub) {
  const RuleManifest manifest =
      *good(rule_with("1. Ask ChatGPT `gpt-4o` for **lead**:\n\n   > {{body}} {{sender}}\n\n"
                      "2. Ask ChatGPT `gpt-4o` for **again**, only if subject contains \"x\":\n\n"
                      "   > {{lead}} {{message.receivedAt}}\n\n"
                      "3. Post to Slack **#x**:\n\n   > {{again | upper}}\n\n"
                      "## If it fails\n\n- then post to Slack **#ops**\n"))
           .metadata.manifest;
  EXPECT_EQ(manifest.fields,
            (Words{"again (of step 2, made of body, from, receivedAt) to slack #x",
                   "body to api.openai.com", "error (may quote the message) to slack #ops",
                   "from to api.openai.com", "id to slack #ops",
                   "lead (of step 1, made of body, from) to api.openai.com",
                   "receivedAt to api.openai.com"}));
  EXPECT_EQ(manifest.hosts, (Words{"api.openai.com:443", "slack.com:443"}));
  EXPECT_EQ(manifest.scopes, Words{"chat:write"});
}

TEST(Steps, KnowOutputsOnlyBehindTheirSteps) {
  const std::string ask = ". Ask ChatGPT `gpt-4o` for **answer**";
  const std::string post = ". Post to Slack **#x**:\n\n   > {{answer}}\n";
  EXPECT_EQ(codes(rule_with("1" + ask + ":" + kQuote + "\n2" + post)), Words{});
  EXPECT_EQ(codes(rule_with("1" + post + "\n2" + ask + ":" + kQuote)), Words{"R0321"});
  EXPECT_EQ(codes(rule_with("1" + ask + ", only if answer is \"x\":" + kQuote)), Words{"R0321"});
  // A step that was not understood is one mistake, not two.
  EXPECT_EQ(codes(rule_with("1. Ask ChatGPT gpt-4o for **answer**:" + kQuote + "\n2" + post)),
            Words{"R0329"});
  EXPECT_EQ(codes(rule_with("1" + ask + ":" + kQuote + "\n2" + ask + ":" + kQuote + "\n3" + post)),
            Words{"R0203"});
  EXPECT_EQ(codes(rule_with("1. Ask ChatGPT `gpt-4o` for **subject**:" + kQuote)), Words{"R0204"});
  EXPECT_EQ(codes(rule_with("1. Ask ChatGPT `gpt-4o` for **the answer**:" + kQuote)),
            Words{"R0202"});
}

TEST(Steps, TakeConnectionsByServiceAndName) {
  const std::string post = "1. Post to Slack **#x**";
  EXPECT_EQ(good(rule_with(post + ":" + kQuote)).connections.at(0).name, "Workspace");
  EXPECT_EQ(good(rule_with(post + ":" + kQuote), nullptr).connections.at(0).name, "Slack");
  EXPECT_EQ(codes(rule_with(post + " using **ERP**:" + kQuote)), Words{"R0312"});
  EXPECT_EQ(codes(rule_with(post + " using **Workspce**:" + kQuote)), Words{"R0311"});
  EXPECT_EQ(codes(rule_with("1. Email \"a@b.c\" with subject \"x\":" + kQuote)), Words{"R0313"});
  EXPECT_EQ(codes(rule_with("1. Append to Sheet **Ledger** tab \"x\" using **Google account**:\n\n"
                            "   | A |\n   |---|\n   | b |\n")),
            Words{"R0326"});
}

TEST(Steps, TakeFilesOnlyWhereTheyAre) {
  const std::string file = "- invoice: file whose name ends with \".pdf\"\n" + kTotal;
  const auto mail = [](const std::string& with, const std::string& options = "") {
    return "1. Email \"a@b.c\" with subject \"{{total}}\" with " + with + " using **Office mail**" +
           options + ":" + kQuote;
  };
  EXPECT_TRUE(good(rule_with(mail("the file invoice"), file))
                  .generated_code.contains("attachments: [invoice]"));
  EXPECT_TRUE(good(rule_with(mail("the attachment", ", for each attachment"), kTotal))
                  .generated_code.contains("attachments: [attachment]"));
  EXPECT_TRUE(good(rule_with(mail("the attachments"), kTotal))
                  .generated_code.contains("attachments: message.attachments"));
  EXPECT_EQ(codes(rule_with(mail("the attachment"), kTotal)), Words{"R0323"});
  EXPECT_EQ(codes(rule_with(mail("the file total"), kTotal)), Words{"R0327"});
  EXPECT_EQ(codes(rule_with("1. Post to Slack **#x**, for each attachment:\n\n"
                            "   > {{attachment.nme}}\n")),
            Words{"R0322"});
}

TEST(StepWarnings, AreOnlyAboutGuardsThatNeverHold) {
  const auto warned = [](const std::string& guard, const std::string& extract = kTotal) {
    return codes(rule_with("1. Post to Slack **#x**, only if " + guard + ":\n\n   > {{total}}\n",
                           extract)) == Words{"R0711"};
  };
  for (const std::string guard :
       {"total is over 10 and total is under 5", "total is over 10 and total is at most 10",
        "total is 5 and total is at least 6", "subject is \"a\" and subject is \"b\"",
        "body contains \"a\" and body does not contain \"a\"", "total is empty",
        "subject is empty and subject contains \"a\""})
    EXPECT_TRUE(warned(guard)) << guard;
  for (const std::string guard :
       {"total is over 5 and total is under 10", "total is at least 10 and total is at most 10",
        "subject is \"a\" and subject is \"A\"", "subject is \"10\" and subject is \"10.0\"",
        "subject contains \"a\" and subject contains \"b\"",
        "subject is empty and body contains \"a\"", "total is not empty",
        "subject is not \"a\" and subject is not \"b\""})
    EXPECT_FALSE(warned(guard)) << guard;
  EXPECT_FALSE(
      warned("total is empty", "- total: amount after \"Total:\" in the body, optional\n"));
}

TEST(StepWarnings, AreOnlyAboutRulesThatSurelyTriggerThemselves) {
  const std::string inbox = "- an email arrives in **Billing inbox**\n";
  const auto mail = [&](const std::string& conditions, const std::string& to,
                        const std::string& subject = "Report", const std::string& options = "") {
    return codes(rule_with("1. Email \"" + to + "\" with subject \"" + subject +
                               "\" using **Office mail**" + options + ":" + kQuote,
                           "", inbox + conditions)) == Words{"R0712"};
  };
  EXPECT_TRUE(mail("", "{{to}}"));
  EXPECT_TRUE(mail("- the recipient is \"in@x.com\"\n", "in@x.com"));
  EXPECT_TRUE(
      mail("- the recipient ends with \"@X.com\"\n- the subject contains \"port\"\n", "in@x.com"));
  EXPECT_TRUE(mail("- the subject starts with \"Re\"\n", "{{to}}", "Report {{subject}}"));
  EXPECT_TRUE(mail("- the subject contains \"x\"\n", "{{to}}", "{{subject}}"));
  EXPECT_FALSE(mail("", "in@x.com"));
  EXPECT_FALSE(mail("", "{{from}}"));
  EXPECT_FALSE(mail("- the recipient is \"in@x.com\"\n", "out@x.com"));
  EXPECT_FALSE(mail("- the recipient is not \"in@x.com\"\n", "in@x.com"));
  EXPECT_FALSE(mail("- the sender ends with \"@acme.com\"\n", "{{to}}"));
  EXPECT_FALSE(mail("- the subject contains \"invoice\"\n", "{{to}}"));
  EXPECT_FALSE(mail("- the subject does not contain \"Report\"\n", "{{to}}"));
  EXPECT_FALSE(mail("- the subject contains \"invoice\"\n", "{{to}}", "Re: {{from}}"));
  EXPECT_FALSE(mail("", "{{to}}", "Report", ", only if sender is not \"robot@x.com\""));

  const auto post = [&](const std::string& when, const std::string& channel) {
    return codes(rule_with("1. Post to Slack **" + channel + "**:" + kQuote, "", when)) ==
           Words{"R0712"};
  };
  const std::string chat = "- a Slack message arrives in **Team chat**\n";
  EXPECT_TRUE(post(chat + "- the channel is \"#ops\"\n", "#ops"));
  EXPECT_TRUE(post(chat + "- the channel is \"ops\"\n- the message contains \"ell\"\n", "#ops"));
  EXPECT_FALSE(post(chat, "#ops"));
  EXPECT_FALSE(post(chat + "- the channel is \"#dev\"\n", "#ops"));
  EXPECT_FALSE(post(chat + "- the channel is \"#ops\"\n- the message contains \"x\"\n", "#ops"));
  EXPECT_FALSE(post(chat + "- the channel is \"#ops\"\n- the user is \"U1\"\n", "#ops"));
}

}  // namespace
}  // namespace msghub
