#include "rule/compile.h"

#include <algorithm>
#include <ctime>

#include "base/crypto.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

using test::codes_of;
using test::rule_with_conditions;
using testing::Test;

const std::string kStep = "\n## Do\n\n1. Send webhook POST to <https://example.com/>\n";

CompiledRule good(const CompileResult& result) {
  if (result.rule) return *result.rule;
  for (const Diagnostic& diagnostic : result.diagnostics)
    ADD_FAILURE() << diagnostic.code << " " << diagnostic.message << " at line "
                  << diagnostic.start.line;
  return {};
}

TEST(Compile, KeepsNameDescriptionAndHash) {
  const std::string text =
      "# My *rule*\n\nSome **prose**\nhere.\n\n## Background\n\nMore.\n\n"
      "## When\n\n- an email arrives in **In**\n" +
      kStep;
  const CompiledRule rule = good(compile_rule(text));
  EXPECT_EQ(rule.name, "My rule");
  EXPECT_EQ(rule.description, "Some prose here.\n\nBackground\n\nMore.");
  EXPECT_EQ(rule.source_sha256, sha256_hex(text));
  ASSERT_EQ(rule.channels.size(), 1U);
  EXPECT_EQ(rule.channels[0].name, "In");
  EXPECT_EQ(rule.channels[0].id.value, "");
  EXPECT_EQ(rule.metadata.estimated_cost, 0);
}

TEST(Compile, HashesTheSameTextAlikeWhateverItsLineEnds) {
  const std::string unix_text = rule_with_conditions("");
  std::string dos = "\xEF\xBB\xBF";
  for (const char c : unix_text) dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const CompiledRule a = good(compile_rule(unix_text)), b = good(compile_rule(dos));
  EXPECT_EQ(a.source_sha256, b.source_sha256);
  EXPECT_EQ(a.project, b.project);
}

TEST(Compile, TakesSectionsInAnyCaseAndProseBetween) {
  good(
      compile_rule("# T\n\n## WHEN\n\nWe wait for mail.\n\n- an email arrives in **In**\n\n"
                   "### A remark\n\n- the subject is \"x\"\n\n## Notes\n\n- not code\n\n## do\n\n"
                   "1. Send webhook POST to <https://example.com/>\n"));
}

TEST(Compile, ResolvesNamesInTheDirectory) {
  const CompiledRule rule =
      good(test::compile_with_directory("# T\n\n## When\n\n- a message arrives on **Order "
                                        "hook**\n\n## Or when\n\n- the subject is \"x\"\n\n"
                                        "## Or when\n\n- an email arrives in **Billing inbox**\n" +
                                        kStep));
  ASSERT_EQ(rule.metadata.triggers.size(), 3U);
  const std::string hook = "00000000-0000-4000-8000-000000000003";
  EXPECT_EQ(rule.metadata.triggers[0].channel_id.value, hook);
  EXPECT_EQ(rule.metadata.triggers[1].channel_id.value, hook);
  EXPECT_EQ(rule.metadata.triggers[1].conditions.size(), 1U);
  EXPECT_EQ(rule.channels[0].type, ChannelType::Webhook);
  EXPECT_EQ(rule.channels[2].type, ChannelType::Email);
}

TEST(Compile, ChoosesTheOnlyMailConnection) {
  const std::string text =
      "# T\n\n## When\n\n- an email arrives in **In**\n\n## Do\n\n"
      "1. Email \"a@b.c\" with subject \"x\":\n\n   > y\n";
  EXPECT_EQ(good(compile_rule(text)).connections.at(0).name, "Mail");
  Directory directory;
  directory.channels.push_back({ChannelId{"c"}, "In", ChannelType::Email});
  CompileOptions options;
  options.directory = &directory;
  EXPECT_EQ(codes_of(compile_rule(text, options)), std::vector<std::string>{"R0313"});
  directory.connections.push_back({IntegrationId{"i"}, "Post", IntegrationService::Smtp});
  EXPECT_EQ(good(compile_rule(text, options)).connections.at(0).name, "Post");
}

TEST(Compile, KnowsTheKindOfAMessageChannelOffline) {
  const auto kind = [](const std::string& text) {
    return good(compile_rule(text)).channels.at(0).type;
  };
  EXPECT_EQ(kind(rule_with_conditions("")), ChannelType::Email);
  EXPECT_EQ(kind(rule_with_conditions("- `a.b` is \"x\"\n")), ChannelType::Webhook);
  EXPECT_EQ(kind(rule_with_conditions("") + "\n## Example: x\n\n```text\nhi\n```\n\n- matches\n"),
            ChannelType::Webhook);
}

