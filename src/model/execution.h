#pragma once

#include <array>
#include <cstdint>

#include "base/describe.h"
#include "model/ids.h"
#include "model/rule.h"

namespace msghub {

enum class ExecutionStatus { Running, Success, Partial, Failed };
inline constexpr std::array<WireName<ExecutionStatus>, 4> kExecutionStatusNames{
    {{ExecutionStatus::Running, "running"},
     {ExecutionStatus::Success, "success"},
     {ExecutionStatus::Partial, "partial"},
     {ExecutionStatus::Failed, "failed"}}};
constexpr auto& wire_names(ExecutionStatus) { return kExecutionStatusNames; }

enum class ActionStatus { Success, Failed };
inline constexpr std::array<WireName<ActionStatus>, 2> kActionStatusNames{
    {{ActionStatus::Success, "success"}, {ActionStatus::Failed, "failed"}}};
constexpr auto& wire_names(ActionStatus) { return kActionStatusNames; }

// The last word on one action of an execution.
struct ActionResult {
  ActionType action_type{};
  std::int64_t order = 0;
  ActionStatus status{};
  Timestamp started_at{};
  Timestamp completed_at{};
  std::optional<json::value> output;
  std::optional<std::string> error;
  std::optional<bool> continued;  // it failed and the rule went on ("continue on error")
};
BOOST_DESCRIBE_STRUCT(ActionResult, (),
                      (action_type, order, status, started_at, completed_at, output, error,
                       continued))

// Started: written before anything happens outside. Unknown: it may have had its effect (a cut
// connection, a time-out, a hub or worker that died in between).
enum class AttemptStatus { Started, Success, Failed, Unknown };
inline constexpr std::array<WireName<AttemptStatus>, 4> kAttemptStatusNames{
    {{AttemptStatus::Started, "started"},
     {AttemptStatus::Success, "success"},
     {AttemptStatus::Failed, "failed"},
     {AttemptStatus::Unknown, "unknown"}}};
constexpr auto& wire_names(AttemptStatus) { return kAttemptStatusNames; }

// One try of one action: the journal from which a resumed execution knows what is done.
struct ActionAttempt {
  std::int64_t order = 0;
  std::int64_t attempt = 1;  // 1, 2, 3 … of this action
  ActionType action_type{};
  std::string idempotency_key;  // hex; the same for every attempt of the action
  std::string target;           // what it talks to, without secrets
  AttemptStatus status = AttemptStatus::Started;
  Timestamp started_at{};
  std::optional<Timestamp> completed_at;
  std::optional<std::string> error;  // why it failed, or why nobody knows
  // Outputs of the attachments that this attempt got done, of an action "for each attachment" that
  // has not succeeded yet. The next attempt goes on behind them.
  std::optional<std::vector<json::value>> items;
};
BOOST_DESCRIBE_STRUCT(ActionAttempt, (),
                      (order, attempt, action_type, idempotency_key, target, status, started_at,
                       completed_at, error, items))

struct ExecutionError {
  std::string code;  // "extract_missing", "http_503", "worker_lost" …
  std::string message;
  std::optional<std::string> stack;
  bool recoverable = false;
};
BOOST_DESCRIBE_STRUCT(ExecutionError, (), (code, message, stack, recoverable))

// What is left to do once an execution has failed for good: the steps of "If it fails". There from
// that moment on, so that a hub that takes the execution up does not try the rule again.
struct FailureRun {
  Timestamp failed_at{};
  ExecutionStatus status = ExecutionStatus::Failed;  // of the rule's own actions; the final one
  std::int64_t first_order = 0;                      // of these steps: they follow the rule's
  std::int64_t tries = 0;                            // of these steps
  std::optional<ExecutionError> error;               // why their last try did not end well
};
BOOST_DESCRIBE_STRUCT(FailureRun, (), (failed_at, status, first_order, tries, error))

// Somebody had an ended execution run again: when and who, and what it was until then.
struct ExecutionRetry {
  Timestamp at{};
  std::string by;                                    // as in the audit log: "owner"
  ExecutionStatus status = ExecutionStatus::Failed;  // that it had ended with
  std::int64_t rule_version = 0;
  std::int64_t tries = 0;  // until then
  std::optional<ExecutionError> error;
};
BOOST_DESCRIBE_STRUCT(ExecutionRetry, (), (at, by, status, rule_version, tries, error))

// One rule on one message.
struct Execution {
  ExecutionId id;
  RuleId rule_id;
  MessageId message_id;
  std::int64_t rule_version = 0;  // Rule.codeVersion that runs; pinned when the message matched
  Timestamp started_at{};
  std::optional<Timestamp> completed_at;
  ExecutionStatus status = ExecutionStatus::Running;
  json::object extracted_data;
  std::vector<ActionResult> action_results;  // by order
  std::vector<ActionAttempt> attempts;       // by time
  std::int64_t tries = 0;                    // how often a worker has taken it up
  std::optional<Timestamp> next_attempt_at;  // set while it waits for a retry
  std::optional<ExecutionError> error;       // of the rule
  std::optional<FailureRun> failure;
  std::optional<std::vector<ExecutionRetry>> retries;  // by time
  std::vector<std::string> logs;
  std::int64_t duration_ms = 0;  // time in workers, without waiting for retries
  std::optional<double> cost_estimate;
  std::optional<std::string> lease_owner;  // the hub that may write it while it is running
  std::optional<std::int64_t> ttl;         // seconds since 1970; startedAt + the time of retention
};
BOOST_DESCRIBE_STRUCT(Execution, (),
                      (id, rule_id, message_id, rule_version, started_at, completed_at, status,
                       extracted_data, action_results, attempts, tries, next_attempt_at, error,
                       failure, retries, logs, duration_ms, cost_estimate, lease_owner, ttl))

// The one execution of a rule on a message, whatever version of the rule ran it.
inline ExecutionId execution_id(const MessageId& message, const RuleId& rule) {
  return ExecutionId{uuid_of("execution\n" + message.value + "\n" + rule.value)};
}

// Hex SHA-256 over user, message, rule, rule version and action order, one per line: what a target
// uses to notice a repeat. Constant over retries, but for the steps of "If it fails": once somebody
// has had the execution run again, a failure is another one, and `retries` a line of its own.
inline std::string idempotency_key(const UserId& user, const MessageId& message, const RuleId& rule,
                                   std::int64_t rule_version, std::int64_t order,
                                   std::int64_t retries = 0) {
  return sha256_hex(user.value + "\n" + message.value + "\n" + rule.value + "\n" +
                    std::to_string(rule_version) + "\n" + std::to_string(order) +
                    (retries > 0 ? "\n" + std::to_string(retries) : ""));
}

}  // namespace msghub
