#include "store/messages.h"

#include <algorithm>

namespace msghub {

Item message_item(const Message& message) { return item_of(Table::Messages, message); }

Update message_update(const Message& message, MessageStatus stored_status) {
  Condition condition = if_equal("status", json::value(wire_name(stored_status)));
  condition.push_back(edge_clause(message.status));
  return {Table::Messages, message_key(message.id), changes_to(Table::Messages, message),
          std::move(condition)};
}

Update message_matched_update(const MessageId& id, const std::vector<RuleId>& matched,
                              const std::string& owner, Timestamp now) {
  Changes changes;
  changes.set["matchedRuleIds"] = to_json_value(matched);
  changes.set["matchedAt"] = to_iso8601(now);
  if (matched.empty()) {
    changes.set["status"] = wire_name(MessageStatus::Ignored);
    changes.set["processedAt"] = to_iso8601(now);
    add_changed_keys(Table::Messages, changes.set);
  }
  Condition once = if_equal("status", json::value(wire_name(MessageStatus::Pending)));
  once.push_back({Clause::Kind::NotExists, "matchedAt", nullptr});
  once.push_back({Clause::Kind::Equals, "leaseOwner", json::value(owner)});
  return {Table::Messages, message_key(id), std::move(changes), std::move(once)};
}

Update message_lease_update(const MessageId& id, const std::string& owner,
                            const std::optional<std::string>& held_by) {
  Condition condition = if_equal("status", json::value(wire_name(MessageStatus::Pending)));
  condition.push_back(lease_clause(held_by));
  return {Table::Messages, message_key(id), {.set = {{"leaseOwner", owner}}}, std::move(condition)};
}

Update message_status_update(const MessageId& id, MessageStatus status,
                             std::optional<Timestamp> processed_at, Condition condition) {
  condition.push_back(edge_clause(status));
  Changes changes;
  changes.set["status"] = wire_name(status);
  if (processed_at)
    changes.set["processedAt"] = to_iso8601(*processed_at);
  else
    changes.remove = {"processedAt"};
  add_changed_keys(Table::Messages, changes.set);
  return {Table::Messages, message_key(id), std::move(changes), std::move(condition)};
}

Update message_retry_update(const Message& stored, const std::string& owner, std::int64_t ttl) {
  Update update{Table::Messages, message_key(stored.id), {}, {}};
  if (stored.status != MessageStatus::Pending) {
    update = message_status_update(stored.id, MessageStatus::Pending, std::nullopt);
    update.changes.set["leaseOwner"] = owner;
    if (stored.ttl) update.changes.set["ttl"] = std::max(*stored.ttl, ttl);
    update.changes.remove.insert(update.changes.remove.end(), kArchiveMarks.begin(),
                                 kArchiveMarks.end());
  }
  update.changes.add = {{"retried", 1}};
  update.condition.push_back(
      {Clause::Kind::Equals, "status", json::value(wire_name(stored.status))});
  return update;
}

Update message_end_update(const Message& stored, MessageStatus status, Timestamp now) {
  Condition condition = if_equal("status", json::value(wire_name(MessageStatus::Pending)));
  condition.push_back(stored.retried
                          ? Clause{Clause::Kind::Equals, "retried", json::value(*stored.retried)}
                          : Clause{Clause::Kind::NotExists, "retried", nullptr});
  return message_status_update(stored.id, status, now, std::move(condition));
}

Task<std::optional<Message>> Messages::get_message_by_id(MessageId id) {
  co_return co_await get_entity<Message>(tables_, Table::Messages, message_key(id));
}

Task<Result<PageOf<Message>>> Messages::list_channel_messages(ChannelId channel, Paging paging) {
  Query query{.table = Table::Messages,
              .index = "GSI1",
              .pk = "CHANNEL#" + channel.value,
              .newest_first = true,
              .limit = paging.limit,
              .cursor = std::move(paging.cursor)};
  co_return co_await list_entities<Message>(tables_, std::move(query));
}

Task<Result<PageOf<Message>>> Messages::list_pending_messages(Paging paging, bool oldest_first) {
  co_return co_await list_messages_of_status(MessageStatus::Pending, std::move(paging),
                                             oldest_first);
}

Task<Result<PageOf<Message>>> Messages::list_messages_of_status(MessageStatus status, Paging paging,
                                                                bool oldest_first) {
  Query query{.table = Table::Messages,
              .index = "GSI2",
              .pk = "STATUS#" + std::string(wire_name(status)),
              .newest_first = !oldest_first,
              .limit = paging.limit,
              .cursor = std::move(paging.cursor)};
  co_return co_await list_entities<Message>(tables_, std::move(query));
}

}  // namespace msghub
