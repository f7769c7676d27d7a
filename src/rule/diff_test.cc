#include "rule/diff.h"

#include <gtest/gtest.h>

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
- total: amount after "Total:" in the body, or 0

## Do

1. Send webhook POST to <https://erp.example.com/{{number}}>
2. Post to Slack **#finance**, only if total is over 1000:

   > Invoice {{number}}

3. Email "ap@example.com" with subject "Invoice {{number}}" using **Mail**:

   > {{total}}

## If it fails

- retry 5 times over 2 hours
- then email "ops@example.com" using **Mail**

## Settings

- time zone: Europe/Berlin

## Example: an invoice

```email
From: billing@acme.com
Subject: Invoice INV-7

Total: 12.50
```

- matches
)";

std::string with(std::string text, std::string_view old, std::string_view fresh) {
  const std::size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), fresh);
}

using Texts = std::vector<std::string>;

Texts changes(const std::string& before, const std::string& after) {
  const auto found = diff_rules(before, after);
  EXPECT_TRUE(found.has_value()) << before << after;
  Texts out;
  if (found)
    for (const RuleChange& change : *found)
      out.push_back(std::string(wire_name(change.kind)) + ": " + change.text);
  return out;
}

// One replacement in the rule, and what is said of it.
struct Case {
  std::string_view old, fresh;
  Texts said;
};
void expect(const std::vector<Case>& cases) {
  for (const Case& c : cases)
    EXPECT_EQ(changes(std::string(kRule), with(std::string(kRule), c.old, c.fresh)), c.said)
        << c.old << " -> " << c.fresh;
}

TEST(Diff, SaysNothingOfLayoutAndProse) {
  std::string after = with(std::string(kRule), "# File invoices\n", "# File invoices\n\nProse.\n");
  after = with(after, "- the sender ends with \"@acme.com\"\n- the subject contains \"invoice\"\n",
               "* subject contains “Invoice” \n* and from ends with \"@acme.com\"\n");
  after = with(after, "“Invoice”", "“invoice”");
  after = with(after, "number: text matching", "number:  the first text matching");
  EXPECT_EQ(changes(std::string(kRule), after), Texts{});
  EXPECT_EQ(summary_of({}), "The two rules mean the same.");
}

TEST(Diff, SaysWhichMessagesMatchNow) {
  const std::string subject = "the subject contains \"invoice\"";
  expect({
      {"- the sender ends with \"@acme.com\"\n",
       "",
       {"wider: now also matches when this does not hold: the sender ends with \"@acme.com\""}},
      {"\n## Extract",
       "- the body contains \"x\"\n\n## Extract",
       {"narrower: now matches only when also the body contains \"x\""}},
      {subject,
       "the subject contains \"bill\"",
       {"match: now asks that the subject contains \"bill\", instead of " + subject}},
      {subject,
       "the subject is \"invoice\"",
       {"narrower: now asks for more: the subject is \"invoice\"; before it was enough that " +
        subject}},
      {subject,
       "the subject contains \"invoice\" or \"bill\"",
       {"wider: now it is enough that the subject contains \"invoice\" or \"bill\"; before it "
        "asked "
        "for more: " +
        subject}},
      {subject,
       subject + " (exact case)",
       {"narrower: now asks for more: the subject contains \"invoice\" (exact case); before it was "
        "enough that " +
        subject}},
      {subject,
       "the subject does not contain \"invoice\"",
       {"match: now asks for the opposite: the subject does not contain \"invoice\"; before: " +
        subject}},
      {"\n## Extract",
       "\n## Or when\n\n- a webhook arrives at **Hook**\n\n## Extract",
       {"wider: now also matches a webhook on **Hook**"}},
      {"an email arrives in **Inbox**",
       "an email arrives in **Billing**",
       {"match: now listens for an email on **Billing** instead of an email on **Inbox**"}},
  });
}

TEST(Diff, SaysNothingOfConditionsThatFollow) {
  expect({{"\n## Extract", "- the subject contains \"voice\"\n\n## Extract", {}},
          {"\n## Extract",
           "\n## Or when\n\n- the sender ends with \"x@acme.com\"\n- the subject contains "
           "\"invoices\"\n\n"
           "## Extract",
           {}}});
}

