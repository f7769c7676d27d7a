#include "store/channels.h"

namespace msghub {

namespace {

Query of_user(const UserId& user, Paging paging) {
  return {.table = Table::Channels,
          .index = "GSI1",
          .pk = "USER#" + user.value,
          .limit = paging.limit,
          .cursor = std::move(paging.cursor)};
}

}  // namespace

Item channel_item(const Channel& channel) { return item_of(Table::Channels, channel); }

Item mail_cursor_item(const ChannelId& channel, const MailCursor& cursor) {
  json::value value = to_json_value(cursor);
  Item item = std::move(value.get_object());
  item["PK"] = channel_key(channel).pk;
  item["SK"] = "CURSOR#" + cursor.folder;
  return item;
}

Update channel_update(const Channel& channel, Condition condition) {
  condition.push_back(edge_clause(channel.status));
  return {Table::Channels, channel_key(channel.id),
          changes_to(Table::Channels, channel, {"messageCount", "lastMessageAt", "lastCheckedAt"}),
          std::move(condition)};
}

Update channel_status_update(const ChannelId& id, ChannelStatus status,
                             const std::optional<std::string>& detail) {
  Changes changes;
  changes.set["status"] = wire_name(status);
  if (detail)
    changes.set["statusDetail"] = *detail;
  else
    changes.remove = {"statusDetail"};
  return {Table::Channels, channel_key(id), std::move(changes), {edge_clause(status)}};
}

Update channel_checked_update(const ChannelId& id, Timestamp now) {
  Changes changes;
  changes.set["lastCheckedAt"] = to_iso8601(now);
  return {Table::Channels, channel_key(id), std::move(changes), if_present()};
}

Update add_message_to_channel(const ChannelId& id, Timestamp received_at) {
  Changes changes;
  changes.set["lastMessageAt"] = to_iso8601(received_at);
  changes.add = {{"messageCount", 1}};
  return {Table::Channels, channel_key(id), std::move(changes), if_present()};
}

Task<std::optional<Channel>> Channels::get_channel_by_id(ChannelId id) {
  co_return co_await get_entity<Channel>(tables_, Table::Channels, channel_key(id));
}

Task<Result<PageOf<Channel>>> Channels::list_users_channels(UserId user, Paging paging) {
  Query query = of_user(user, std::move(paging));
  co_return co_await list_entities<Channel>(tables_, std::move(query));
}

Task<Result<PageOf<Channel>>> Channels::list_users_channels_of_type(UserId user, ChannelType type,
                                                                    Paging paging) {
  Query query = of_user(user, std::move(paging));
  query.begins_with = "TYPE#" + std::string(wire_name(type)) + "#";
  co_return co_await list_entities<Channel>(tables_, std::move(query));
}

Task<Result<PageOf<Channel>>> Channels::list_users_email_channels(UserId user, Paging paging) {
  co_return co_await list_users_channels_of_type(std::move(user), ChannelType::Email,
                                                 std::move(paging));
}

Task<std::optional<MailCursor>> Channels::get_mail_cursor(ChannelId channel, std::string folder) {
  Key key{channel_key(channel).pk, "CURSOR#" + folder};
  co_return co_await get_entity<MailCursor>(tables_, Table::Channels, std::move(key));
}

Task<std::vector<MailCursor>> Channels::list_mail_cursors(ChannelId channel) {
  std::vector<MailCursor> cursors;
  Query query{.table = Table::Channels, .pk = channel_key(channel).pk, .begins_with = "CURSOR#"};
  do {
    Result<PageOf<MailCursor>> page = co_await list_entities<MailCursor>(tables_, query);
    MSGHUB_CHECK(page.has_value());
    for (MailCursor& cursor : page->items) cursors.push_back(std::move(cursor));
    query.cursor = page->cursor;
  } while (!query.cursor.empty());
  co_return cursors;
}

}  // namespace msghub
