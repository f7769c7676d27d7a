#include "rule/implication.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ctime>

#include "base/fold.h"
#include "rule/lint_conditions.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

using enum ConditionOperator;

TriggerCondition condition(ConditionOperator operator_, std::string value, bool negated = false) {
  TriggerCondition out;
  out.field = "subject";
  out.operator_ = operator_;
  out.value = std::move(value);
  if (negated) out.negated = true;
  return out;
}

TEST(Implication, KnowsWhatFollows) {
  EXPECT_TRUE(implies(condition(Contains, "invoice"), condition(Contains, "INV")));
  EXPECT_FALSE(implies(condition(Contains, "inv"), condition(Contains, "invoice")));
  EXPECT_TRUE(implies(condition(StartsWith, "re: a"), condition(StartsWith, "Re:")));
  EXPECT_TRUE(implies(condition(EndsWith, "a.pdf"), condition(Contains, ".pdf")));
  EXPECT_TRUE(implies(condition(Equals, " a b "), condition(Contains, "a b")));
  EXPECT_FALSE(implies(condition(Equals, "ab"), condition(StartsWith, "a")));  // " ab" is "ab"
  EXPECT_TRUE(implies(condition(Contains, "a", true), condition(Contains, "ab", true)));
  EXPECT_TRUE(implies(condition(Equals, "a"), condition(Contains, "b", true)));
  EXPECT_TRUE(implies(condition(Matches, "a+"), condition(Matches, "a+")));
  EXPECT_FALSE(implies(condition(Matches, "a+"), condition(Matches, "a")));
  TriggerCondition exact = condition(Contains, "Ab");
  exact.case_sensitive = true;
  EXPECT_TRUE(implies(exact, condition(Contains, "aB")));
  EXPECT_FALSE(implies(condition(Contains, "Ab"), exact));
}

TEST(Implication, KnowsWhatExcludes) {
  EXPECT_TRUE(excludes(condition(Equals, "a"), condition(Equals, "b")));
  EXPECT_FALSE(excludes(condition(Equals, "a"), condition(Equals, " A\n")));
  EXPECT_TRUE(excludes(condition(StartsWith, "x"), condition(Contains, "x", true)));
  EXPECT_TRUE(excludes(condition(StartsWith, "ab"), condition(StartsWith, "b")));
  EXPECT_FALSE(excludes(condition(StartsWith, "ab"), condition(StartsWith, "a")));
  EXPECT_TRUE(excludes(condition(Equals, "ab"), condition(EndsWith, "a")));
  EXPECT_FALSE(excludes(condition(Equals, "ab"), condition(EndsWith, "b ")));
  EXPECT_FALSE(excludes(condition(Contains, "a"), condition(Contains, "b")));
  EXPECT_FALSE(excludes(condition(Contains, "a", true), condition(Contains, "b", true)));
  TriggerCondition list = condition(Equals, "a");
  list.alternatives = {"b"};
  EXPECT_FALSE(excludes(list, condition(Equals, "b")));
  EXPECT_TRUE(excludes(list, condition(Equals, "c")));
}

TEST(Implication, LeavesFieldsWithSeveralValuesAlone) {
  TriggerCondition ann = condition(Equals, "ann@acme.com"), bob = condition(Equals, "bob@acme.com");
  ann.field = bob.field = "to";
  EXPECT_FALSE(excludes(ann, bob));  // both may be recipients
  ann.field = bob.field = "header:x-for";
  EXPECT_FALSE(excludes(ann, bob));  // a header may stand there several times
  bob.negated = true;
  EXPECT_FALSE(implies(ann, bob));
  ann.field = bob.field = "to";
  EXPECT_FALSE(implies(ann, bob));
  TriggerCondition none = condition(Contains, "/", true);
  none.field = "attachment.type";
  TriggerCondition pdf = condition(EndsWith, ".pdf");
  pdf.field = "attachment.name";
  EXPECT_TRUE(excludes(none, pdf));
  pdf.negated = true;
  EXPECT_FALSE(excludes(none, pdf));
}

TEST(Implication, KnowsPatternsThatFitEveryText) {
  for (const std::string_view pattern : {".*", "a*", "^.*", "x?|y", "(?:a|)", "^a*|b"})
    EXPECT_TRUE(fits_every_text(pattern)) << pattern;
  for (const std::string_view pattern : {"", "a+", "^$", ".*$", "^.*$", "\\b", "a|b", "^*"})
    EXPECT_FALSE(fits_every_text(pattern)) << pattern;
}

// What the conditions mean, in the obvious way.
std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
  return text.substr(std::min(text.find_first_not_of(" \n"), text.size()));
}
bool holds(const TriggerCondition& condition, const std::optional<std::string>& seen) {
  std::vector<std::string> values{condition.value};
  if (condition.alternatives)
    values.insert(values.end(), condition.alternatives->begin(), condition.alternatives->end());
  bool any = false;
  for (std::string value : values) {
    if (!seen) continue;
    std::string text = *seen;
    if (!condition.case_sensitive.value_or(false)) {
      text = fold_case(text);
      value = fold_case(value);
    }
    any = any || (condition.operator_ == Contains     ? text.contains(value)
                  : condition.operator_ == StartsWith ? text.starts_with(value)
                  : condition.operator_ == EndsWith   ? text.ends_with(value)
                                                      : trimmed(text) == trimmed(value));
  }
  return any != condition.negated.value_or(false);
}