TEST(Compile, WritesConditionsAsTheDataModelHasThem) {
  const CompiledRule rule = good(compile_rule(rule_with_conditions(
      "- the sender does not end with \"@x.com\" (exact case)\n- `a[0].b` matches /x+/\n"
      "- the thread is \"1.5\"\n")));
  const auto& conditions = rule.metadata.triggers.at(0).conditions;
  ASSERT_EQ(conditions.size(), 3U);
  EXPECT_EQ(to_json(to_json_value(conditions[0])),
            R"({"field":"from","operator":"endsWith","value":"@x.com","caseSensitive":true,)"
            R"("negated":true,"line":6})");
  EXPECT_EQ(to_json(to_json_value(conditions[1])),
            R"({"field":"json:a[0].b","operator":"matches","value":"x+","line":7})");
  EXPECT_EQ(to_json(to_json_value(conditions[2])),
            R"({"field":"json:thread_ts","operator":"equals","value":"1.5","line":8})");

  const CompiledRule mail = good(compile_rule(rule_with_conditions(
      "- the header \"List-ID\" contains none of \"a\", \"B\" or `c`\n- has no attachment\n"
      "- the name of an attachment does not match any of: /x/, /y/\n")));
  const auto& others = mail.metadata.triggers.at(0).conditions;
  ASSERT_EQ(others.size(), 3U);
  EXPECT_EQ(to_json(to_json_value(others[0])),
            R"({"field":"header:list-id","operator":"contains","value":"a",)"
            R"("alternatives":["B","c"],"negated":true,"line":6})");
  EXPECT_EQ(
      to_json(to_json_value(others[1])),
      R"({"field":"attachment.type","operator":"contains","value":"/","negated":true,"line":7})");
  EXPECT_EQ(to_json(to_json_value(others[2])),
            R"({"field":"attachment.name","operator":"matches","value":"x",)"
            R"("alternatives":["y"],"negated":true,"line":8})");
}

TEST(Compile, RefusesNamesThatObjectsHaveAnyway) {
  for (const std::string name :
       {"constructor", "toString", "valueOf", "message", "idempotencyKey", "payload"})
    EXPECT_EQ(codes_of(compile_rule(rule_with_conditions("") + "\n## Extract\n\n- " + name +
                                    ": text after \"a\" in the body\n")),
              std::vector<std::string>{"R0204"});
}

TEST(Compile, PointsAtCharactersInAnyFile) {
  // A byte order mark, CRLF, a tab, wide characters, an emoji before the mistake.
  const std::string text =
      "\xEF\xBB\xBF# T\r\n\r\n## When\r\n\r\n-\tan email arrives in **日本😀**\r\n"
      "-\tthe subject is \"😀é\" oops\r\n" +
      kStep;
  const CompileResult result = compile_rule(text);
  ASSERT_EQ(codes_of(result), std::vector<std::string>{"R0101"});
  const Position at = result.diagnostics[0].start;
  EXPECT_EQ(at.line, 6);
  EXPECT_EQ(at.column, 23);
  EXPECT_EQ(at.utf16_column, 24);
  EXPECT_EQ(at.offset, static_cast<std::int64_t>(text.find("oops")));
}

TEST(Compile, RefusesWhatIsNoText) {
  const CompileResult nul = compile_rule(std::string("# T\n\0", 5));
  EXPECT_EQ(codes_of(nul), std::vector<std::string>{"R0002"});
  EXPECT_EQ(nul.diagnostics[0].start.line, 2);
  EXPECT_EQ(codes_of(compile_rule("# T\n\xFF")), std::vector<std::string>{"R0002"});
}

TEST(Compile, RefusesMoreThanAMebibyte) {
  EXPECT_EQ(codes_of(compile_rule(std::string(std::size_t{1024} * 1024 + 1, 'x'))),
            std::vector<std::string>{"R0001"});
}

TEST(Compile, ListsAtMostTwoHundredMistakes) {
  std::string items;
  for (int i = 0; i < 500; ++i) items += "- nonsense " + std::to_string(i) + "\n";
  const CompileResult result = compile_rule(rule_with_conditions(items));
  ASSERT_EQ(result.diagnostics.size(), 201U);
  EXPECT_EQ(result.diagnostics.back().code, "R0004");
}

TEST(Compile, RefusesMoreThanFiveHundredPatternsWithOneMistake) {
  const auto rule_with = [](int patterns) {
    std::string items;
    for (int i = 0; i < patterns; ++i)
      items += "- the subject matches /a" + std::to_string(i) + "b/\n";
    return compile_rule(test::rule_with_conditions(items));
  };
  EXPECT_TRUE(rule_with(500).rule);
  const CompileResult result = rule_with(520);
  EXPECT_FALSE(result.rule);
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].message, "the rule has more than 500 patterns");
}

TEST(Compile, SaysHowAChannelIsMade) {
  const auto help = [](const std::string& sentence) {
    std::string rule = test::rule_with_conditions("");
    const std::string old = "a message arrives on **Inbox**";
    const auto found =
        test::compile_with_directory(rule.replace(rule.find(old), old.size(), sentence));
    return found.diagnostics.empty() ? "" : found.diagnostics[0].help.value_or("");
  };
  EXPECT_TRUE(help("an email arrives in **Zzzz**").contains("`msghub channel add imap \"Zzzz\"`"));
  EXPECT_TRUE(help("a webhook arrives at **Zzzz**").contains("`msghub channel add webhook "));
  EXPECT_TRUE(help("an SMS arrives at **Zzzz**").contains("cannot receive SMS itself yet"));
}

