#pragma once

#include <memory>
#include <string>

#include "model/channel.h"
#include "workers/node_process.h"

namespace msghub {

// A mail as the mailroom fetched it.
struct FetchedMail {
  ChannelId channel_id;
  std::string folder;
  std::string uid_validity;
  std::int64_t uid = 0;
  bool seen = false;
  std::string raw;  // RFC 5322 bytes
};

// Who takes what the mailroom brings. Calls for one channel come one after the other.
class MailroomEvents {
 public:
  virtual ~MailroomEvents() = default;
  // On disk, with its cursor, when the task ends. A thrown Failure makes the mailroom send this
  // mail, and those after it in the folder, again later.
  virtual Task<void> mail_fetched(FetchedMail mail) = 0;
  virtual Task<void> cursor_moved(ChannelId channel, MailCursor cursor) = 0;
  virtual Task<void> state_changed(ChannelId channel, std::string state, std::string detail) = 0;
  virtual Task<void> folder_swept(ChannelId channel, std::string folder, Timestamp at) = 0;
  // The wanted channels as the "channels" frame lists them, cursors included; holds secrets.
  virtual Task<json::array> wanted_channels() = 0;
};

// The supervised Node.js process that holds all IMAP connections (runtime/mailroom). Lives on one
// executor; not thread-safe.
class Mailroom {
 public:
  Mailroom(boost::asio::any_io_executor executor, NodeCommand command, MailroomEvents& events);
  ~Mailroom();
  void start();
  void stop();
  // Tells the process the wanted channels anew: after one was added, changed or removed.
  void refresh();
  int pid() const;  // 0 while there is none

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace msghub
