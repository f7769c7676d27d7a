#pragma once

#include "blob/blobs.h"
#include "match/matcher.h"
#include "model/execution.h"
#include "pipeline/rulebook.h"
#include "store/tables.h"

namespace msghub {

// The condition as a rule says it: `the sender ends with "@acme.com"`. Pure.
std::string condition_in_words(const TriggerCondition& condition);

// Why a rule did, or did not, act on a message.
struct RuleTrace {
  RuleId rule_id;
  std::string name;
  RuleStatus status{};        // now
  bool matched_then = false;  // the rule was among the matched ones when the message came
  bool matches_now = false;   // the rule as it is now would match
  std::string why;            // one sentence for people
  Explanation explanation;    // of the rule as it is now
  std::optional<ExecutionId> execution_id;
  std::optional<ExecutionStatus> execution_status;
  std::optional<Timestamp> next_attempt_at;            // it waits for its next try
  std::optional<ExecutionError> error;                 // of the last try
  std::optional<std::vector<ExecutionRetry>> retries;  // somebody had it run again
};
BOOST_DESCRIBE_STRUCT(RuleTrace, (),
                      (rule_id, name, status, matched_then, matches_now, why, explanation,
                       execution_id, execution_status, next_attempt_at, error, retries))

// All rules of the message's owner, those that are not active included; `only` restricts to one.
// Refuses (NotFound) an unknown message, or one of another user.
Task<Result<std::vector<RuleTrace>>> trace_message(MessageId id, UserId user,
                                                   std::optional<RuleId> only, Tables& tables,
                                                   Blobs& blobs, Rulebook& rulebook);

// The sentence for an explanation: which condition failed and what it saw. Pure.
std::string say_why(const Explanation& explanation, RuleStatus status, bool matched_then);

}  // namespace msghub
