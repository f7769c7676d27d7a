#include "match/matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ctime>

namespace msghub {
namespace {

using testing::ElementsAre;
using enum ConditionOperator;

const ChannelId kInbox{"inbox"};
const ChannelId kHook{"hook"};

ParsedMessage invoice() {
  ParsedMessage message;
  message.from = "Billing@Acme.com";
  message.to = "ap@example.com, boss@example.org";
  message.subject = "  Rechnung INV-1042 für ΑΣΟΣ \r\n";
  message.body = "Hello,\r\nTotal: $1,204.50\nBye";
  message.headers = {{"list-id", "Finance <finance.acme.com>"},
                     {"received", "from 10.0.0.1\nby mx.acme.com\n"},
                     {"x-empty", ""}};
  message.attachments = {
      {{"logo.png", "image/png", 3, "", ""}, {"Rechnung.PDF", "application/pdf", 5, "", ""}}};
  message.payload =
      *parse_json(R"({"order":{"total":1204.5,"paid":true,"note":null,"id":18446744073709551615},)"
                  R"("items":[{"sku":"A-1"},{"sku":"B-2","2":"y","1":"x"}],"tiny":1e-7})");
  return message;
}

bool holds(TriggerCondition condition, const ParsedMessage& message = invoice()) {
  const std::vector<TriggerConfig> triggers{{kInbox, {std::move(condition)}}};
  const MatchInput input{kInbox, &message};
  const bool matched = !Matcher({{RuleId{"r"}, triggers}}).match(input).empty();
  EXPECT_EQ(naive_match(triggers, input), matched);
  EXPECT_EQ(explain(triggers, input).matches, matched);
  return matched;
}

TEST(Matcher, DecidesOneCondition) {
  const struct {
    std::string field;
    std::string value;
    ConditionOperator operator_;
    bool holds;
    bool case_sensitive = false;
  } cases[] = {
      {"from", "@acme.com", EndsWith, true},
      {"from", "@acme.com", EndsWith, false, true},
      {"from", "x@billing@acme.com", EndsWith, false},
      {"from", "BILLING@", StartsWith, true},
      {"from", "billing@acme.com", Equals, true},
      {"from", "billing@acme", Equals, false},
      {"subject", "ΑΣΟΣ", Contains, true},
      {"subject", "ασος", Contains, false},  // U+03C2 is another letter
      {"subject", "\trechnung inv-1042 FÜR ασοσ", Equals, true},
      {"subject", "", Contains, true},
      {"subject", "inv-\\d+", Matches, true},
      {"subject", "inv-\\d+", Matches, false, true},
      {"subject", "^inv", Matches, false},
      {"body", "hello,\ntotal", Contains, true},
      {"body", "Hello,$", Matches, false},
      {"body", "(?m)Hello,$", Matches, true},
      {"body", "Hello.*Bye", Matches, false},
      {"body", "(?s)Hello.*Bye", Matches, true},
      {"to", "boss@example.org", Equals, true},
      {"to", "boss@", StartsWith, true},
      {"to", ", ", Contains, false},
      {"json:order.total", "1204.5", Equals, true},
      {"json:order.paid", "TRUE", Equals, true},
      {"json:order.id", "18446744073709551615", Equals, true},
      {"json:order.note", "", Contains, false},
      {"json:order.missing", "", Contains, false},
      {"json:items[1].sku", "b-2", Equals, true},
      {"json:items[2].sku", "", Contains, false},
      {"json:items[1]", R"({"1":"x","2":"y","sku":"B-2"})", Equals, true, true},
      {"json:tiny", "1e-7", Equals, true},
      {"header", "", Contains, false},
      {"header:list-id", "finance.ACME", Contains, true},
      {"header:list-id", "finance.ACME", Contains, false, true},
      {"header:x-empty", "", Equals, true},
      {"header:x-other", "", Contains, false},
      {"header:received", "by mx.acme.com", Equals, true},
      {"header:received", "from 10.0.0.1", StartsWith, true},
      {"header:received", "acme.com$", Matches, true},
      {"header:received", "acme.com\\sfrom", Matches, false},
      {"header:received", "", Equals, true},
      {"attachment.name", ".pdf", EndsWith, true},
      {"attachment.name", ".pdf", EndsWith, false, true},
      {"attachment.name", "logo.png, Rechnung.PDF", Equals, false},
      {"attachment.type", "image/", StartsWith, true},
      {"attachment.type", "^application/(pdf|zip)$", Matches, true},
      {"attachment.size", "", Contains, false},
  };
  for (const auto& row : cases) {
    TriggerCondition condition{row.field, row.operator_, row.value, {}, row.case_sensitive, {}, {}};
    EXPECT_EQ(holds(condition), row.holds) << row.field << " " << row.value;
    condition.negated = true;
    EXPECT_EQ(holds(condition), !row.holds) << "not: " << row.field << " " << row.value;
  }
}

TEST(Matcher, TakesOneOfSeveralValues) {
  const struct {
    ConditionOperator operator_;
    std::string value;
    std::vector<std::string> alternatives;
    bool holds;
    bool case_sensitive = false;
  } cases[] = {
      {Contains, "bill", {"INV-"}, true},
      {Contains, "bill", {"inv-"}, false, true},
      {Contains, "INV-", {"bill"}, true, true},
      {Contains, "bill", {"order", "receipt"}, false},
      {Contains, "bill", {}, false},
      {Equals, "x", {" rechnung inv-1042 für ΑΣΟΣ"}, true},
      {StartsWith, "x", {"y", "  rech"}, true},
      {EndsWith, "x", {" \r\n"}, true},
      {Matches, "^x", {"inv-\\d+"}, true},
      {Matches, "^x", {"inv-\\d+"}, false, true},
  };
  for (const auto& row : cases) {
    TriggerCondition condition{
        "subject", row.operator_, row.value, row.alternatives, row.case_sensitive, {}, {}};
    EXPECT_EQ(holds(condition), row.holds) << row.value;
    condition.negated = true;
    EXPECT_EQ(holds(condition), !row.holds) << "not: " << row.value;
  }
  // Each of the field's values is tried with each of the condition's.
  EXPECT_TRUE(holds({"to", Equals, "eve@example.com", {{"boss@example.org"}}, {}, {}, {}}));
  EXPECT_FALSE(holds({"to", Equals, "eve@example.com", {{"boss@example.org"}}, {}, true, {}}));
}

TEST(Matcher, TakesAnAbsentFieldForEmptyOfAnyText) {
  ParsedMessage message;
  for (const std::string field :
       {"subject", "to", "json:x", "header:x", "attachment.name", "attachment.type"}) {
    EXPECT_FALSE(holds({field, Contains, "", {}, {}, {}, {}}, message)) << field;
    EXPECT_TRUE(holds({field, Contains, "", {}, {}, true, {}}, message)) << field;
  }
  EXPECT_TRUE(holds({"from", Equals, "", {}, {}, {}, {}}, message));
}

TEST(Matcher, NamesRulesInTheirOrderAndOnce) {
  const ParsedMessage message = invoice();
  const TriggerCondition yes{"from", Contains, "acme", {}, {}, {}};
  const TriggerCondition no{"from", Contains, "nobody", {}, {}, {}};
  const Matcher matcher({
      {RuleId{"both triggers"}, {{kInbox, {yes}}, {kHook, {yes}}, {kInbox, {}}}},
      {RuleId{"other channel"}, {{kHook, {yes}}}},
      {RuleId{"one condition fails"}, {{kInbox, {yes, no}}}},
      {RuleId{"second trigger"}, {{kInbox, {no}}, {kInbox, {yes, yes}}}},
      {RuleId{"no triggers"}, {}},
      {RuleId{"everything"}, {{kInbox, {}}}},
  });
  EXPECT_THAT(matcher.match({kInbox, &message}),
              ElementsAre(RuleId{"both triggers"}, RuleId{"second trigger"}, RuleId{"everything"}));
  EXPECT_THAT(matcher.match({ChannelId{"unknown"}, &message}), ElementsAre());
  EXPECT_TRUE(matcher.broken().empty());
}

TEST(Matcher, NeverMatchesARuleWithABrokenPattern) {
  const ParsedMessage message = invoice();
  const TriggerCondition broken{"body", Matches, "(", {}, true, {}};
  const std::vector<TriggerConfig> triggers{{kInbox, {}}, {kHook, {broken}}};
  const Matcher matcher({{RuleId{"broken"}, triggers}, {RuleId{"good"}, {{kInbox, {}}}}});
  EXPECT_THAT(matcher.match({kInbox, &message}), ElementsAre(RuleId{"good"}));
  EXPECT_THAT(matcher.broken(), ElementsAre(RuleId{"broken"}));
  EXPECT_FALSE(naive_match(triggers, {kInbox, &message}));
  EXPECT_FALSE(explain(triggers, {kInbox, &message}).matches);
  EXPECT_FALSE(holds({"from", Matches, "", {{"("}}, {}, {}, {}}));
}

TEST(Explain, SaysWhatEachConditionSaw) {
  ParsedMessage message = invoice();
  message.body = "";
  for (int i = 0; i < 300; ++i) message.body += "ä";
  const std::vector<TriggerConfig> triggers{{kHook, {{"from", Contains, "acme", {}, {}, {}}}},
                                            {kInbox,
                                             {{"to", Contains, "boss", {}, {}, {}, 9},
                                              {"json:none", Contains, "x", {}, {}, true, 10},
                                              {"body", Contains, "x", {}, {}, {}, 11}}}};
  const Explanation explanation = explain(triggers, {kInbox, &message});
  EXPECT_FALSE(explanation.matches);
  ASSERT_EQ(explanation.triggers.size(), 2U);
  EXPECT_FALSE(explanation.triggers[0].channel_fits);
  EXPECT_TRUE(explanation.triggers[0].conditions.empty());
  const TriggerVerdict& verdict = explanation.triggers[1];
  EXPECT_TRUE(verdict.channel_fits);
  EXPECT_FALSE(verdict.holds);
  ASSERT_EQ(verdict.conditions.size(), 3U);
  EXPECT_EQ(verdict.conditions[0].seen, "ap@example.com, boss@example.org");
  EXPECT_TRUE(verdict.conditions[0].holds);
  EXPECT_EQ(verdict.conditions[1].seen, std::nullopt);
  EXPECT_TRUE(verdict.conditions[1].holds);
  EXPECT_EQ(verdict.conditions[2].seen, message.body.substr(0, 400));
  EXPECT_FALSE(verdict.conditions[2].holds);
  EXPECT_EQ(verdict.conditions[2].condition.line, 11);
}

TEST(Matcher, TakesLinearTimeOnEvilTexts) {
  ParsedMessage message;
  message.body = std::string(std::size_t{1024} * 1024, 'a');
  const std::string half(500, 'a');
  const Matcher matcher({{RuleId{"r"},
                          {{kInbox, {{"body", Matches, "(a*)*(a|aa)+$x", {}, {}, {}}}},
                           {kInbox, {{"body", Matches, "(.*a){20}b", {}, {}, {}}}},
                           {kInbox, {{"body", Contains, half + "b" + half, {}, {}, {}}}},
                           {kInbox, {{"body", Contains, half + half + "b", {}, {}, {}}}}}}});
  const std::clock_t start = std::clock();
  EXPECT_TRUE(matcher.match({kInbox, &message}).empty());
  EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 30) << "seconds of the processor";
}

// Texts of few characters, so that random conditions often hold.
rc::Gen<std::string> small_text() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
          "a", "A", "b", "B", "Σ", "σ",  "ς",    "İ",  "i", "I", "ß",    "ẞ",
          "Å", "å", "𐐀", "𐐨", " ", "\n", "\r\n", "\t", ".", "1", "\xFF", ", "})),
      [](const std::vector<std::string>& pieces) {
        std::string out;
        for (std::size_t i = 0; i < pieces.size() && i < 6; ++i) out += pieces[i];
        return out;
      });
}

