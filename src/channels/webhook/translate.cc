#include "channels/webhook/translate.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/exact_json.h"
#include "base/json_path.h"
#include "base/utf8.h"
#include "channels/webhook/charset.h"
#include "channels/webhook/signature.h"
#include "net/target.h"

namespace msghub {

namespace {

using Code = Refusal::Code;

// A header whose name says that its value proves something stays out of the message: messages are
// shown, archived and given to rules.
bool may_be_kept(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kSecretWords{
      "auth", "cookie", "signature", "token",   "secret", "password",
      "hmac", "jwt",    "session",   "api-key", "apikey", "access-key"};
  static constexpr std::array<std::string_view, 9> kOfTheConnection{
      "connection", "content-length", "expect",           "host", "keep-alive", "te",
      "trailer",    "upgrade",        "transfer-encoding"};
  return std::find(kOfTheConnection.begin(), kOfTheConnection.end(), name) ==
             kOfTheConnection.end() &&
         std::none_of(kSecretWords.begin(), kSecretWords.end(), [name](std::string_view word) {
           return name.find(word) != std::string_view::npos;
         });
}

std::map<std::string, std::string> kept_headers(const Headers& headers) {
  std::map<std::string, std::string> kept;
  for (const auto& [name, value] : headers.all()) {
    std::string key = name;
    for (char& c : key)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!may_be_kept(key)) continue;
    const auto [entry, is_first] = kept.try_emplace(std::move(key), to_utf8(value));
    if (!is_first) entry->second += "\n" + to_utf8(value);
  }
  return kept;
}

Timestamp time_of(const Headers& headers, Timestamp now) {
  const std::string* text = headers.only("webhook-timestamp");
  std::int64_t seconds = 0;
  if (text == nullptr) return now;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), seconds);
  const auto latest = std::chrono::floor<std::chrono::seconds>(now + kSignatureWindow);
  if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size() || seconds < 0 ||
      seconds > latest.time_since_epoch().count())
    return now;
  return Timestamp{std::chrono::seconds(seconds)};
}

json::object to_object(const FormFields& fields) {
  json::object object;
  for (const auto& [name, value] : fields) {
    json::value& member = object[to_utf8(name)];
    if (member.is_null()) {
      member = to_utf8(value);
    } else {
      if (member.is_string()) {
        json::array list;
        list.push_back(std::move(member));
        member = std::move(list);
      }
      member.get_array().emplace_back(to_utf8(value));
    }
  }
  return object;
}

// The mapped part of the payload as text; a note when there is none.
std::optional<std::string> mapped(const std::optional<std::string>& path, const char* part,
                                  WebhookContent& content) {
  if (!path) return std::nullopt;
  const json::value* value =
      content.parsed.payload ? json_at(*content.parsed.payload, *path) : nullptr;
  if (value == nullptr || value->is_null()) {
    content.notes.push_back("The payload has no \"" + to_utf8(*path) + "\" for the message's " +
                            part + ".");
    return std::nullopt;
  }
  return to_text(*value);
}

void apply(const WebhookMapping& mapping, WebhookContent& content) {
  if (auto from = mapped(mapping.from, "from", content)) content.parsed.from = *std::move(from);
  if (auto subject = mapped(mapping.subject, "subject", content))
    content.parsed.subject = *std::move(subject);
  if (auto body = mapped(mapping.body, "body", content)) {
    std::string note;
    content.parsed.body = decode_text(*body, "utf-8", note);
  }
}

Result<void> read_body(const HttpRequest& request, const MediaType& media,
                       WebhookContent& content) {
  std::string note;
  const bool is_text = media.type.empty() || media.type.starts_with("text/");
  std::string_view text = request.body;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  content.parsed.body = decode_text(text, is_text ? media.charset : "utf-8", note);
  if (!note.empty()) content.notes.push_back(note);
  if (media.type == "application/json" || media.type.ends_with("+json")) {
    auto payload = parse_exact_json(text);
    if (!payload)
      return refuse(payload.error().code, "The body is " + payload.error().detail + ".");
    content.parsed.payload = *std::move(payload);
  } else if (media.type == "application/x-www-form-urlencoded") {
    const auto fields = decode_form(request.body);
    if (!fields)
      return refuse(fields.error().code, "The form is not well formed: " + fields.error().detail);
    content.parsed.payload = to_object(*fields);
  } else if (!is_text) {
    return refuse(Code::Unsupported,
                  "The content type \"" + to_utf8(media.type) +
                      "\" is not taken; send application/json, a type that ends in +json, "
                      "application/x-www-form-urlencoded or text/….");
  }
  return {};
}

}  // namespace

Result<WebhookContent> translate_webhook(const Channel& channel, const HttpRequest& request,
                                         Timestamp now) {
  if (request.body.empty()) return refuse(Code::Invalid, "The body is empty.");
  if (request.headers.count("content-type") > 1)
    return refuse(Code::Invalid, "The header Content-Type stands more than once.");
  if (request.headers.count("content-encoding") > 0)
    return refuse(Code::Unsupported,
                  "Compressed bodies are not taken; send it without "
                  "Content-Encoding.");
  const std::string* type = request.headers.only("content-type");
  const std::string_view type_text = type == nullptr ? std::string_view() : *type;
  const MediaType media = read_media_type(type_text);

  WebhookContent content;
  content.content_type = media.type.empty() ? "text/plain" : to_utf8(type_text);
  auto read = read_body(request, media, content);
  if (!read) return std::unexpected(std::move(read).error());
  content.parsed.timestamp = time_of(request.headers, now);
  content.parsed.headers = kept_headers(request.headers);
  if (channel.config.webhook_mapping) apply(*channel.config.webhook_mapping, content);
  return content;
}

}  // namespace msghub
