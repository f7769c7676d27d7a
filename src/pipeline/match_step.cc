#include "pipeline/match_step.h"

#include "base/log.h"
#include "pipeline/content.h"
#include "store/executions.h"
#include "store/messages.h"

namespace msghub {

namespace {

Execution new_execution(const Message& message, const RuleId& rule, std::int64_t version,
                        Timestamp now, const Services& services) {
  Execution execution;
  execution.id = execution_id(message.id, rule);
  execution.rule_id = rule;
  execution.message_id = message.id;
  execution.rule_version = version;
  execution.started_at = now;
  execution.lease_owner = services.node.id();
  execution.ttl = ttl_after(now, services.retention);
  return execution;
}

std::vector<MatchedRule> executions_of(const Message& message) {
  std::vector<MatchedRule> out;
  for (const RuleId& rule : message.matched_rule_ids)
    out.push_back({execution_id(message.id, rule), rule});
  return out;
}

// Each by itself, and only while the message is this hub's and not matched: executions that bear
// the name of a hub that does not know of them would wait for its end. What is there already stays
// as it is. False when the message is not this hub's to match any more.
Task<bool> keep_executions(const std::vector<Execution>& executions, const MessageId& id,
                           const std::string& owner, Tables& tables) {
  Condition ours = if_equal("status", json::value(wire_name(MessageStatus::Pending)));
  ours.push_back({Clause::Kind::Equals, "leaseOwner", json::value(owner)});
  ours.push_back({Clause::Kind::NotExists, "matchedAt", nullptr});
  for (const Execution& execution : executions) {
    std::vector<Write> writes;
    writes.push_back(Put{Table::Executions, execution_item(execution), if_absent()});
    writes.push_back(Check{Table::Messages, message_key(id), ours});
    const Result<void> kept = co_await tables.transact(std::move(writes));
    if (kept) continue;
    if (kept.error().code != Refusal::Code::Conflict)
      throw Failure(Failure::Retry::Never, kept.error().detail);
    if (kept.error().detail.starts_with("write 1:")) co_return false;
  }
  co_return true;
}

// Whether this hub works on the message: it did already, or takes it from one that is gone.
Task<bool> take_over(const Message& message, Services& services) {
  if (message.lease_owner == services.node.id()) co_return true;
  const bool free = co_await services.node.may_take(message.lease_owner);
  if (!free) co_return false;
  std::vector<Write> writes;
  writes.push_back(message_lease_update(message.id, services.node.id(), message.lease_owner));
  const Result<void> taken = co_await services.tables.transact(std::move(writes));
  if (!taken && taken.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Later, taken.error().detail);
  if (taken) log(LogLevel::Debug, "message taken over", {{"messageId", message.id.value}});
  co_return taken.has_value();
}

void tell_end(const Message& message, MessageStatus status, Timestamp at,
              const Services& services) {
  if (services.listeners.message_ended)
    services.listeners.message_ended(status, at - message.received_at);
}

// A message that cannot be read is parked: it failed, it says why, and the queue goes on.
Task<void> park(Message message, std::string why, Services& services) {
  const Timestamp now = services.clock.now();
  message.status = MessageStatus::Failed;
  message.processed_at = now;
  std::vector<std::string> notes = message.metadata.notes.value_or(std::vector<std::string>());
  notes.push_back("It could not be matched: " + why);
  message.metadata.notes = std::move(notes);
  std::vector<Write> writes;
  writes.push_back(message_update(message, MessageStatus::Pending));
  const Result<void> kept = co_await services.tables.transact(std::move(writes));
  if (!kept && kept.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Later, kept.error().detail);
  if (kept) tell_end(message, MessageStatus::Failed, now, services);
  log(LogLevel::Error, "message parked", {{"messageId", message.id.value}, {"reason", why}});
}

// Executions and the message's note of them in one transaction. Where that is refused, because
// another node or this step before a crash was here, or is too large, the executions come first and
// the note last: a crash in between repeats the step.
// Gives true when what it wrote is what counts.
Task<bool> keep_matches(const MessageId& id, std::vector<Execution> executions,
                        std::vector<RuleId> matched, const std::string& owner, Timestamp now,
                        Tables& tables) {
  if (executions.size() < kTransactLimit) {
    std::vector<Write> writes;
    for (const Execution& execution : executions)
      writes.push_back(Put{Table::Executions, execution_item(execution), if_absent()});
    writes.push_back(message_matched_update(id, matched, owner, now));
    const Result<void> kept = co_await tables.transact(std::move(writes));
    if (kept) co_return true;
    if (kept.error().code != Refusal::Code::Conflict)
      throw Failure(Failure::Retry::Later, kept.error().detail);
  }
  const bool ours = co_await keep_executions(executions, id, owner, tables);
  if (!ours) co_return false;
  std::vector<Write> note;
  note.push_back(message_matched_update(id, matched, owner, now));
  const Result<void> noted = co_await tables.transact(std::move(note));
  if (!noted && noted.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Later, noted.error().detail);
  co_return noted.has_value();
}

}  // namespace

Task<std::vector<MatchedRule>> match_message(MessageId id, Services& services) {
  Tables& tables = services.tables;
  Messages messages(tables);
  const std::optional<Message> message = co_await messages.get_message_by_id(id);
  if (!message || message->status != MessageStatus::Pending) co_return std::vector<MatchedRule>();
  const bool mine = co_await take_over(*message, services);
  if (!mine) co_return std::vector<MatchedRule>();
  if (message->matched_at) co_return executions_of(*message);

  const std::optional<Channel> channel = co_await services.rulebook.channel(message->channel_id);
  std::vector<Execution> executions;
  std::vector<RuleId> matched;
  std::string unreadable;
  const Timestamp now = services.clock.now();
  if (channel) {
    const std::shared_ptr<const RuleSet> rules =
        co_await services.rulebook.active_rules(channel->user_id);
    try {
      const ParsedMessage parsed = co_await parse_in_full(*message, *channel, services.blobs);
      matched = rules->matcher.match({message->channel_id, &parsed});
    } catch (const Failure& failure) {
      if (failure.retry == Failure::Retry::Later) throw;
      unreadable = failure.what();
    }
    for (const RuleId& rule : matched)
      executions.push_back(new_execution(*message, rule, rules->versions.at(rule), now, services));
  }
  if (!unreadable.empty()) {
    co_await park(*message, unreadable, services);
    co_return std::vector<MatchedRule>();
  }
  std::vector<MatchedRule> ids;
  for (const Execution& execution : executions) ids.push_back({execution.id, execution.rule_id});
  const bool ours = co_await keep_matches(id, std::move(executions), std::move(matched),
                                          services.node.id(), now, tables);
  if (ours && ids.empty()) tell_end(*message, MessageStatus::Ignored, now, services);
  if (ours) co_return ids;
  // Somebody else was here first, and what is in the store counts.
  const std::optional<Message> kept = co_await messages.get_message_by_id(id);
  if (!kept || kept->status != MessageStatus::Pending || kept->lease_owner != services.node.id())
    co_return std::vector<MatchedRule>();
  co_return executions_of(*kept);
}

namespace {

// The status that ends the message; nothing while one of its executions is running.
Task<std::optional<MessageStatus>> final_status_of(Message message, Tables& tables) {
  Executions executions(tables);
  bool failed = false;
  for (const MatchedRule& matched : executions_of(message)) {
    const std::optional<Execution> found =
        co_await executions.get_execution_by_id(matched.execution);
    if (!found) continue;  // archived: it was final
    if (found->status == ExecutionStatus::Running) co_return std::nullopt;
    failed |= found->status == ExecutionStatus::Failed;
  }
  co_return failed ? MessageStatus::Failed : MessageStatus::Processed;
}

}  // namespace

Task<bool> finish_message(MessageId id, Services& services) {
  Messages messages(services.tables);
  for (;;) {
    const std::optional<Message> message = co_await messages.get_message_by_id(id);
    if (!message || message->status != MessageStatus::Pending) co_return true;
    if (!message->matched_at) co_return false;
    const std::optional<MessageStatus> status = co_await final_status_of(*message, services.tables);
    if (!status) co_return false;
    const Timestamp now = services.clock.now();
    std::vector<Write> writes;
    writes.push_back(message_end_update(*message, *status, now));
    const Result<void> kept = co_await services.tables.transact(std::move(writes));
    if (!kept && kept.error().code != Refusal::Code::Conflict)
      throw Failure(Failure::Retry::Later, kept.error().detail);
    // It is told of once, however often it is reopened.
    if (kept && !message->retried) tell_end(*message, *status, now, services);
    if (kept) co_return true;
    // Another execution of the message came here first, or one was made to run again.
  }
}

}  // namespace msghub
