#include "rule/assist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>

#include "rule/forms.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kCursor = "¦";

constexpr std::string_view kHead =
    "# Rule\n\n## When\n\n- an email arrives in **Billing inbox**\n- the subject contains \"a\"\n\n"
    "## Extract\n\n- number: text matching `/INV-(\\d+)/` in the subject\n- total: amount after "
    "\"Total:\" in the body\n\n";

struct Asked {
  std::string text;
  std::size_t offset = 0;
};
Asked asked(std::string text) {
  const std::size_t at = text.find(kCursor);
  text.erase(at, kCursor.size());
  return {text, at};
}

std::vector<std::string> labels(const std::string& marked, const Directory* directory = nullptr) {
  const Asked ask = asked(marked);
  std::vector<std::string> out;
  for (const Completion& completion : completions(ask.text, ask.offset, directory))
    out.push_back(completion.label);
  return out;
}

// The text once the completion with this label was taken.
std::string taken(const std::string& marked, std::string_view label,
                  const Directory* directory = nullptr) {
  Asked ask = asked(marked);
  for (const Completion& completion : completions(ask.text, ask.offset, directory)) {
    if (completion.label != label) continue;
    ask.text.replace(completion.range.begin, completion.range.end - completion.range.begin,
                     completion.insertion);
    return ask.text;
  }
  return "no such label";
}

TEST(Completions, OffersTheSectionsThatAreNotThere) {
  EXPECT_THAT(labels(std::string(kHead) + "## ¦\n"), Contains("Do"));
  EXPECT_THAT(labels(std::string(kHead) + "## ¦\n"), Contains("Or when"));
  EXPECT_THAT(labels(std::string(kHead) + "## ¦\n"), Not(Contains("Extract")));
  EXPECT_THAT(labels(std::string(kHead) + "¦\n"), Contains("Example: "));
  EXPECT_EQ(taken("# R\n\n##  wh¦ x\n", "When"), "# R\n\n## When\n");
}

TEST(Completions, OffersWholeSentencesWhereOneBegins) {
  for (const Form& form : all_forms()) {
    if (form.section != SectionKind::When) continue;
    EXPECT_THAT(labels("# R\n\n## When\n\n- ¦\n"), Contains(std::string(form.example)));
    EXPECT_THAT(labels("# R\n\n## Or when\n\n- ¦"), Contains(std::string(form.example)));
  }
  EXPECT_EQ(taken("# R\n\n## Do\n\n¦\n", "In database **ERP** run:"),
            "# R\n\n## Do\n\n1. In database **ERP** run:\n");
  EXPECT_EQ(taken("# R\n\n## When\n\n- an em¦\n", "an email arrives in **Billing inbox**"),
            "# R\n\n## When\n\n- an email arrives in **Billing inbox**\n");
  EXPECT_THAT(labels("# R\n\n## Extract\n\n- number: ¦\n"), Contains("domain of the sender"));
}

TEST(Completions, KnowsHowASentenceGoesOn) {
  const std::string when = "# R\n\n## When\n\n- ";
  EXPECT_THAT(labels(when + "the ¦"), Contains("subject"));
  EXPECT_THAT(labels(when + "the subject ¦"), Contains("does not contain"));
  EXPECT_THAT(labels(when + "the subject does not ¦"), Contains("start with"));
  EXPECT_EQ(taken(when + "the subject doesn't st¦\n", "start with"),
            when + "the subject doesn't start with\n");
  EXPECT_THAT(labels(when + "the subject contains ¦"), Contains("\"\""));
  EXPECT_THAT(labels(when + "the subject contains \"a\" ¦"), Contains("(exact case)"));
  EXPECT_THAT(labels(when + "no sentence at all ¦"), IsEmpty());
  EXPECT_THAT(labels(when + "the subject contains \"the ¦"), IsEmpty());
  EXPECT_THAT(labels(std::string(kHead) + "## Example: x\n\n- ¦"), Contains("does not match"));
  EXPECT_THAT(labels(std::string(kHead) + "## Example: x\n\n- t¦"), Contains("total"));
}

TEST(Completions, OffersNames) {
  const Directory& directory = test::spec_directory();
  const std::string when = "# R\n\n## When\n\n- an email arrives in ";
  const std::string channel = "**" + directory.channels.front().name + "**";
  EXPECT_THAT(labels(when + "¦", &directory), Contains(channel));
  EXPECT_EQ(taken(when + "**" + directory.channels.front().name.substr(0, 2) + "¦ld**\n", channel,
                  &directory),
            when + channel + "\n");
  EXPECT_THAT(labels(std::string(kHead) + "## Or when\n\n- an email arrives in ¦"),
              Contains("**Billing inbox**"));
}