TEST(Diff, NamesTheSection) {
  const std::string before =
      with(std::string(kRule), "## Extract",
           "## Or when\n\n- a webhook arrives at **Hook**\n- `event` is \"new\"\n\n## Extract");
  EXPECT_EQ(changes(before, with(before, "is \"new\"", "is \"old\"")),
            Texts{"match: now asks that `event` is \"old\", instead of `event` is \"new\" (in Or "
                  "when)"});
  EXPECT_EQ(changes(before, std::string(kRule)),
            Texts{"narrower: no longer matches a webhook on **Hook** where `event` is \"new\""});
}

TEST(Diff, SaysWhatIsTakenOut) {
  expect({
      {"INV-",
       "RE-",
       {"effect: now takes out number: text matching `/RE-(\\d+)/` in the subject; before number: "
        "text matching `/INV-(\\d+)/` in the subject"}},
      {", or 0",
       "",
       {"effect: when total is not found, the rule fails before its first step now; "
        "before, it is 0"}},
      {", or 0", ", or 10", {"effect: when total is not found, it is 10 now; before, it is 0"}},
      {"## Do",
       "- due: date after \"Due:\" in the body, optional\n\n## Do",
       {"effect: now also takes out due: date after \"Due:\" in the body, optional"}},
  });
  const std::string more = with(std::string(kRule), "## Do",
                                "- due: date after \"Due:\" in the body, optional\n\n## Do");
  EXPECT_EQ(changes(more, std::string(kRule)), Texts{"effect: no longer takes out due"});
}

TEST(Diff, SaysWhatStepsDoNow) {
  const std::string webhook = "1. Send webhook POST to <https://erp.example.com/{{number}}>\n";
  expect({
      {"> Invoice {{number}}",
       "> Bill {{number}}",
       {"effect: step 2: the text: now \"Bill {{number}}\" instead of \"Invoice {{number}}\""}},
      {"\"ap@example.com\"",
       "\"ap@example.com\", \"cfo@example.com\"",
       {"effect: step 3: the receivers: now \"ap@example.com\", \"cfo@example.com\" instead of "
        "\"ap@example.com\""}},
      {"using **Mail**:\n\n   > {{total}}",
       "using **Post**:\n\n   > {{total}}",
       {"effect: step 3: the connection: now \"Post\" instead of \"Mail\""}},
      {webhook + "2.",
       "1.",
       {"effect: no longer does step 1: Send webhook POST to "
        "<https://erp.example.com/{{number}}>"}},
      {"## If it fails",
       "4. Send webhook PUT to <https://b.example.com>\n\n## If it fails",
       {"effect: new step 4: Send webhook PUT to <https://b.example.com>"}},
      {"over 1000",
       "over 500",
       {"effect: step 2: now runs only if total is over 500; before only if total is over 1000"}},
      {", only if total is over 1000",
       "",
       {"effect: step 2: now always runs; before only if total is over 1000"}},
      {webhook,
       "1. Send webhook POST to <https://erp.example.com/{{number}}>, continue on error\n",
       {"effect: step 1: when it fails, the next steps now run all the same; before the rule "
        "ended"}},
  });
}

TEST(Diff, SaysWhichStepHasMoved) {
  const std::string webhook = "1. Send webhook POST to <https://erp.example.com/{{number}}>\n";
  std::string after = with(std::string(kRule), webhook, "");
  after = with(after, "## If it fails", webhook + "\n## If it fails");
  EXPECT_EQ(changes(std::string(kRule), after),
            Texts{"effect: step 1 is now step 3: Send webhook POST to "
                  "<https://erp.example.com/{{number}}>"});
}

TEST(Diff, ShowsOfALongTextWhatIsAroundTheDifference) {
  const std::string filler(300, 'x');
  const auto long_text = [&](const std::string& word) {
    return with(std::string(kRule), "> Invoice {{number}}",
                "> " + filler + " " + word + " " + filler);
  };
  const Texts said = changes(long_text("one"), long_text("two"));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(said[0].contains(" two ") && said[0].contains(" one ")) << said[0];
  EXPECT_LT(said[0].size(), 300U) << said[0];
}

TEST(Diff, SaysWhatAFailureLeadsTo) {
  expect({
      {"retry 5 times over 2 hours",
       "retry twice",
       {"effect: when it fails, it is now tried again 2 times; before 5 times over 2 hours"}},
      {"- retry 5 times over 2 hours\n",
       "",
       {"effect: when it fails, it is now tried again as often as the hub tries any rule; before 5 "
        "times over 2 hours"}},
      {"ops@example.com",
       "oncall@example.com",
       {"effect: failure step 1: the receivers: now \"oncall@example.com\" instead of "
        "\"ops@example.com\""}},
      {"Europe/Berlin",
       "Asia/Tokyo",
       {"effect: the time zone is now Asia/Tokyo, before Europe/Berlin"}},
      {"- time zone: Europe/Berlin",
       "- time zone: Europe/Berlin\n- time limit: 90 seconds\n- tags: money",
       {"effect: the time limit of one try is now 90 seconds, before the hub's own",
        "label: the list of tags is now money, before none"}},
  });
}

