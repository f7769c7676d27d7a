#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.h"
#include "pipeline/content.h"
#include "pipeline/execute.h"
#include "pipeline/job.h"
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

TEST(Retry, KeepsToWhatTheRuleSays) {
  const RetryPolicy none = retry_policy_of({}, 0, {});
  EXPECT_FALSE(next_delay(none, 1, trouble("http_503"), {}, 0));
  EXPECT_FALSE(next_delay(none, 1, trouble("worker_lost"), {}, 0));
  const RetryPolicy twice = retry_policy_of({}, 2, {});
  EXPECT_EQ(next_delay(twice, 2, trouble("http_503"), {}, 0)->count(), 2'000);
  EXPECT_FALSE(next_delay(twice, 3, trouble("http_503"), {}, 0));
  EXPECT_EQ(retry_policy_of({}, {}, {}).tries, RetryPolicy{}.tries);
}

TEST(Retry, HoldsALongerListOfTriesForTimeLimitsButNotForLostWorkers) {
  const RetryPolicy ten = retry_policy_of({}, 10, {});
  EXPECT_TRUE(next_delay(ten, 10, trouble("deadline"), {}, 0));
  EXPECT_FALSE(next_delay(ten, 3, trouble("worker_lost"), {}, 0));
}

// The sum of all pauses, each at the upper end of what may be drawn.
double spread(std::int64_t retries, std::int64_t over_ms) {
  const RetryPolicy policy = retry_policy_of({}, retries, over_ms);
  double sum = 0;
  std::int64_t last = 0;
  for (std::int64_t tries = 1; tries <= retries; ++tries) {
    const std::int64_t delay =
        next_delay(policy, tries, trouble("http_503"), {}, 0.999999)->count();
    EXPECT_GE(delay, last);
    last = delay;
    sum += static_cast<double>(delay);
  }
  EXPECT_FALSE(next_delay(policy, retries + 1, trouble("http_503"), {}, 0));
  return sum;
}

TEST(Retry, SpreadsTheTriesOverTheTimeThatTheRuleGives) {
  const RetryPolicy policy = retry_policy_of({}, 5, 2 * 3'600'000);
  // 1/25 of two hours, then 3/25 …
  EXPECT_EQ(next_delay(policy, 1, trouble("http_503"), {}, 0.999999)->count(), 287'999);
  EXPECT_EQ(next_delay(policy, 2, trouble("http_503"), {}, 0.999999)->count(), 863'999);
  EXPECT_EQ(next_delay(policy, 1, trouble("http_503"), {}, 0)->count(), 259'200);
}

RC_GTEST_PROP(Retry, TheLastFallsAtTheEndOfTheTime, ()) {
  const std::int64_t retries = *rc::gen::inRange<std::int64_t>(1, 101);
  const std::int64_t over = *rc::gen::inRange<std::int64_t>(1'000, 30LL * 86'400'000);
  const double sum = spread(retries, over);
  RC_ASSERT(sum <= static_cast<double>(over));
  RC_ASSERT(sum >= static_cast<double>(over) * 0.99999 - 2.0 * static_cast<double>(retries));
}

ActionAttempt attempt_of(std::int64_t order, AttemptStatus status) {
  ActionAttempt attempt;
  attempt.order = order;
  attempt.status = status;
  return attempt;
}

TEST(Retry, CountsNoTryThatGotAnAttachmentDone) {
  Execution execution;
  const auto counted = [&](const char* code) {
    return tries_that_count(execution, trouble(code), 7);
  };
  EXPECT_EQ(counted("deadline"), 7);
  execution.attempts = {attempt_of(0, AttemptStatus::Success),
                        attempt_of(1, AttemptStatus::Unknown)};
  EXPECT_EQ(counted("deadline"), 7) << "no step for each attachment";
  execution.attempts.back().items = {json::value(1)};
  EXPECT_EQ(counted("deadline"), 1);
  EXPECT_EQ(counted("http_503"), 7);
  for (int i = 0; i < 3; ++i) execution.attempts.push_back(attempt_of(1, AttemptStatus::Unknown));
  EXPECT_EQ(counted("deadline"), 3) << "three in vain since";
  EXPECT_EQ(tries_that_count(execution, trouble("deadline"), 1), 1) << "but one since a retry";
}

TEST(Retry, NoticesAClockThatWentBack) {
  Execution execution;
  const Timestamp now = *from_iso8601("2026-11-22T10:00:00Z");
  EXPECT_FALSE(clock_went_back(execution, now));
  execution.attempts = {attempt_of(0, AttemptStatus::Failed)};
  execution.attempts.back().started_at = execution.attempts.back().completed_at.emplace(now);
  EXPECT_FALSE(clock_went_back(execution, now));
  EXPECT_TRUE(clock_went_back(execution, now - std::chrono::hours(24)));
}

TEST(FailedOrder, IsThatOfTheLastAttemptOfTheRule) {
  Execution execution;
  EXPECT_FALSE(failed_order(execution)) << "it failed before its first action";
  execution.attempts = {attempt_of(0, AttemptStatus::Success),
                        attempt_of(1, AttemptStatus::Failed)};
  EXPECT_EQ(failed_order(execution), 1);
  execution.attempts.push_back(attempt_of(2, AttemptStatus::Unknown));
  execution.failure = FailureRun{.first_order = 2};
  EXPECT_EQ(failed_order(execution), 1) << "the steps behind the rule's do not count";
  execution.action_results.resize(1);
  execution.action_results[0].order = 1;
  execution.action_results[0].continued = true;
  EXPECT_FALSE(failed_order(execution));
}

TEST(Policy, OfARuleIsWhatItsMetadataSays) {
  RuleMetadata metadata;
  metadata.actions.resize(2);
  EXPECT_EQ(policy_of(metadata), RulePolicy{.steps = 2});
  metadata.failure = RuleFailure{5, 60'000, std::vector<ActionConfig>(1)};
  metadata.settings = RuleSettings{.time_limit_ms = 30'000};
  metadata.actions[1].for_each = "attachment";
  const RulePolicy policy = policy_of(metadata);
  EXPECT_EQ(policy, (RulePolicy{2, 1, 5, 60'000, 30'000, true}));
  EXPECT_EQ(from_json_value<RulePolicy>(to_json_value(policy)).value(), policy);
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
  TriggerCondition condition{"from", ConditionOperator::EndsWith, "@acme.com", {}, {}, {}, 9};
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

TEST(Why, SaysConditionsInWords) {
  TriggerCondition condition;
  condition.field = "attachment.name";
  condition.operator_ = ConditionOperator::EndsWith;
  condition.value = ".pdf";
  EXPECT_EQ(condition_in_words(condition), "an attachment's name ends with \".pdf\"");
  condition.field = "header:list-id";
  condition.operator_ = ConditionOperator::Contains;
  condition.alternatives = {"b", "c"};
  condition.case_sensitive = true;
  EXPECT_EQ(condition_in_words(condition),
            "the header \"list-id\" contains any of \".pdf\", \"b\" or \"c\" (exact case)");
  condition.field = "attachment.type";
  condition.operator_ = ConditionOperator::Matches;
  condition.negated = true;
  condition.alternatives = {"b"};
  EXPECT_EQ(condition_in_words(condition),
            "an attachment's type does not match any of /.pdf/ or /b/ (exact case)");
  condition = {};
  condition.field = "subject";
  condition.operator_ = ConditionOperator::Matches;
  condition.value = kHasContent;
  EXPECT_EQ(condition_in_words(condition), "the subject is not empty");
  condition.negated = true;
  EXPECT_EQ(condition_in_words(condition), "the subject is empty");
  condition.field = "json:note";
  condition.value = kJsonHasContent;
  EXPECT_EQ(condition_in_words(condition), "`note` is empty");
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
