#include "channels/mail_channels.h"

#include "base/log.h"
#include "channels/email/email.h"
#include "store/channels.h"

namespace msghub {

namespace {

constexpr std::chrono::seconds kNoteEvery{60};

std::optional<ChannelStatus> status_of(const std::string& state) {
  if (state == "connected") return ChannelStatus::Connected;
  if (state == "disconnected") return ChannelStatus::Disconnected;
  if (state == "error") return ChannelStatus::Error;
  return std::nullopt;  // "connecting" is no news
}

}  // namespace

MailChannels::MailChannels(UserId user, Tables& tables, const Vault& vault, Inbox& inbox,
                           Clock& clock, boost::asio::thread_pool& pool)
    : user_(std::move(user)),
      tables_(tables),
      vault_(vault),
      inbox_(inbox),
      clock_(clock),
      pool_(pool) {}

Task<Channel> MailChannels::channel_of(ChannelId id) {
  Channels channels(tables_);
  std::optional<Channel> channel = co_await channels.get_channel_by_id(id);
  if (!channel) throw Failure(Failure::Retry::Never, "the channel has been removed");
  co_return std::move(*channel);
}

Task<void> MailChannels::mail_fetched(FetchedMail mail) {
  const Channel channel = co_await channel_of(mail.channel_id);
  auto translate = [channel, mail = std::move(mail), now = clock_.now()] {
    return translate_mail(channel, mail.raw, mail.folder, mail.seen,
                          {mail.folder, mail.uid_validity, mail.uid}, now);
  };
  Arrival arrival = co_await offload(pool_, std::move(translate));
  co_await inbox_.deliver(std::move(arrival));
}

Task<void> MailChannels::cursor_moved(ChannelId channel, MailCursor cursor) {
  co_await inbox_.move_cursor(channel, std::move(cursor));
}

Task<void> MailChannels::state_changed(ChannelId id, std::string state, std::string detail) {
  const std::optional<ChannelStatus> status = status_of(state);
  if (!status) co_return;
  const Channel channel = co_await channel_of(id);
  if (channel.status == *status && channel.status_detail.value_or("") == detail) co_return;
  log(*status == ChannelStatus::Connected ? LogLevel::Info : LogLevel::Warn, "channel changed",
      {{"channelId", id.value}, {"state", state}, {"detail", detail}});
  std::vector<Write> writes;
  writes.push_back(channel_status_update(id, *status, detail));
  const Result<void> kept = co_await tables_.transact(std::move(writes));
  if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
}

Task<void> MailChannels::folder_swept(ChannelId id, std::string, Timestamp at) {
  if (noted_.contains(id) && at - noted_[id] < kNoteEvery) co_return;
  noted_[id] = at;
  std::vector<Write> writes;
  writes.push_back(channel_checked_update(id, at));
  const Result<void> kept = co_await tables_.transact(std::move(writes));
  if (!kept && kept.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Never, kept.error().detail);
}

Task<json::array> MailChannels::wanted_channels() {
  json::array out;
  Channels channels(tables_);
  std::string cursor;
  do {
    const Result<PageOf<Channel>> page =
        co_await channels.list_users_email_channels(user_, Paging{100, cursor});
    for (const Channel& channel : page.value().items) {
      SealContext context{user_.value, "channel", channel.id.value, "credentials"};
      const Result<std::string> secret =
          co_await vault_.unseal(std::move(context), channel.credentials.value_or(""));
      if (!secret) {
        log(LogLevel::Error, "channel locked",
            {{"channelId", channel.id.value}, {"reason", secret.error().detail}});
        continue;
      }
      json::object cursors;
      const std::vector<MailCursor> places = co_await channels.list_mail_cursors(channel.id);
      for (const MailCursor& place : places)
        cursors[place.folder] = {{"uidValidity", place.uid_validity}, {"uid", place.uid}};
      const ChannelConfig& config = channel.config;
      json::array folders;
      for (const std::string& folder : config.folders.value_or(std::vector<std::string>{"INBOX"}))
        folders.emplace_back(folder);
      json::object entry = parse_json(*secret).value_or(json::object()).as_object();
      entry["id"] = channel.id.value;
      entry["host"] = config.imap_host.value_or("");
      entry["port"] = config.imap_port.value_or(993);
      entry["tls"] = config.imap_tls.value_or("implicit");
      entry["user"] = config.imap_user.value_or("");
      entry["allowSelfSigned"] = config.imap_allow_self_signed.value_or(false);
      entry["folders"] = std::move(folders);
      entry["since"] = config.imap_since.value_or("new");
      entry["cursors"] = std::move(cursors);
      out.push_back(std::move(entry));
    }
    cursor = page->cursor;
  } while (!cursor.empty());
  co_return out;
}

}  // namespace msghub
