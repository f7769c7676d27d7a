#include "pipeline/content.h"

#include "base/json.h"
#include "base/utf8.h"
#include "channels/webhook/translate.h"
#include "mime/mime.h"

namespace msghub {

namespace {

bool cut(std::string& text) {
  if (text.size() <= kParsedFieldLimit) return false;
  text = std::string(cut_utf8(text, kParsedFieldLimit));
  return true;
}

bool cut(std::optional<std::string>& text) { return text && cut(*text); }

ParsedMessage translate_again(const Message& message, const Channel& channel, std::string raw) {
  HttpRequest request;
  request.method = "POST";
  request.body = std::move(raw);
  if (message.metadata.content_type)
    request.headers.add("content-type", *message.metadata.content_type);
  Result<WebhookContent> content = translate_webhook(channel, request, message.received_at);
  // It was translated when it came in; that it cannot be now is a change of ours.
  if (!content)
    throw Failure(Failure::Retry::Never, "message " + message.id.value +
                                             " cannot be read again: " + content.error().detail);
  return std::move(content->parsed);
}

Refusal too_large(std::size_t bytes) {
  return {Refusal::Code::TooLarge, "the attachments have " + std::to_string(bytes) +
                                       " bytes, and a rule can be given " +
                                       std::to_string(kContentsLimit) +
                                       " at most; a condition on the attachments can keep "
                                       "the rule from such messages"};
}

std::size_t total_size(const std::vector<std::string>& files) {
  std::size_t total = 0;
  for (const std::string& file : files) total += file.size();
  return total;
}

}  // namespace

std::string raw_blob_path(const UserId& user, const MessageId& message) {
  return "users/" + user.value + "/messages/" + message.value + "/raw.txt";
}

std::string log_blob_path(const UserId& user, const ExecutionId& execution) {
  return "users/" + user.value + "/executions/" + execution.value + "/logs.txt";
}

Task<std::string> load_raw(const Message& message, Blobs& blobs) {
  const std::string_view content = message.raw_content;
  if (content.starts_with(kBlobPrefix)) {
    std::string path(content.substr(kBlobPrefix.size()));
    std::optional<std::string> bytes = co_await blobs.get(path);
    if (!bytes)
      throw Failure(Failure::Retry::Never, "the raw content of message " + message.id.value +
                                               " is gone: no blob at " + path);
    co_return std::move(*bytes);
  }
  if (content.starts_with(kBase64Prefix)) {
    const auto bytes = from_base64(content.substr(kBase64Prefix.size()));
    if (!bytes)
      throw Failure(Failure::Retry::Never,
                    "the raw content of message " + message.id.value + " is damaged");
    co_return *bytes;
  }
  co_return std::string(content);
}

Task<std::vector<std::string>> load_logs(const Execution& execution, Blobs& blobs) {
  const bool kept_apart = execution.logs.size() == 1 && execution.logs[0].starts_with(kBlobPrefix);
  if (!kept_apart) co_return execution.logs;
  const std::string path = execution.logs[0].substr(kBlobPrefix.size());
  const std::optional<std::string> text = co_await blobs.get(path);
  if (!text)
    throw Failure(Failure::Retry::Never,
                  "the log of execution " + execution.id.value + " is gone: no blob at " + path);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    lines.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  co_return lines;
}

bool cut_to_item(ParsedMessage& parsed) {
  bool short_of = cut(parsed.body);
  short_of |= cut(parsed.from);
  short_of |= cut(parsed.to);
  short_of |= cut(parsed.subject);
  if (parsed.payload && to_json(*parsed.payload).size() > kParsedFieldLimit) {
    parsed.payload.reset();
    short_of = true;
  }
  if (parsed.attachments && parsed.attachments->size() > kAttachmentsLimit) {
    parsed.attachments->resize(kAttachmentsLimit);
    short_of = true;
  }
  // Escapes can make JSON text up to six times as long as the text itself.
  if (to_json(to_json_value(parsed)).size() > kParsedItemLimit) {
    parsed.headers.reset();
    parsed.payload.reset();
    parsed.attachments.reset();
    parsed.body = std::string(cut_utf8(parsed.body, 8 * 1024));
    for (std::optional<std::string>* text : {&parsed.to, &parsed.subject})
      if (*text) *text = std::string(cut_utf8(**text, 8 * 1024));
    parsed.from = std::string(cut_utf8(parsed.from, 8 * 1024));
    short_of = true;
  }
  return short_of;
}

Task<std::optional<json::value>> load_payload(const Message& message, Blobs& blobs) {
  if (!message.metadata.payload_in_raw.value_or(false)) co_return message.parsed_content.payload;
  std::string raw = co_await load_raw(message, blobs);
  // Without the channel's mapping, which may have changed since: the payload does not depend on it.
  co_return translate_again(message, Channel(), std::move(raw)).payload;
}

Task<ParsedMessage> parse_in_full(const Message& message, const Channel& channel, Blobs& blobs) {
  if (!message.metadata.parsed_truncated.value_or(false)) {
    ParsedMessage parsed = message.parsed_content;
    parsed.payload = co_await load_payload(message, blobs);
    co_return parsed;
  }
  std::string raw = co_await load_raw(message, blobs);
  if (channel.type == ChannelType::Email) co_return parse_mail(raw, message.received_at).message;
  ParsedMessage parsed = translate_again(message, channel, std::move(raw));
  parsed.headers = message.parsed_content.headers;
  parsed.timestamp = message.parsed_content.timestamp;
  co_return parsed;
}

Task<Result<std::vector<std::string>>> load_attachments(Message message, ParsedMessage parsed,
                                                        Blobs& blobs) {
  std::vector<std::string> files;
  if (!parsed.attachments || parsed.attachments->empty()) co_return files;
  std::size_t announced = 0;
  bool apart = true;
  for (const Attachment& attachment : *parsed.attachments) {
    announced += static_cast<std::size_t>(std::max<std::int64_t>(attachment.size, 0));
    apart &= !attachment.s3_key.empty();
  }
  if (announced > kContentsLimit) co_return std::unexpected(too_large(announced));
  if (!apart) {
    const std::string raw = co_await load_raw(message, blobs);
    parse_mail(raw, message.received_at, {}, &files);
    files.resize(parsed.attachments->size());
  }
  for (std::size_t i = 0; apart && i < parsed.attachments->size(); ++i) {
    const std::string path = (*parsed.attachments)[i].s3_key;
    std::optional<std::string> bytes = co_await blobs.get(path);
    if (!bytes)
      throw Failure(Failure::Retry::Never, "attachment " + std::to_string(i + 1) + " of message " +
                                               message.id.value + " is gone: no blob at " + path);
    files.push_back(std::move(*bytes));
  }
  if (total_size(files) > kContentsLimit) co_return std::unexpected(too_large(total_size(files)));
  co_return files;
}

}  // namespace msghub
