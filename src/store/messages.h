#pragma once

#include "model/message.h"
#include "store/items.h"

namespace msghub {

inline Key message_key(const MessageId& id) { return {"MESSAGE#" + id.value, "METADATA"}; }
Item message_item(const Message& message);

// Makes the stored message equal to this one; its place in the status list moves along. Refused
// (Conflict) when the stored status is not `stored_status`.
Update message_update(const Message& message, MessageStatus stored_status);

// What matching found: sets matchedRuleIds and matchedAt and, when no rule matched, ends the
// message as ignored. Refused (Conflict) when the message is gone or was matched before, so that
// the executions put in the same transaction come into being once.
Update message_matched_update(const MessageId& id, const std::vector<RuleId>& matched,
                              Timestamp now);

// Moves the message from one status list to another. processedAt is set, or removed when there is
// none.
Update message_status_update(const MessageId& id, MessageStatus status,
                             std::optional<Timestamp> processed_at,
                             Condition condition = if_present());

// Access patterns of Messages. The tables must outlive the repository's tasks.
class Messages {
 public:
  explicit Messages(Tables& tables) : tables_(tables) {}

  Task<std::optional<Message>> get_message_by_id(MessageId id);
  Task<Result<PageOf<Message>>> list_channel_messages(ChannelId channel,
                                                      Paging paging);  // newest first
  // Newest first as the data model has it; oldest first is how a queue works off.
  Task<Result<PageOf<Message>>> list_pending_messages(Paging paging, bool oldest_first = false);
  Task<Result<PageOf<Message>>> list_messages_of_status(MessageStatus status, Paging paging,
                                                        bool oldest_first = false);

 private:
  Tables& tables_;
};

}  // namespace msghub