TEST(Completions, OffersValuesInTemplates) {
  const std::string step = std::string(kHead) + "## Do\n\n1. Email \"a@b.c\" with subject \"";
  EXPECT_THAT(labels(step + "{{¦\":\n"), Contains("number"));
  EXPECT_THAT(labels(step + "{{¦\":\n"), Contains("message.receivedAt"));
  EXPECT_EQ(taken(step + "{{ tot¦\":\n", "total"), step + "{{ total}}\":\n");
  EXPECT_EQ(taken(step + "{{tot¦}}\":\n", "total"), step + "{{total}}\":\n");
  EXPECT_EQ(taken(step + "\":\n\n   > {{n¦\n", "number"), step + "\":\n\n   > {{number}}\n");
  const std::string sql =
      std::string(kHead) + "## Do\n\n1. In database **ERP** run:\n\n   ```sql\n   select :n¦";
  EXPECT_EQ(taken(sql + "\n   ```\n", "number"),
            asked(sql).text.substr(0, asked(sql).offset - 1) + "number\n   ```\n");
}

TEST(Completions, KnowsTheOptionsOfAStep) {
  const std::string step = std::string(kHead) + "## Do\n\n1. Post to Slack **#a**";
  EXPECT_EQ(taken(step + " ¦\n", "continue on error"), step + ", continue on error\n");
  EXPECT_THAT(labels(step + ", ¦"), Contains("for each attachment"));
  EXPECT_THAT(labels(step + ", continue ¦"), Contains("on"));
  EXPECT_THAT(labels(step + ", only if ¦"), Contains("total"));
  EXPECT_THAT(labels(step + ", only if total is ¦"), Contains("over"));
  EXPECT_THAT(labels(step + ", only if total is over 5 ¦"), Contains("and"));
  EXPECT_THAT(labels(step + ", only if total is over 5 and number ¦"), Contains("is not empty"));
  EXPECT_THAT(labels(step + ", only if number is empty, ¦"), Contains("continue on error"));
}

TEST(Completions, OffersFilters) {
  const std::string step = std::string(kHead) + "## Do\n\n1. Post to Slack **#a**:\n\n   > ";
  EXPECT_THAT(labels(step + "{{total | ¦"), Contains("money"));
  EXPECT_EQ(labels(step + "{{total | trunc¦}}"), std::vector<std::string>{"truncate"});
  EXPECT_THAT(labels(std::string(kHead) + "## If it fails\n\n- then email \"{{err¦"),
              Contains("error.message"));
}

constexpr std::string_view kHook =
    "# R\n\n## When\n\n- a webhook arrives at **Order hook**\n\n## Example: one\n\n```json\n"
    "{\"event\": \"made\", \"\": {\"nowhere\": 1}, \"order\": {\"id\": \"A-17\", \"items\": "
    "[{\"sku\": 7}, "
    "{}], \"a.b\": "
    "1}}\n"
    "```\n\n- matches\n\n";

std::string detail(const std::string& marked, std::string_view label) {
  const Asked ask = asked(marked);
  for (const Completion& completion : completions(ask.text, ask.offset))
    if (completion.label == label) return completion.detail;
  return "no such label";
}

TEST(Completions, OffersThePathsOfTheExamples) {
  const std::string when = std::string(kHook) + "## Or when\n\n- ";
  for (const char* start : {"`¦", "`¦`", "the `¦", "field `¦` is"})
    EXPECT_THAT(labels(when + start),
                testing::IsSupersetOf({"`event`", "`order`", "`order.id`", "`order.items[0].sku`"}))
        << start;
  EXPECT_THAT(labels(when + "`¦"), Not(Contains("`nowhere`")));
  EXPECT_EQ(
      labels(when + "`order.items¦"),
      (std::vector<std::string>{"`order.items`", "`order.items[0]`", "`order.items[0].sku`"}));
  EXPECT_EQ(detail(when + "`¦", "`order.id`"), "\"A-17\"");
  EXPECT_EQ(detail(when + "`¦", "`order.items[0].sku`"), "7");
  EXPECT_EQ(taken(when + "`ord¦er.x` is", "`order.id`"), when + "`order.id` is");
  EXPECT_EQ(taken(when + "`event` is \"¦\"", "\"made\""), when + "`event` is \"made\"");
  EXPECT_THAT(labels(when + "`event` is \"¦"), Not(Contains("\"\"")));
  EXPECT_EQ(taken(when + "`event` is \"¦ or \"x\"", "\"made\""),
            when + "`event` is \"made\" or \"x\"");
  const std::string extract = std::string(kHook) + "## Extract\n\n- id: ";
  EXPECT_THAT(labels(extract + "json `¦"), Contains("`order.id`"));
  EXPECT_THAT(labels(extract + "number in `¦`"), Contains("`order.id`"));
  EXPECT_THAT(labels(extract + "text matching `¦`"), Not(Contains("`order.id`")));
  EXPECT_THAT(labels(std::string(kHead) + "## Or when\n\n- `¦"), Not(Contains("`event`")));
}

