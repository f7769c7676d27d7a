#include "pipeline/execute.h"

#include <random>

#include "base/log.h"
#include "pipeline/content.h"
#include "pipeline/job.h"
#include "pipeline/journal.h"
#include "pipeline/policy.h"
#include "store/executions.h"
#include "store/messages.h"
#include "store/rules.h"

namespace msghub {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t kLogInline = 3 * 1024;  // bytes; longer logs go to a blob

double random_unit() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

// Makes ready for another try: the result of the action that stopped the rule goes, so that the
// action is tried again. Once the rule has failed for good, its own results stay.
void reopen(Execution& execution, Timestamp now) {
  close_open_attempts(execution, now);
  const std::int64_t first = execution.failure ? execution.failure->first_order : 0;
  std::erase_if(execution.action_results, [&](const ActionResult& result) {
    return result.order >= first && result.status == ActionStatus::Failed &&
           !result.continued.value_or(false);
  });
  execution.next_attempt_at.reset();
  if (execution.failure) {
    execution.failure->error.reset();
    ++execution.failure->tries;
  } else {
    execution.error.reset();
    ++execution.tries;
  }
}

ExecutionError without_hope(const std::string& code, const std::string& why) {
  return {code, shortened(why, kErrorTextLimit), std::nullopt, false};
}

// Why the try under way, of the rule or of the steps behind it, did not end well.
void note_error(Execution& execution, std::optional<ExecutionError> error) {
  if (error) {
    error->message = shortened(error->message, kErrorTextLimit);
    if (error->stack) error->stack = shortened(*error->stack, kErrorTextLimit);
  }
  (execution.failure ? execution.failure->error : execution.error) = std::move(error);
}

// Since its message matched, or since somebody had it run again.
std::int64_t tries_of_run(const Execution& execution) {
  return execution.tries - (execution.retries ? execution.retries->back().tries : 0);
}

// An execution counts once, and once as one that failed, however often it is run again.
Update count_at_rule(const Execution& execution) {
  bool error_counted = false;
  for (const ExecutionRetry& retry : execution.retries.value_or(std::vector<ExecutionRetry>()))
    error_counted |= retry.error.has_value();
  return add_execution_to_rule(execution.rule_id, *execution.completed_at,
                               execution.error && !error_counted, execution.retries.has_value());
}

// The last write of an execution, together with its rule's counters. NotOurs when another hub has
// taken it meanwhile and works on it.
Task<TryEnd> record(Execution& execution, UserId user, bool ended_well, ExecuteServices& services) {
  execution.status =
      execution.failure ? execution.failure->status : final_status(execution, ended_well);
  if (execution.failure && execution.failure->error)
    execution.logs.push_back("If it fails: " + execution.failure->error->code + ": " +
                             execution.failure->error->message);
  execution.completed_at = services.clock.now();
  close_open_attempts(execution, *execution.completed_at);
  std::size_t size = 0;
  std::string text;
  for (const std::string& line : execution.logs) size += line.size() + 1;
  if (size > kLogInline && user.empty()) {
    execution.logs = {kLeftOut};
  } else if (size > kLogInline) {
    for (const std::string& line : execution.logs) text += line + "\n";
    const std::string path = log_blob_path(user, execution.id);
    const Result<void> kept = co_await services.blobs.put(path, std::move(text));
    if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
    execution.logs = {std::string(kBlobPrefix) + path};
  }
  std::vector<Write> counters;
  counters.push_back(count_at_rule(execution));
  Result<void> kept = co_await keep_running(execution, std::move(counters), services.tables);
  // The rule has been deleted since: its counter goes, the record of what was done stays.
  if (!kept && kept.error().detail.starts_with("write 1"))
    kept = co_await keep_running(execution, {}, services.tables);
  if (!kept && kept.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Never, kept.error().detail);
  if (!kept) {
    Executions executions(services.tables);
    const std::optional<Execution> stored = co_await executions.get_execution_by_id(execution.id);
    const bool runs_on = stored && stored->status == ExecutionStatus::Running;
    co_return TryEnd{.kind = runs_on ? TryEnd::Kind::NotOurs : TryEnd::Kind::Final};
  }
  if (services.listeners.execution_ended) services.listeners.execution_ended(execution.status);
  log(LogLevel::Info, "execution ended",
      {{"executionId", execution.id.value},
       {"ruleId", execution.rule_id.value},
       {"status", wire_name(execution.status)},
       {"durationMs", execution.duration_ms}});
  co_return TryEnd{};
}

}  // namespace

