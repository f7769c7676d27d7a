#include "pipeline/rerun.h"

#include <algorithm>
#include <limits>

#include "pipeline/content.h"
#include "pipeline/journal.h"
#include "store/channels.h"
#include "store/executions.h"
#include "store/messages.h"
#include "store/rule_projects.h"
#include "store/rules.h"

namespace msghub {

namespace {

constexpr std::chrono::days kAtLeast{1};  // to live, so that retention can hold it back

constexpr std::size_t kReasonLimit = 200;  // bytes of the error that a retry keeps

// Orders from here on are steps of "If it fails".
std::int64_t end_of_rule(const Execution& execution) {
  return execution.failure ? execution.failure->first_order
                           : std::numeric_limits<std::int64_t>::max();
}

std::unexpected<Refusal> conflict(std::string why) {
  return refuse(Refusal::Code::Conflict, std::move(why));
}

std::string version(std::int64_t number) { return "version " + std::to_string(number); }

Result<void> check_status(const Execution& execution) {
  if (execution.status == ExecutionStatus::Success)
    return conflict("it ended with success: nothing is left to be run again");
  if (execution.status == ExecutionStatus::Running && execution.next_attempt_at)
    return conflict("it is not at its end: the next try comes by itself at " +
                    to_iso8601(*execution.next_attempt_at));
  if (execution.status == ExecutionStatus::Running) return conflict("it is running");
  return {};
}

// The version to run it with.
Task<Result<std::int64_t>> choose_version(Execution execution, bool active, Tables& tables) {
  const std::int64_t own = execution.rule_version;
  Rules rules(tables);
  const std::optional<Rule> rule = co_await rules.get_rule_by_id(execution.rule_id);
  if (!rule) co_return conflict("its rule has been deleted");
  std::int64_t chosen = own;
  if (active) {
    if (rule->status != RuleStatus::Active)
      co_return conflict("its rule is " + std::string(wire_name(rule->status)) +
                         " and has no active version");
    chosen = rule->code_version;
  }
  if (chosen != own && may_have_acted(execution))
    co_return conflict("some of its actions are done, or may be: only " + version(own) +
                       " of the rule, which did them, can go on with it");
  RuleProjects projects(tables);
  const std::optional<RuleProject> project =
      co_await projects.get_specific_version(execution.rule_id, chosen);
  if (!project)
    co_return conflict(version(chosen) + " of its rule is no longer kept" +
                       (active ? "" : "; the active version may be used instead"));
  co_return chosen;
}

Task<Result<Message>> message_of(MessageId id, Tables& tables) {
  Messages messages(tables);
  std::optional<Message> message = co_await messages.get_message_by_id(id);
  if (!message)
    co_return conflict("its message is no longer in the store (`msghub archive restore --id " +
                       id.value + "` brings it back)");
  Channels channels(tables);
  const std::optional<Channel> channel = co_await channels.get_channel_by_id(message->channel_id);
  if (!channel) co_return conflict("the channel of its message has been removed");
  co_return std::move(*message);
}

// Lines of a blob come back: the last write of the next run replaces it.
Task<std::vector<std::string>> logs_of(Execution execution, Blobs& blobs) {
  try {
    co_return co_await load_logs(execution, blobs);
  } catch (const Failure& failure) {
    if (failure.retry == Failure::Retry::Later) throw;
  }
  co_return std::vector<std::string>();
}

std::size_t bytes_of(const Execution& execution) {
  return to_json(execution_item(execution)).size();
}

// So that the journal of another run finds room.
Result<void> fit(Execution& execution) {
  Execution least = execution;
  slim(least);
  if (bytes_of(least) > kItemLimit / 2)
    return conflict("it was tried so often that its record has no room for more");
  if (bytes_of(execution) > kItemLimit / 2) execution = std::move(least);
  return {};
}

}  // namespace

bool may_have_acted(const Execution& execution) {
  const std::int64_t end = end_of_rule(execution);
  const auto done = [&](const ActionResult& result) {
    return result.order < end && result.status == ActionStatus::Success;
  };
  const auto in_doubt = [&](const ActionAttempt& attempt) {
    return attempt.order < end && (attempt.status != AttemptStatus::Failed || attempt.items);
  };
  return std::ranges::any_of(execution.action_results, done) ||
         std::ranges::any_of(execution.attempts, in_doubt);
}

Execution reopened(Execution ended, const RerunOrder& order) {
  Execution next = std::move(ended);
  const std::int64_t end = end_of_rule(next);
  std::erase_if(next.action_results, [&](const ActionResult& result) {
    return result.order >= end || result.status == ActionStatus::Failed;
  });
  for (ActionAttempt& attempt : next.attempts)
    if (attempt.order >= end) attempt.items.reset();
  if (next.error) {
    next.error->message = shortened(next.error->message, kReasonLimit);
    next.error->stack.reset();
  }
  if (!next.retries) next.retries.emplace();
  next.retries->push_back(
      {order.now, order.by, next.status, next.rule_version, next.tries, std::move(next.error)});
  next.status = ExecutionStatus::Running;
  next.error.reset();
  next.failure.reset();
  next.completed_at.reset();
  next.next_attempt_at.reset();
  next.lease_owner = order.node;
  if (next.ttl) next.ttl = std::max(*next.ttl, ttl_after(order.now, kAtLeast));
  return next;
}

Task<Result<Rerun>> prepare_rerun(ExecutionId id, RerunOrder order, Tables& tables, Blobs& blobs) {
  Executions executions(tables);
  const std::optional<Execution> ended = co_await executions.get_execution_by_id(id);
  if (!ended) co_return refuse(Refusal::Code::NotFound, "there is no execution " + id.value);
  const Result<void> may = check_status(*ended);
  if (!may) co_return std::unexpected(may.error());
  const Result<std::int64_t> chosen = co_await choose_version(*ended, order.active_version, tables);
  if (!chosen) co_return std::unexpected(chosen.error());
  const Result<Message> message = co_await message_of(ended->message_id, tables);
  if (!message) co_return std::unexpected(message.error());
  Rerun rerun{*ended, reopened(*ended, order), {}};
  rerun.reopened.rule_version = *chosen;
  rerun.reopened.logs = co_await logs_of(*ended, blobs);
  const Result<void> fits = fit(rerun.reopened);
  if (!fits) co_return std::unexpected(fits.error());
  rerun.writes.push_back(execution_retry_update(rerun.reopened, rerun.ended));
  rerun.writes.push_back(
      message_retry_update(*message, order.node, ttl_after(order.now, kAtLeast)));
  co_return rerun;
}

}  // namespace msghub
