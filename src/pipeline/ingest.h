#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>

#include "base/time.h"
#include "blob/blobs.h"
#include "channels/inbox.h"
#include "pipeline/node.h"
#include "store/tables.h"

namespace msghub {

// Step 1 of the corridor: keeps what a channel delivers. The message, its channel's counter and the
// mail cursor go to disk in one atomic write; `arrived` hears of each new message afterwards. The
// message is kept for `retention`, its attachments as blobs of their own, and this node works on
// it. Lives on one executor.
class Ingest final : public Inbox {
 public:
  struct Options {
    std::chrono::days retention = kTimeToLive;
    std::string bucket;  // of the blobs, for Attachment.s3Bucket; "" on disk
  };
  Ingest(Tables& tables, Blobs& blobs, Clock& clock, const Node& node, Options options,
         std::function<void(MessageId)> arrived);
  Task<Receipt> deliver(Arrival arrival) override;
  Task<void> move_cursor(ChannelId channel, MailCursor cursor) override;

 private:
  Task<Receipt> store(Arrival arrival, MessageId id);
  // Puts each file among the blobs and its path into the attachment.
  Task<void> keep_files(std::vector<std::string> files, const UserId& user, Message& message);
  // The first of `ids` that is in the store.
  Task<std::optional<MessageId>> known(std::vector<MessageId> ids);
  Task<Receipt> duplicate(ChannelId channel, MessageId id, std::optional<MailCursor> cursor);

  Tables& tables_;
  Blobs& blobs_;
  Clock& clock_;
  const Node& node_;
  Options options_;
  std::function<void(MessageId)> arrived_;
  // Ids on their way to disk: a second delivery of the same message waits for the first.
  // Shared with the deliveries, which may outlive this object when the hub stops.
  using Gates = std::map<MessageId, std::shared_ptr<boost::asio::steady_timer>>;
  std::shared_ptr<Gates> under_way_ = std::make_shared<Gates>();
};

}  // namespace msghub
