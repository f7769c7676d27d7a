#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.h"
#include "pipeline/content.h"
#include "pipeline/execute.h"
#include "pipeline/retry.h"
#include "pipeline/trace.h"

namespace msghub {
namespace {

using std::chrono::milliseconds;

ExecutionError trouble(const std::string& code, bool recoverable = true) {
  return {code, "text", std::nullopt, recoverable};
}

TEST(Retry, GrowsUpToItsCapAndEnds) {
  const RetryPolicy policy;
  EXPECT_EQ(next_delay(policy, 1, trouble("http_503"), {}, 0.999999)->count(), 999);
  EXPECT_EQ(next_delay(policy, 1, trouble("http_503"), {}, 0)->count(), 500);
  EXPECT_EQ(next_delay(policy, 2, trouble("http_503"), {}, 0)->count(), 2'000);
  EXPECT_EQ(next_delay(policy, 7, trouble("http_503"), {}, 0)->count(), 15 * 60'000);
  EXPECT_FALSE(next_delay(policy, 8, trouble("http_503"), {}, 0));
}

TEST(Retry, NeverRepeatsWhatCannotGetBetter) {
  EXPECT_FALSE(next_delay({}, 1, trouble("extract_missing", false), {}, 0));
}

TEST(Retry, GivesAPoisonousMessageFewTries) {
  EXPECT_TRUE(next_delay({}, 2, trouble("worker_lost"), {}, 0));
  EXPECT_FALSE(next_delay({}, 3, trouble("worker_lost"), {}, 0));
  EXPECT_FALSE(next_delay({}, 3, trouble("deadline"), {}, 0));
}

TEST(Retry, HonoursTheTargetsWishWithinADay) {
  EXPECT_EQ(next_delay({}, 1, trouble("http_429"), milliseconds(60'000), 0)->count(), 60'000);
  EXPECT_EQ(next_delay({}, 1, trouble("http_429"), milliseconds(1), 0)->count(), 500);
  EXPECT_EQ(next_delay({}, 1, trouble("http_429"), std::chrono::hours(99), 0),
            milliseconds(24 * 3'600'000));
}

Execution with_results(const std::vector<ActionStatus>& states) {
  Execution execution;
  for (ActionStatus state : states) {
    ActionResult result;
    result.status = state;
    execution.action_results.push_back(result);
  }
  return execution;
}

TEST(FinalStatus, FollowsTheActions) {
  using enum ActionStatus;
  EXPECT_EQ(final_status(with_results({}), true), ExecutionStatus::Success);
  EXPECT_EQ(final_status(with_results({Success, Success}), true), ExecutionStatus::Success);
  EXPECT_EQ(final_status(with_results({Success, Failed}), true), ExecutionStatus::Partial);
  EXPECT_EQ(final_status(with_results({Success, Failed}), false), ExecutionStatus::Partial);
  EXPECT_EQ(final_status(with_results({Failed}), false), ExecutionStatus::Failed);
  EXPECT_EQ(final_status(with_results({Failed}), true), ExecutionStatus::Failed);
  EXPECT_EQ(final_status(with_results({}), false), ExecutionStatus::Failed);
}

TEST(Why, NamesTheConditionAndTheValueSeen) {
  TriggerCondition condition{"from", ConditionOperator::EndsWith, "@acme.com", {}, {}, 9};
  Explanation explanation;
  TriggerVerdict trigger;
  trigger.channel_fits = true;
  trigger.conditions = {{condition, "news@other.org", false}};
  explanation.triggers = {trigger};
  EXPECT_EQ(say_why(explanation, RuleStatus::Active, false),
            "line 9: the sender ends with \"@acme.com\", but it is \"news@other.org\"");
  explanation.triggers[0].conditions[0].seen.reset();
  EXPECT_EQ(say_why(explanation, RuleStatus::Active, false),
            "line 9: the sender ends with \"@acme.com\", but the message has none");
  explanation.triggers[0].channel_fits = false;
  EXPECT_EQ(say_why(explanation, RuleStatus::Active, false), "the rule watches another channel");
  explanation.matches = true;
  EXPECT_EQ(say_why(explanation, RuleStatus::Paused, false),
            "it would match, but the rule is paused");
}

RC_GTEST_PROP(Content, APartOfAnyMessageFitsAnItem,
              (const std::string& noise, std::uint16_t repeats)) {
  ParsedMessage message;
  const std::string unit = to_utf8(noise) + "\x01";
  for (int i = 0; i < repeats; ++i) message.body += unit;
  message.subject = message.body;
  message.to = message.body;
  message.payload = json::value(message.body);
  const bool cut = cut_to_item(message);
  const std::string text = to_json(to_json_value(message));
  RC_ASSERT(text.size() <= kParsedItemLimit);
  RC_ASSERT(is_utf8(text));
  RC_ASSERT(cut || message.body.size() <= kParsedFieldLimit);
}

}  // namespace
}  // namespace msghub