ExecutionStatus final_status(const Execution& execution, bool rule_ended_well) {
  bool any_success = false, any_failed = !rule_ended_well;
  for (const ActionResult& result : execution.action_results)
    (result.status == ActionStatus::Success ? any_success : any_failed) = true;
  if (!any_failed) return ExecutionStatus::Success;
  return any_success ? ExecutionStatus::Partial : ExecutionStatus::Failed;
}

namespace {

// The end of a rule that has failed for good: its steps for that come next, in tries of their own
// that begin with what is on disk, or there are none, and this was all.
Task<TryEnd> fail_for_good(Execution& execution, RulePolicy policy, UserId user,
                           ExecuteServices& services) {
  if (execution.failure || policy.failure_steps.value_or(0) == 0) {
    co_return co_await record(execution, user, false, services);
  }
  const Timestamp now = services.clock.now();
  close_open_attempts(execution, now);
  execution.failure =
      FailureRun{now, final_status(execution, false), policy.steps, 0, std::nullopt};
  Journal journal(execution, {}, services.tables);
  co_await journal.save();
  log(LogLevel::Info, "execution failed",
      {{"executionId", execution.id.value}, {"code", execution.error->code}});
  co_return TryEnd{TryEnd::Kind::Again, milliseconds(0)};
}

// The same for an execution whose try was broken off.
Task<TryEnd> fail_hopeless(Execution& execution, ExecuteServices& services) {
  Rules rules(services.tables);
  RulePolicy policy;
  const std::optional<Rule> rule = co_await rules.get_rule_by_id(execution.rule_id);
  if (rule) policy = co_await policy_of_version(*rule, execution.rule_version, services.tables);
  co_return co_await fail_for_good(execution, policy, UserId{}, services);
}

// What a worker made of it: the end, or a pause before the next try.
Task<TryEnd> conclude(Execution& execution, Outcome outcome, RulePolicy policy, UserId user,
                      ExecuteServices& services) {
  execution.duration_ms += outcome.ran.count();
  note_error(execution, outcome.error);
  if (outcome.success) {
    co_return co_await record(execution, user, true, services);
  }
  const bool behind = execution.failure.has_value();
  const ExecutionError error = behind ? *execution.failure->error : *execution.error;
  const RetryPolicy retry =
      behind ? services.retry : retry_policy_of(services.retry, policy.retries, policy.over_ms);
  const std::int64_t tries = tries_that_count(
      execution, error, behind ? execution.failure->tries : tries_of_run(execution));
  const std::optional<milliseconds> delay =
      next_delay(retry, tries, error, outcome.retry_after, random_unit());
  if (!delay) {
    co_return co_await fail_for_good(execution, policy, user, services);
  }
  execution.next_attempt_at = services.clock.now() + *delay;
  Journal journal(execution, {}, services.tables);
  co_await journal.save();
  log(LogLevel::Info, "execution waits",
      {{"executionId", execution.id.value},
       {"code", error.code},
       {"tries", tries},
       {"delayMs", delay->count()}});
  co_return TryEnd{TryEnd::Kind::Again, *delay};
}

// One try of an execution that is running. Throws Failure(Never) when it can never end well.
Task<TryEnd> try_execution(Execution& execution, ExecuteServices& services) {
  const Timestamp now = services.clock.now();
  if (execution.next_attempt_at && *execution.next_attempt_at > now &&
      !clock_went_back(execution, now))
    co_return TryEnd{TryEnd::Kind::Again,
                     std::min(*execution.next_attempt_at - now, services.retry.longest_wish)};

  Messages messages(services.tables);
  Rules rules(services.tables);
  const std::optional<Message> message = co_await messages.get_message_by_id(execution.message_id);
  const std::optional<Rule> rule = co_await rules.get_rule_by_id(execution.rule_id);
  std::optional<Channel> channel;
  if (message) channel = co_await services.rulebook.channel(message->channel_id);
  reopen(execution, now);
  if (!message || !channel || !rule) {
    note_error(execution, without_hope("gone", !rule ? "the rule has been deleted"
                                                     : "the message or its channel has been "
                                                       "deleted"));
    const UserId user = rule ? rule->user_id : channel ? channel->user_id : UserId{};
    co_return co_await record(execution, user, false, services);
  }
  execution.cost_estimate = rule->metadata.estimated_cost;
  const RulePolicy policy =
      co_await policy_of_version(*rule, execution.rule_version, services.tables);

  const JobServices tools{services.tables, services.blobs, services.projects, services.vault};
  Result<Job> job = co_await prepare_job(execution, *rule, policy, *message, *channel, tools);
  if (!job) {
    const bool size = job.error().code == Refusal::Code::TooLarge;
    note_error(execution,
               without_hope(size ? "attachments_too_large" : "not_runnable", job.error().detail));
    co_return co_await fail_for_good(execution, policy, channel->user_id, services);
  }
  Journal journal(execution, job->keys, services.tables);
  // The first try has nothing to write down before its first attempt does.
  if (execution.tries > 1 || execution.failure) co_await journal.save();
  const Outcome outcome = co_await services.workers.execute(std::move(*job), journal);
  const milliseconds ran = outcome.ran;
  TryEnd end = co_await conclude(execution, outcome, policy, channel->user_id, services);
  end.ran = ran;
  co_return end;
}

// The execution when this hub may run it: it did already, or takes it from one that is gone.
Task<std::optional<Execution>> take_execution(ExecutionId id, TryEnd& end,
                                              ExecuteServices& services) {
  Executions executions(services.tables);
  std::optional<Execution> execution = co_await executions.get_execution_by_id(id);
  if (!execution || execution->status != ExecutionStatus::Running) co_return std::nullopt;
  if (execution->lease_owner == services.node.id()) co_return execution;
  end.kind = TryEnd::Kind::NotOurs;
  const bool free = co_await services.node.may_take(execution->lease_owner);
  if (!free) co_return std::nullopt;
  std::vector<Write> writes;
  writes.push_back(execution_lease_update(id, services.node.id(), execution->lease_owner));
  const Result<void> taken = co_await services.tables.transact(std::move(writes));
  if (!taken && taken.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Later, taken.error().detail);
  if (!taken) co_return std::nullopt;
  end.kind = TryEnd::Kind::Final;
  execution->lease_owner = services.node.id();
  co_return execution;
}

}  // namespace

Task<TryEnd> run_execution(ExecutionId id, ExecuteServices& services) {
  TryEnd end;
  std::optional<Execution> execution = co_await take_execution(id, end, services);
  if (!execution) co_return end;
  std::string hopeless;
  try {
    co_return co_await try_execution(*execution, services);
  } catch (const Failure& failure) {
    if (failure.retry == Failure::Retry::Later) throw;
    hopeless = failure.what();
  }
  // Trying again would fail in the same way: it ends here, and says why. What the store has counts,
  // since the one in memory is what could not be written. A write is also refused when another hub
  // has taken the execution.
  execution = co_await take_execution(id, end, services);
  if (!execution) co_return end;
  slim(*execution);
  execution->next_attempt_at.reset();
  note_error(*execution, without_hope("not_runnable", hopeless));
  co_return co_await fail_hopeless(*execution, services);
}

}  // namespace msghub