TEST(Completions, OffersThePartsOfValues) {
  const std::string step =
      "## Extract\n\n- order: json `order`\n\n## Do\n\n"
      "1. Send webhook POST to <https://a.example>, as **sent**\n"
      "2. Ask ChatGPT `gpt-4o-mini` for **lead**:\n\n   > Who?\n\n"
      "   | Field | Type | Meaning |\n   |---|---|---|\n   | email | text | whom to call |\n\n"
      "3. Post to Slack **#a**, as **posted**:\n\n   > ";
  const std::string rule = std::string(kHook) + "- step 1 answers `{\"body\": {\"ok\": true}}`\n\n";
  EXPECT_EQ(detail(rule + step + "{{order.¦", "order.items[0].sku"), "7");
  EXPECT_EQ(detail(rule + step + "{{¦}}", "lead.email"), "text: whom to call");
  EXPECT_EQ(detail(rule + step + "{{¦}}", "sent.status"), "a number");
  EXPECT_EQ(detail(rule + step + "{{¦}}", "sent.body.ok"), "true");
  EXPECT_THAT(labels(rule + step + "{{¦}}"), Not(Contains("posted.ts")));
  EXPECT_EQ(taken(rule + step + "{{`order.i¦`}}", "`order.id`"), rule + step + "{{`order.id`}}");
  EXPECT_EQ(taken(rule + step + "{{`order.i¦", "`order.id`"), rule + step + "{{`order.id`}}");
}

TEST(Completions, OffersNumbersOfSteps) {
  const std::string rule =
      std::string(kHead) +
      "## Do\n\n1. Post to Slack **#a**:\n\n   > x\n\n2. Wrong\n\n## Example: x\n\n- step ";
  EXPECT_THAT(labels(rule + "¦"), testing::IsSupersetOf({"1", "2"}));
  EXPECT_EQ(detail(rule + "¦", "1"), "Post to Slack **#a**:");
}

TEST(Completions, OffersTheLanguagesOfBlocks) {
  EXPECT_EQ(labels(std::string(kHook) + "## Example: two\n\n```¦\n"),
            (std::vector<std::string>{"http", "json", "text"}));
  EXPECT_EQ(labels(std::string(kHead) + "## Example: two\n\n```¦"),
            std::vector<std::string>{"email"});
  EXPECT_EQ(taken(std::string(kHook) + "## Example: two\n\n```j¦xx\n{}\n```\n", "json"),
            std::string(kHook) + "## Example: two\n\n```json\n{}\n```\n");
  const std::string steps = std::string(kHead) + "## Do\n\n1. ";
  EXPECT_EQ(labels(steps + "In database **E** run, only if number is empty:\n\n   ```¦\n   ```\n"),
            std::vector<std::string>{"sql"});
  EXPECT_EQ(labels(steps + "Email \"a@b.c\" with subject \"x\":\n\n   ```¦\n"),
            std::vector<std::string>{"html"});
  EXPECT_EQ(labels(steps + "Send webhook POST to <https://a.example>:\n\n   ```\n   {}\n   ```¦\n"),
            std::vector<std::string>{});
}

TEST(Completions, OffersSettings) {
  const std::string settings = "# R\n\n## Settings\n\n- ";
  EXPECT_THAT(labels(settings + "¦"), Contains("tags: finance, invoices"));
  EXPECT_EQ(taken(settings + "time zone: europe/ber¦\n", "Europe/Berlin"),
            settings + "time zone: Europe/Berlin\n");
  EXPECT_THAT(labels(settings + "time limit: ¦"), Contains("30 seconds"));
}