template <class T>
rc::Gen<std::optional<T>> maybe(rc::Gen<T> gen) {
  return rc::gen::oneOf(
      rc::gen::just(std::optional<T>()),
      rc::gen::map(std::move(gen), [](T value) { return std::optional<T>(value); }));
}

TriggerCondition any_condition() {
  TriggerCondition condition;
  condition.field = *rc::gen::element<std::string>(
      "subject", "body", "from", "to", "json:a.b", "json:a", "json:list[1]", "json:none", "what",
      "header:x", "header:none", "attachment.name", "attachment.type");
  condition.operator_ = *rc::gen::element(Contains, Equals, Matches, StartsWith, EndsWith);
  const auto value = [&] {
    if (condition.operator_ != Matches) return small_text();
    return rc::gen::element<std::string>("a", "^b+", "[aσ]$", "(?i)ß", "\\d", "a.b", "^$",
                                         "\\pL{2}", "", "[^ai]", "^\\S*$", "ς|å", "(?s)^.{2,4}$",
                                         "\\C");
  };
  condition.value = *value();
  condition.alternatives = *maybe(rc::gen::container<std::vector<std::string>>(value()));
  condition.case_sensitive = *maybe(rc::gen::arbitrary<bool>());
  condition.negated = *maybe(rc::gen::arbitrary<bool>());
  return condition;
}