std::string small_text() {
  std::string out;
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i)
    out += *rc::gen::element<std::string>("a", "A", "b", " ", "\n", "Σ", "σ", "İ", "K", "k");
  return out;
}

TriggerCondition any_condition() {
  TriggerCondition out = condition(*rc::gen::element(Contains, StartsWith, EndsWith, Equals),
                                   small_text(), *rc::gen::arbitrary<bool>());
  if (*rc::gen::arbitrary<bool>()) out.case_sensitive = true;
  if (*rc::gen::inRange(0, 3) == 0) out.alternatives = {small_text()};
  return out;
}

RC_GTEST_PROP(Implication, IsRightAboutEveryText, ()) {
  const TriggerCondition a = any_condition(), b = any_condition();
  const bool follows = implies(a, b), never = excludes(a, b);
  for (int i = 0; i < 60; ++i) {
    std::optional<std::string> text;
    // Mostly what is near to the values, as other texts tell nothing.
    if (i > 0)
      text = small_text() + *rc::gen::elementOf(std::vector<std::string>{a.value, b.value, ""}) +
             small_text();
    if (i == 1) text = a.value;
    if (i == 2) text = b.value;
    if (follows && holds(a, text)) RC_ASSERT(holds(b, text));
    if (never) RC_ASSERT(!(holds(a, text) && holds(b, text)));
  }
}

TEST(OpenSender, NamesTheStrangerThatGetsThrough) {
  const struct {
    ConditionOperator operator_;
    std::string_view value, stranger, better;
  } cases[] = {
      {Contains, "@acme.com", "x@acme.com.example.net", "ends with"},
      {Contains, "billing@acme.com", "billing@acme.com.example.net", "is"},
      {Contains, "acme.com", "x@acme.com.example.net", ""},
      {StartsWith, "billing@acme.com", "billing@acme.com.example.net", "is"},
      {EndsWith, "acme.com", "x@notacme.com", ""},
      {Matches, "acme\\.com", "x@acme.com.example.net", ""},
      {Matches, "@acme\\.com", "x@acme.com.example.net", "$"},
      {Matches, "^billing@acme\\.com", "billing@acme.com.example.net", "$"},
      {Matches, "acme\\.com$", "x@notacme.com", ""},
      {Matches, "(billing|sales)@acme\\.com", "…acme.com.example.net", "$"},
      {Matches, "^[a-z]+@mail\\.acme\\.com", "…mail.acme.com.example.net", "$"},
      {Contains, "@acme.", "", ""},
      {Contains, "newsletter", "", ""},
      {StartsWith, "billing@", "", ""},
      {StartsWith, "no-reply", "", ""},
      {EndsWith, "@acme.com", "", ""},
      {EndsWith, ".acme.com", "", ""},
      {Equals, "billing@acme.com", "", ""},
      {Matches, "@acme\\.com$", "", ""},
      {Matches, "@acme\\.com\\z", "", ""},
      {Matches, "^billing@", "", ""},
      {Matches, "(billing|sales)@acme\\.com$", "", ""},
      {Matches, "@(acme|other)\\.(com|org)", "", ""},
      {Matches, "a\\.b\\d", "", ""},
  };
  for (const auto& [operator_, value, stranger, better] : cases) {
    const OpenSender open = open_sender(operator_, value);
    EXPECT_EQ(open.stranger, stranger) << value;
    EXPECT_EQ(open.better, better) << value;
  }
}

TEST(Lint, SaysNothingOfOrdinaryRules) {
  for (const std::string conditions :
       {"- the sender ends with \"@acme.com\"\n- the sender is not \"news@acme.com\"\n",
        "- the subject contains \"invoice\"\n- the subject does not contain \"reminder\"\n",
        "- the recipient is \"a@b.com\"\n- the recipient is \"c@d.com\"\n",
        "- it has an attachment\n- an attachment name ends with \".pdf\"\n",
        "- the subject matches /a/\n- the subject matches /b/\n",
        "- the subject starts with \"Re:\"\n- the subject contains \"invoice\"\n",
        "- the sender contains \"newsletter\" or \"noreply\"\n",
        "- the subject is \"a\" or \"b\"\n- the body is \"b\"\n"})
    EXPECT_TRUE(compile_rule(test::rule_with_conditions(conditions)).diagnostics.empty())
        << conditions;
}

TEST(Lint, TakesLittleTimeOnLongRules) {
  std::string conditions, list;
  for (int i = 0; i < 5000; ++i) {
    conditions += "- the subject contains \"" + std::to_string(i) + "x\"\n";
    list += (i == 0 ? "\"" : ", \"") + std::to_string(i) + "y\"";
  }
  const std::clock_t start = std::clock();
  compile_rule(test::rule_with_conditions(conditions + "- the body is any of " + list + "\n"));
  EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 30) << "seconds of the processor";
}

}  // namespace
}  // namespace msghub