TEST(Hover, ExplainsSentencesNamesAndHeadings) {
  const std::string rule =
      std::string(kHead) +
      "## Do\n\n1. Email \"a@b.c\" with subject \"No. {{number}}\", continue on error:\n\n   > "
      "x\n\n"
      "## Example: one\n\n```email\nSubject: INV-1\n```\n\n- number is \"1\"\n";
  const auto at = [&](std::string_view words) {
    const auto hover =
        hover_text(rule, rule.find(words) + 2, nullptr,
                   {.seen = [](const TriggerCondition& c) { return "seen in " + c.field; },
                    .holds = [](const ExampleCase&, const TriggerCondition&) { return true; }});
    return hover ? hover->markdown : std::string();
  };
  EXPECT_THAT(at("When"), testing::HasSubstr("channel"));
  EXPECT_THAT(at("the subject contains"), testing::HasSubstr("\"operator\": \"contains\""));
  EXPECT_THAT(at("the subject contains"), testing::HasSubstr("seen in subject"));
  EXPECT_THAT(at("number: text"), testing::HasSubstr("In the example *one*: `1`"));
  EXPECT_THAT(at("{{number"), testing::HasSubstr("text matching"));
  EXPECT_THAT(at("{{number"), testing::HasSubstr("In the example *one*: `1`"));
  EXPECT_THAT(at("number is"), testing::HasSubstr("text matching"));
  EXPECT_THAT(at("the subject contains"), testing::HasSubstr("Holds in the examples: *one*"));
  EXPECT_THAT(at("Email \"a@b.c"), testing::HasSubstr("\"a@b.c\""));
  EXPECT_THAT(at("Email \"a@b.c"), testing::HasSubstr("the next step runs"));
  EXPECT_EQ(at("# Rule"), "");
  EXPECT_EQ(hover_text("", 0), std::nullopt);
}

// The texts of the edits' places, with some of what stands before them.
std::vector<std::string> uses(const std::string& marked) {
  const Asked ask = asked(marked);
  std::vector<std::string> out;
  for (const NameUse& use : name_uses(ask.text, ask.offset)) {
    const std::size_t begin = std::min<std::size_t>(use.span.begin, 3);
    out.push_back((use.definition ? "definition " : "") +
                  ask.text.substr(use.span.begin - begin, use.span.end - use.span.begin + begin));
  }
  return out;
}

constexpr std::string_view kNames =
    "# R\n\n## When\n\n- an email arrives in **In**\n\n## Extract\n\n- total: amount in the body\n"
    "- file: first file\n\n## Do\n\n1. Ask ChatGPT `m` for **lead**:\n\n   > {{ total }} and "
    "{{\"{{total\"}}\n\n"
    "2. Email \"{{lead.mail}}\" with subject \"{{total | money \"EUR\"}}\" with the file file, "
    "only if the total is over 5 and total is under 9, unless total is 7:\n\n   > {{to}} "
    "{{total-x}} {{nothing}} "
    "{{tot¦al}\n\n"
    "3. In database **E** run:\n\n   ```sql\n   select :total, 'a :total', x::total -- :total\n   "
    "```\n\n"
    "## Example: e\n\n```email\nSubject: total\n```\n\n- total is 5\n";

TEST(Names, AreFoundWhereverTheyStand) {
  const std::string rule = asked(std::string(kNames)).text;
  const auto at = [&](std::string_view words, std::size_t on) {
    std::string marked = rule;
    return uses(marked.insert(marked.find(words) + on, kCursor));
  };
  const std::vector<std::string> all{"definition \n- total",
                                     "{{ total",
                                     "\"{{total",
                                     "he total",
                                     "nd total",
                                     "ss total",
                                     " {{total",
                                     "t :total",
                                     "\n- total"};
  for (const std::string& found :
       {"total: am", "total }}", "total | m", "total is under", "total, 'a", "total is 5"})
    EXPECT_EQ(at(found, 0), all) << found;
  EXPECT_EQ(at("total is over", 5), all);
  EXPECT_EQ(at("lead.mail", 2), (std::vector<std::string>{"definition  **lead", "\"{{lead"}));
  EXPECT_EQ(at("file file", 6), (std::vector<std::string>{"definition \n- file", "le file"}));
  EXPECT_THAT(at("nothing", 1), IsEmpty());
  EXPECT_THAT(at("body", 1), IsEmpty());
}