ChannelId any_channel() { return *rc::gen::element(kInbox, kHook); }

ParsedMessage any_message() {
  ParsedMessage message;
  message.from = *small_text();
  message.to = *maybe(small_text());
  message.subject = *maybe(small_text());
  message.body = *small_text();
  if (*rc::gen::arbitrary<bool>())
    message.headers = {{"x", *small_text() + *rc::gen::element("", "\n") + *small_text()}};
  if (*rc::gen::arbitrary<bool>()) {
    message.attachments.emplace(*rc::gen::inRange<std::size_t>(0, 3));
    for (Attachment& attachment : *message.attachments) {
      attachment.filename = *small_text();
      attachment.content_type = *small_text();
    }
  }
  if (*rc::gen::arbitrary<bool>()) {
    json::object inner{{"b", *small_text()}};
    json::array list{nullptr, *rc::gen::inRange(0, 3)};
    message.payload = json::object{{"a", inner}, {"list", list}};
  }
  return message;
}

std::vector<TriggerConfig> any_triggers() {
  std::vector<TriggerConfig> triggers(*rc::gen::inRange<std::size_t>(0, 4));
  for (TriggerConfig& trigger : triggers) {
    trigger.channel_id = any_channel();
    trigger.conditions.resize(*rc::gen::inRange<std::size_t>(0, 3));
    for (TriggerCondition& condition : trigger.conditions) condition = any_condition();
  }
  return triggers;
}

RC_GTEST_PROP(Matcher, AgreesWithTheObviousWay, ()) {
  std::vector<RuleTriggers> rules(*rc::gen::inRange<std::size_t>(0, 6));
  for (std::size_t i = 0; i < rules.size(); ++i)
    rules[i] = {RuleId{std::to_string(i)}, any_triggers()};
  const Matcher matcher(rules);
  for (int round = 0; round < 10; ++round) {
    const ParsedMessage message = any_message();
    const MatchInput input{any_channel(), &message};
    std::vector<RuleId> expected;
    for (const RuleTriggers& rule : rules) {
      const bool matches = naive_match(rule.triggers, input);
      RC_ASSERT(explain(rule.triggers, input).matches == matches);
      if (matches) expected.push_back(rule.rule_id);
    }
    RC_ASSERT(matcher.match(input) == expected);
  }
}

}  // namespace
}  // namespace msghub