TEST(Compile, SaysWhatToDoForWantOfAStep) {
  for (const auto& [step, help] : std::vector<std::pair<std::string, std::string>>{
           {"Reply with the invoice number", "Email \"{{from}}\""},
           {"Forward the email to ap@example.com", "all attachments"},
           {"Move the email to the folder Done", "no step changes the mailbox"}}) {
    std::string rule = test::rule_with_conditions("");
    const CompileResult found =
        compile_rule(rule.replace(rule.find("1. Send"), std::string::npos, "1. " + step + "\n"));
    ASSERT_EQ(found.diagnostics.size(), 1U) << step;
    EXPECT_EQ(found.diagnostics[0].code, "R0301");
    EXPECT_TRUE(found.diagnostics[0].help.value_or("").contains(help))
        << found.diagnostics[0].help.value_or("");
  }
}

TEST(Compile, AppliedFixesMendTheRule) {
  for (const auto& entry :
       std::filesystem::directory_iterator(test::root() / "spec" / "diagnostics")) {
    std::string text = test::read_file(entry.path() / "rule.md");
    const CompileResult before = test::compile_with_directory(text);
    if (before.diagnostics.size() != 1 || before.diagnostics[0].fixes.size() != 1) continue;
    const Fix& fix = before.diagnostics[0].fixes[0];
    text.replace(static_cast<std::size_t>(fix.start.offset),
                 static_cast<std::size_t>(fix.end.offset - fix.start.offset), fix.replacement);
    const CompileResult after = test::compile_with_directory(text);
    EXPECT_TRUE(after.rule) << entry.path() << "\n"
                            << render_diagnostics(text, "mended.md", after.diagnostics);
  }
}

// Text that is as large as a rule may be, built to be slow or to overflow a stack.
TEST(Compile, TakesLinearTimeForHostileText) {
  constexpr std::size_t kSize = std::size_t{1024} * 1024;
  const auto repeated = [](const std::string& unit) {
    std::string out;
    while (out.size() + unit.size() <= kSize) out += unit;
    return out;
  };
  std::string stairs;
  for (std::size_t depth = 0; stairs.size() + 2 * depth + 4 < kSize; ++depth)
    stairs += std::string(depth * 2, ' ') + "- a\n";
  std::string ticks;
  for (std::size_t run = 1; ticks.size() + run + 1 < kSize; ++run)
    ticks += std::string(run, '`') + "\n";
  const std::string head = "# T\n\n## When\n\n- an email arrives in **In**\n";
  const std::string step =
      "# T\n\n## Do\n\n1. Send webhook POST to <https://a.b/>:\n\n   ```json\n   ";
  for (const std::string& text :
       {repeated("> "),
        repeated("- "),
        repeated("* * "),
        repeated("[a]("),
        repeated("**a"),
        repeated("*_"),
        repeated("<!--"),
        repeated("<a "),
        repeated("&"),
        repeated("\xE2\x80\x9C\n"),
        repeated("`a"),
        ticks,
        stairs,
        repeated("|a"),
        repeated("|a|\n|-|\n"),
        repeated("# x\n"),
        repeated("- x\n"),
        repeated("{{"),
        head + repeated("- the subject is \"a\"\n").substr(0, kSize - 200),
        step + repeated("[").substr(0, kSize - 200),
        step + repeated("\"{{a}}").substr(0, kSize - 200),
        step + repeated("[1,").substr(0, kSize - 200),
        repeated("## Do\n\n1. x\n"),
        repeated("http://{{"),
        repeated("\n"),
        repeated("\r"),
        repeated("/")}) {
    const std::clock_t start = std::clock();
    const CompileResult result = compile_rule(text);
    EXPECT_FALSE(result.diagnostics.empty());
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 30) << text.substr(0, 40);
  }
}

TEST(Compile, TakesLinearTimeForLongConditions) {
  const auto many = [](int count, const std::string& before, const std::string& between) {
    std::string out;
    for (int i = 0; i < count; ++i)
      out += (i == 0 ? "" : between) + before + "\"" + std::to_string(i) + "\"";
    return out;
  };
  const std::string head = "# T\n\n## When\n\n- an email arrives in **In**\n";
  const std::string step = "\n## Do\n\n1. Post to Slack **#a**", quote = ":\n\n   > Hi\n";
  for (const std::string& text :
       {head + "- the subject is " + many(40'000, "", " or ") + "\n" + step + quote,
        head + step + ", only if subject is " + many(40'000, "", " or ") + quote,
        head + step + ", only if " + many(15'000, "subject is not ", " and ") + quote}) {
    const std::clock_t start = std::clock();
    EXPECT_TRUE(compile_rule(text).rule);
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 30) << text.substr(0, 120);
  }
}

}  // namespace
}  // namespace msghub