TEST(Names, AreChangedEverywhereOrNotAtAll) {
  const Asked ask = asked(std::string(kNames));
  const auto edits = rename_value(ask.text, ask.text.find("total is 5"), "sum");
  ASSERT_TRUE(edits);
  std::string renamed = ask.text;
  for (auto edit = edits->rbegin(); edit != edits->rend(); ++edit)
    renamed.replace(edit->range.begin, edit->range.end - edit->range.begin, edit->text);
  EXPECT_THAT(renamed, testing::HasSubstr("{{sum | money"));
  EXPECT_THAT(renamed, testing::HasSubstr("select :sum, 'a :total', x::total -- :total"));
  EXPECT_THAT(renamed, testing::HasSubstr("{{\"{{total\"}}"));
  for (const char* wrong : {"", "9a", "a b", "lead", "subject", "constructor"})
    EXPECT_FALSE(rename_value(ask.text, ask.text.find("total is 5"), wrong)) << wrong;
  EXPECT_TRUE(rename_value(ask.text, ask.text.find("total is 5"), "total"));
  EXPECT_FALSE(rename_value(ask.text, 0, "sum"));
}

TEST(Outline, HasSectionsAndSentences) {
  const std::string rule = std::string(kHead) + "## Do\n\n1. Send webhook\n\n## Notes\n\n- prose\n";
  const std::vector<Symbol> symbols = outline(rule);
  ASSERT_EQ(symbols.size(), 4U);
  EXPECT_EQ(symbols[0].name, "Rule");
  EXPECT_EQ(symbols[1].children.size(), 2U);
  EXPECT_EQ(symbols[2].children[1].name, "total");
  EXPECT_EQ(rule.substr(symbols[2].children[1].selection.begin, 5), "total");
  EXPECT_EQ(symbols[3].children[0].name, "1. Send webhook");
  EXPECT_EQ(rule.substr(symbols[3].range.end, 8), "## Notes");
}

TEST(CodeActions, AreTheFixesInTheRange) {
  const std::string rule = "# R\n\n## Wen\n\n- an email arrives in **In**\n";
  const std::vector<Diagnostic> diagnostics = compile_rule(rule).diagnostics;
  const std::size_t at = rule.find("Wen");
  const std::vector<CodeAction> actions = code_actions({at, at}, diagnostics);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].edit.text, "## When");
  EXPECT_TRUE(code_actions({rule.size(), rule.size()}, diagnostics).empty());
}

RC_GTEST_PROP(LineEdit, LeadsFromOneTextToTheOther, ()) {
  const auto text = rc::gen::container<std::string>(rc::gen::element('a', 'b', '\n'));
  const std::string before = *text, after = *text;
  const std::optional<TextEdit> edit = line_edit(before, after);
  RC_ASSERT(edit.has_value() == (before != after));
  if (!edit) return;
  const auto starts_line = [&](std::size_t at) { return at == 0 || before[at - 1] == '\n'; };
  const std::size_t end = edit->range.end;
  RC_ASSERT(starts_line(edit->range.begin));
  RC_ASSERT((end == before.size() || starts_line(end)));
  std::string result = before;
  result.replace(edit->range.begin, edit->range.end - edit->range.begin, edit->text);
  RC_ASSERT(result == after);
}

// Anywhere in any text: a result, and places within the text.
RC_GTEST_PROP(Assist, TakesAnyPlace, ()) {
  std::string text = test::read_file(test::root() / "examples" / "acme-invoices.md");
  const auto cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
  text = text.substr(0, cut) +
         *rc::gen::element<std::string>("", "{{", "**", "\"", "`", "\n- ", "\n1. ", "\n##",
                                        "- a\n  b", "\r\n", "😀", "\t", "\xFF", "|", "\n   > {{") +
         text.substr(std::min(text.size(), cut + *rc::gen::inRange<std::size_t>(0, 50)));
  const auto offset = *rc::gen::inRange<std::size_t>(0, text.size() + 9);
  for (const Completion& completion : completions(text, offset, &test::spec_directory())) {
    RC_ASSERT(completion.range.begin <= completion.range.end);
    RC_ASSERT(completion.range.end <= text.size());
    RC_ASSERT(!completion.label.empty());
  }
  if (const auto hover = hover_text(text, offset)) RC_ASSERT(hover->range.end <= text.size());
  for (const NameUse& use : name_uses(text, offset)) RC_ASSERT(use.span.end <= text.size());
  for (const Symbol& symbol : outline(text)) {
    RC_ASSERT(symbol.range.begin <= symbol.selection.begin);
    RC_ASSERT(symbol.selection.end <= symbol.range.end && symbol.range.end <= text.size());
    for (const Symbol& child : symbol.children) {
      RC_ASSERT(child.range.begin <= child.selection.begin);
      RC_ASSERT(child.selection.end <= child.range.end && child.range.end <= text.size());
    }
  }
}

}  // namespace
}  // namespace msghub
