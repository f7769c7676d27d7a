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
// message as ignored. Refused (Conflict) when the message is gone, was matched before, or is no
// longer `owner`'s, so that the executions put in the same transaction come into being once.
Update message_matched_update(const MessageId& id, const std::vector<RuleId>& matched,
                              const std::string& owner, Timestamp now);

// Makes `owner` the hub that works on a pending message. Refused (Conflict) when it is not pending
// any more, or is no longer `held_by`'s.
Update message_lease_update(const MessageId& id, const std::string& owner,
                            const std::optional<std::string>& held_by);

// Reopens a message, of which an execution is to run again: one that has come to its end is pending
// and `owner`'s, and out of the archive, with a ttl of at least `ttl`; one that is pending stays
// whose it is. Refused (Conflict) when its status is not what it is in `stored`.
Update message_retry_update(const Message& stored, const std::string& owner, std::int64_t ttl);

// Ends a pending message. Refused (Conflict) when it is not pending, or an execution of it was made
// to run again since `stored` was read.
Update message_end_update(const Message& stored, MessageStatus status, Timestamp now);

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
