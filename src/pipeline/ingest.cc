#include "pipeline/ingest.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.h"
#include "base/utf8.h"
#include "blob/paths.h"
#include "pipeline/content.h"
#include "store/channels.h"
#include "store/messages.h"

namespace msghub {

namespace asio = boost::asio;

Ingest::Ingest(Tables& tables, Blobs& blobs, Clock& clock, const Node& node, Options options,
               std::function<void(MessageId)> arrived)
    : tables_(tables),
      blobs_(blobs),
      clock_(clock),
      node_(node),
      options_(std::move(options)),
      arrived_(std::move(arrived)) {}

Task<Receipt> Ingest::deliver(Arrival arrival) {
  const MessageId id = message_id(arrival.channel_id, arrival.external_id);
  const std::shared_ptr<Gates> gates = under_way_;
  while (gates->contains(id)) {
    const auto gate = gates->at(id);
    boost::system::error_code woken;
    co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  const auto executor = co_await asio::this_coro::executor;
  const auto gate = std::make_shared<asio::steady_timer>(executor);
  gate->expires_at(asio::steady_timer::time_point::max());
  (*gates)[id] = gate;
  struct Opener {
    Gates& gates;
    const MessageId& id;
    asio::steady_timer& gate;
    ~Opener() {
      gates.erase(id);
      gate.cancel();
    }
  } opener{*gates, id, *gate};

  co_return co_await store(std::move(arrival), id);
}

Task<std::optional<MessageId>> Ingest::known(std::vector<MessageId> ids) {
  for (const MessageId& id : ids) {
    const std::optional<Item> item = co_await tables_.get(Table::Messages, message_key(id));
    if (item) co_return id;
  }
  co_return std::nullopt;
}

// It is on disk already; its place in the folder is passed all the same.
Task<Receipt> Ingest::duplicate(ChannelId channel, MessageId id, std::optional<MailCursor> cursor) {
  if (cursor) co_await move_cursor(channel, *cursor);
  co_return Receipt{id, true};
}

Task<void> Ingest::keep_files(std::vector<std::string> files, const UserId& user,
                              Message& message) {
  if (!message.parsed_content.attachments) co_return;
  std::vector<Attachment>& attachments = *message.parsed_content.attachments;
  std::vector<std::string> names;
  for (const Attachment& attachment : attachments) names.push_back(attachment.filename);
  const std::vector<std::string> paths = attachment_blob_paths(user, message.id, names);
  for (std::size_t i = 0; i < std::min(attachments.size(), files.size()); ++i) {
    const Result<void> kept = co_await blobs_.put(paths[i], std::move(files[i]));
    if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
    attachments[i].s3_key = paths[i];
    attachments[i].s3_bucket = options_.bucket;
  }
}

Task<Receipt> Ingest::store(Arrival arrival, MessageId id) {
  const ChannelId channel = arrival.channel_id;
  std::vector<MessageId> ids{id};
  for (const std::string& other : arrival.also_known_as) ids.push_back(message_id(channel, other));
  // A large one is looked up first, so that no blob is written for what is there already; for the
  // others the conditions of the write are enough.
  if (arrival.raw.size() > kInlineLimit || !arrival.files.empty()) {
    const std::optional<MessageId> before = co_await known(ids);
    if (before) co_return co_await duplicate(channel, *before, std::move(arrival.cursor));
  }

  const Timestamp now = clock_.now();
  Message message;
  message.id = id;
  message.channel_id = channel;
  message.external_id = arrival.external_id;
  message.received_at = now;
  message.lease_owner = node_.id();
  message.ttl = ttl_after(now, options_.retention);
  message.metadata.content_type = arrival.content_type;
  message.metadata.raw_size = static_cast<std::int64_t>(arrival.raw.size());
  message.metadata.raw_sha256 = sha256_hex(arrival.raw);
  message.metadata.folder = arrival.folder;
  message.metadata.is_read = arrival.is_read;
  if (!arrival.notes.empty()) message.metadata.notes = arrival.notes;
  message.parsed_content = std::move(arrival.parsed);
  if (message.parsed_content.payload) {
    message.parsed_content.payload.reset();
    message.metadata.payload_in_raw = true;
  }
  if (cut_to_item(message.parsed_content)) message.metadata.parsed_truncated = true;

  co_await keep_files(std::move(arrival.files), arrival.user_id, message);

  const bool plain = is_utf8(arrival.raw) && !arrival.raw.starts_with(kBlobPrefix) &&
                     !arrival.raw.starts_with(kBase64Prefix);
  if (arrival.raw.size() > kInlineLimit) {
    // The blob first: a crash in between leaves a blob that nothing points to, never a pointer to
    // nothing.
    const std::string path = raw_blob_path(arrival.user_id, id);
    const Result<void> kept = co_await blobs_.put(path, std::move(arrival.raw));
    if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
    message.raw_content = std::string(kBlobPrefix) + path;
  } else if (plain) {
    message.raw_content = std::move(arrival.raw);
  } else {
    message.raw_content = std::string(kBase64Prefix) + to_base64(arrival.raw);
  }

  std::vector<Write> writes;
  writes.push_back(Put{Table::Messages, message_item(message), if_absent()});
  writes.push_back(add_message_to_channel(channel, now));
  for (std::size_t other = 1; other < ids.size(); ++other)
    writes.push_back(Check{Table::Messages, message_key(ids[other]), if_absent()});
  if (arrival.cursor)
    writes.push_back(Put{Table::Channels, mail_cursor_item(channel, *arrival.cursor), {}});
  const Result<void> stored = co_await tables_.transact(std::move(writes));
  if (!stored && stored.error().code == Refusal::Code::Conflict) {
    // Write 1 is the channel's counter; the others say which identity is known. (A get would not
    // see an item that has expired and is not yet swept; the condition does.)
    const std::string& detail = stored.error().detail;
    if (detail.starts_with("write 1:")) throw Failure(Failure::Retry::Never, "the channel is gone");
    std::size_t known_as = 0;
    for (std::size_t other = 1; other < ids.size(); ++other)
      if (detail.starts_with("write " + std::to_string(other + 1) + ":")) known_as = other;
    co_return co_await duplicate(channel, ids[known_as], std::move(arrival.cursor));
  }
  if (!stored) throw Failure(Failure::Retry::Never, stored.error().detail);
  log(LogLevel::Debug, "message stored", {{"messageId", id.value}, {"channelId", channel.value}});
  arrived_(id);
  co_return Receipt{id, false};
}

Task<void> Ingest::move_cursor(ChannelId channel, MailCursor cursor) {
  std::vector<Write> writes;
  writes.push_back(Check{Table::Channels, channel_key(channel), if_present()});
  writes.push_back(Put{Table::Channels, mail_cursor_item(channel, cursor), {}});
  const Result<void> moved = co_await tables_.transact(std::move(writes));
  if (!moved) throw Failure(Failure::Retry::Never, moved.error().detail);
}

}  // namespace msghub
