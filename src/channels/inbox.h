#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "model/channel.h"
#include "model/message.h"

namespace msghub {

// A message as a channel hands it over, before it has an id.
struct Arrival {
  ChannelId channel_id;
  UserId user_id;
  // Its identity within the channel. When it is a body hash in a time window, the identities of the
  // neighbouring window follow: a message that is known under any of them is a duplicate.
  std::string external_id;
  std::vector<std::string> also_known_as;
  std::string raw;  // the bytes as they came
  std::string content_type;
  ParsedMessage parsed;
  std::vector<std::string> files;  // the bytes of parsed.attachments, in their order
  std::vector<std::string> notes;
  std::optional<std::string> folder;
  std::optional<bool> is_read;
  std::optional<MailCursor> cursor;  // moves in the same atomic write that stores the message
};

struct Receipt {
  MessageId id;
  bool duplicate = false;  // it was there already; nothing was added
};

// Where channels deliver. Implemented by the pipeline.
class Inbox {
 public:
  virtual ~Inbox() = default;
  // The message is on disk when the task ends. Throws Failure when it could not be stored; then the
  // source must be told so, or must not move its cursor.
  virtual Task<Receipt> deliver(Arrival arrival) = 0;
  // Moves a mail cursor without a message.
  virtual Task<void> move_cursor(ChannelId channel, MailCursor cursor) = 0;
};

}  // namespace msghub
