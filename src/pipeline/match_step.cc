#include "pipeline/match_step.h"

#include "base/log.h"
#include "pipeline/content.h"
#include "pipeline/ingest.h"
#include "store/executions.h"
#include "store/messages.h"

namespace msghub {

namespace {

Execution new_execution(const Message& message, const RuleId& rule, std::int64_t version,
                        Timestamp now) {
  Execution execution;
  execution.id = execution_id(message.id, rule);
  execution.rule_id = rule;
  execution.message_id = message.id;
  execution.rule_version = version;
  execution.started_at = now;
  execution.ttl = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count() +
                  kRetentionSeconds;
  return execution;
}

std::vector<ExecutionId> executions_of(const Message& message) {
  std::vector<ExecutionId> ids;
  for (const RuleId& rule : message.matched_rule_ids) ids.push_back(execution_id(message.id, rule));
  return ids;
}

// The executions first, the message's note of them last: a crash in between repeats the step, and
// what is there already stays as it is.
Task<void> keep_executions(std::vector<Execution> executions, Tables& tables) {
  for (const Execution& execution : executions) {
    std::vector<Write> writes;
    writes.push_back(Put{Table::Executions, execution_item(execution), if_absent()});
    const Result<void> kept = co_await tables.transact(std::move(writes));
    if (!kept && kept.error().code != Refusal::Code::Conflict)
      throw Failure(Failure::Retry::Never, kept.error().detail);
  }
}

}  // namespace

Task<std::vector<ExecutionId>> match_message(MessageId id, Tables& tables, Blobs& blobs,
                                             Rulebook& rulebook, Clock& clock) {
  Messages messages(tables);
  std::optional<Message> message = co_await messages.get_message_by_id(id);
  if (!message || message->status != MessageStatus::Pending) co_return std::vector<ExecutionId>();
  if (message->matched_at) co_return executions_of(*message);

  const std::optional<Channel> channel = co_await rulebook.channel(message->channel_id);
  std::vector<Execution> executions;
  const Timestamp now = clock.now();
  if (channel) {
    const std::shared_ptr<const RuleSet> rules = co_await rulebook.active_rules(channel->user_id);
    const ParsedMessage parsed = co_await parse_in_full(*message, *channel, blobs);
    for (const RuleId& rule : rules->matcher.match({message->channel_id, &parsed})) {
      executions.push_back(new_execution(*message, rule, rules->versions.at(rule), now));
      message->matched_rule_ids.push_back(rule);
    }
  }
  message->matched_at = now;
  if (executions.empty()) {
    message->status = MessageStatus::Ignored;
    message->processed_at = now;
  }
  std::vector<Write> writes;
  if (executions.size() < kTransactLimit) {
    for (const Execution& execution : executions)
      writes.push_back(Put{Table::Executions, execution_item(execution), if_absent()});
  } else {
    co_await keep_executions(executions, tables);
  }
  writes.push_back(message_update(*message, MessageStatus::Pending));
  const Result<void> kept = co_await tables.transact(std::move(writes));
  if (!kept && kept.error().code == Refusal::Code::Conflict) {
    // Another node, or this step before a crash, was here: its executions are the ones that count.
    co_await keep_executions(std::move(executions), tables);
    std::vector<Write> again;
    again.push_back(message_update(*message, MessageStatus::Pending));
    const Result<void> settled = co_await tables.transact(std::move(again));
    if (!settled) co_return std::vector<ExecutionId>();
  } else if (!kept) {
    throw Failure(Failure::Retry::Never, kept.error().detail);
  }
  co_return executions_of(*message);
}

Task<bool> finish_message(MessageId id, Tables& tables, Clock& clock) {
  Messages messages(tables);
  std::optional<Message> message = co_await messages.get_message_by_id(id);
  if (!message || message->status != MessageStatus::Pending || !message->matched_at)
    co_return false;
  Executions executions(tables);
  bool failed = false;
  for (const ExecutionId& execution : executions_of(*message)) {
    const std::optional<Execution> found = co_await executions.get_execution_by_id(execution);
    if (!found) continue;  // archived: it was final
    if (found->status == ExecutionStatus::Running) co_return false;
    failed |= found->status == ExecutionStatus::Failed;
  }
  message->status = failed ? MessageStatus::Failed : MessageStatus::Processed;
  message->processed_at = clock.now();
  std::vector<Write> writes;
  writes.push_back(message_update(*message, MessageStatus::Pending));
  const Result<void> kept = co_await tables.transact(std::move(writes));
  // A Conflict means that another execution of the message came here first.
  co_return kept.has_value();
}

}  // namespace msghub
