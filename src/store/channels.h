#pragma once

#include "model/channel.h"
#include "store/items.h"

namespace msghub {

inline Key channel_key(const ChannelId& id) { return {"CHANNEL#" + id.value, "METADATA"}; }
Item channel_item(const Channel& channel);

// Beside its channel, under "CURSOR#<folder>"; in no index.
Item mail_cursor_item(const ChannelId& channel, const MailCursor& cursor);

// Everything of a channel but what intake and looking write (messageCount, lastMessageAt,
// lastCheckedAt).
Update channel_update(const Channel& channel, Condition condition = if_present());

// `detail` says why, in one sentence; nothing clears it. Leaves updatedAt alone: nobody edited the
// channel.
Update channel_status_update(const ChannelId& id, ChannelStatus status,
                             const std::optional<std::string>& detail);
Update channel_checked_update(const ChannelId& id, Timestamp now);

// Counts one stored message. Refused (Conflict) when the channel is gone.
Update add_message_to_channel(const ChannelId& id, Timestamp received_at);

// Access patterns of Channels. The tables must outlive the repository's tasks.
class Channels {
 public:
  explicit Channels(Tables& tables) : tables_(tables) {}

  Task<std::optional<Channel>> get_channel_by_id(ChannelId id);
  Task<Result<PageOf<Channel>>> list_users_channels(UserId user, Paging paging);
  Task<Result<PageOf<Channel>>> list_users_channels_of_type(UserId user, ChannelType type,
                                                            Paging paging);
  Task<Result<PageOf<Channel>>> list_users_email_channels(UserId user, Paging paging);

  Task<std::optional<MailCursor>> get_mail_cursor(ChannelId channel, std::string folder);
  Task<std::vector<MailCursor>> list_mail_cursors(ChannelId channel);  // all of them, by folder

 private:
  Tables& tables_;
};

}  // namespace msghub
