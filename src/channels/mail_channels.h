#pragma once

#include <map>

#include "channels/inbox.h"
#include "store/tables.h"
#include "vault/vault.h"
#include "workers/mailroom.h"

namespace msghub {

// The e-mail channels of one owner: tells the mailroom what to watch, and delivers what it fetches.
// Lives on one executor.
class MailChannels final : public MailroomEvents {
 public:
  MailChannels(UserId user, Tables& tables, const Vault& vault, Inbox& inbox, Clock& clock,
               boost::asio::thread_pool& pool);
  Task<void> mail_fetched(FetchedMail mail) override;
  Task<void> cursor_moved(ChannelId channel, MailCursor cursor) override;
  Task<void> state_changed(ChannelId channel, std::string state, std::string detail) override;
  Task<void> folder_swept(ChannelId channel, std::string folder, Timestamp at) override;
  Task<json::array> wanted_channels() override;

 private:
  Task<Channel> channel_of(ChannelId id);

  UserId user_;
  Tables& tables_;
  const Vault& vault_;
  Inbox& inbox_;
  Clock& clock_;
  boost::asio::thread_pool& pool_;        // large mails are parsed there
  std::map<ChannelId, Timestamp> noted_;  // when a completed check was last written down
};

}  // namespace msghub