TEST(Diff, OfNamesAndExamplesChangesNothing) {
  std::string after = with(std::string(kRule), "# File invoices", "# File bills");
  after = with(after, "Total: 12.50", "Total: 99");
  after += "\n## Example: nothing\n\n```email\nFrom: a@b.example\n\nx\n```\n\n- does not match\n";
  const auto found = diff_rules(kRule, after);
  EXPECT_EQ(changes(std::string(kRule), after),
            (Texts{"label: the name is now \"File bills\", before \"File invoices\"",
                   "label: another message or other expectations in the example \"an invoice\"",
                   "label: new example \"nothing\""}));
  EXPECT_EQ(summary_of(*found), "It matches the same messages as before and does the same.");
  EXPECT_EQ(changes(after, std::string(kRule)).back(),
            "label: no longer has the example \"nothing\"");
}

TEST(Diff, TellsTheNameOfTheRuleFromTheSameWordsInATextOfItsOwn) {
  const std::string before =
      with(std::string(kRule), "- then email \"ops@example.com\" using **Mail**",
           "- then email \"ops@example.com\" with subject \"File invoices "
           "again\" using **Mail**");
  const std::string renamed = with(before, "# File invoices", "# File bills");
  const std::string name = "label: the name is now \"File bills\", before \"File invoices\"";
  EXPECT_EQ(changes(before, renamed), Texts{name});
  EXPECT_EQ(
      changes(before, with(renamed, "File invoices again", "File bills again")),
      (Texts{name,
             "effect: failure step 1: the subject: now \"File bills again\" instead of \"File "
             "invoices again\""}));
}

std::string rule_with_posts(const std::vector<std::string>& posts) {
  std::string out = "# R\n\n## When\n\n- an email arrives in **Inbox**\n\n## Do\n\n";
  for (const std::string& post : posts) out += "1. Post to Slack **#a**:\n\n   > " + post + "\n\n";
  return out;
}

TEST(Diff, SaysThatAStepOfTheSameNumberHasMoved) {
  EXPECT_EQ(changes(rule_with_posts({"a", "b", "c"}), rule_with_posts({"c", "b", "a"})),
            (Texts{"effect: step 2 keeps its number, but not its place among the others: Post to "
                   "Slack **#a**",
                   "effect: step 1 is now step 3: Post to Slack **#a**"}));
}

TEST(Diff, OfManyStepsStaysCheap) {
  std::vector<std::string> posts;
  for (int i = 0; i < 2100; ++i) posts.push_back("post " + std::to_string(i));
  const std::string before = rule_with_posts(posts);
  posts.front() = "another";
  EXPECT_EQ(changes(before, rule_with_posts(posts)),
            Texts{"effect: step 1: the text: now \"another\" instead of \"post 0\""});
}

TEST(Diff, SumsUp) {
  using Kind = RuleChange::Kind;
  const auto sum = [](std::initializer_list<Kind> kinds) {
    std::vector<RuleChange> changes;
    for (const Kind kind : kinds) changes.push_back({kind, ""});
    return summary_of(changes);
  };
  EXPECT_EQ(
      sum({Kind::Wider}),
      "It matches all messages that it matched, and more; what it does with them is the same.");
  EXPECT_EQ(sum({Kind::Narrower, Kind::Effect}),
            "It matches fewer messages than before, and what it does has changed.");
  EXPECT_EQ(sum({Kind::Wider, Kind::Narrower}),
            "It matches other messages than before; what it does with them is the same.");
  EXPECT_EQ(sum({Kind::Effect}),
            "It matches the same messages as before, and what it does has changed.");
}

TEST(Diff, RefusesARuleWithErrors) {
  const auto first = diff_rules("# No rule\n", kRule), second = diff_rules(kRule, "# No rule\n");
  ASSERT_FALSE(first || second);
  EXPECT_EQ(first.error().detail, "before");
  EXPECT_EQ(second.error().detail, "after");
}

}  // namespace
}  // namespace msghub
