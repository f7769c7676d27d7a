#include "app/rule_message.h"

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <sstream>

#include "app/chat_message.h"
#include "app/commands.h"
#include "app/exit_code.h"
#include "base/exact_json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/written_http.h"
#include "channels/webhook/written.h"
#include "mime/mime.h"
#include "rule/nearest.h"

namespace msghub {

namespace {

std::optional<ChannelType> type_of(const std::string& file) {
  const std::string name = lower_ascii(file);
  if (name.ends_with(".eml")) return ChannelType::Email;
  if (name.ends_with(".json") || name.ends_with(".txt")) return ChannelType::Webhook;
  if (name.ends_with(".sms")) return ChannelType::Sms;
  if (name.ends_with(".slack")) return ChannelType::Slack;
  return std::nullopt;
}

bool is_call(const std::string& file) { return lower_ascii(file).ends_with(".http"); }

std::string_view without_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

// The headers before the first empty line, in lower case; nothing when a line of them is none.
std::optional<std::map<std::string, std::string>> header_block(const std::string& text) {
  std::map<std::string, std::string> headers;
  std::istringstream lines(text);
  std::string line, last;
  while (std::getline(lines, line)) {
    if (trim(line).empty()) break;
    if (headers.empty() && line.starts_with("From ")) continue;  // of an mbox
    if (line.front() == ' ' || line.front() == '\t') {
      if (last.empty()) return std::nullopt;
      continue;
    }
    const std::size_t colon = line.find(':');
    const bool name = colon != std::string::npos && colon > 0 &&
                      std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                                  [](char c) { return c > ' ' && c < 0x7F; });
    if (!name) return std::nullopt;
    last = lower_ascii(line.substr(0, colon));
    headers.emplace(last, trim(std::string_view(line).substr(colon + 1)));
  }
  return headers;
}

bool is_mail(const std::string& bytes) {
  const auto headers = header_block(bytes);
  if (!headers) return false;
  const auto has = [&](const char* name) { return headers->contains(name); };
  return has("from") || has("subject") || has("received") || has("message-id") || has("date");
}

FileMessage chat_of(const std::string& bytes, ChannelType type) {
  const std::string text = to_utf8(without_mark(bytes));
  FileMessage out{type, read_chat(boost::replace_all_copy(text, "\r\n", "\n")), {}};
  out.message.timestamp = SystemClock().now();
  return out;
}

FileMessage mail_of(const std::string& bytes) {
  return {ChannelType::Email, parse_mail(bytes, SystemClock().now()).message, {}};
}

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

FileMessage webhook_of(const std::string& bytes) {
  FileMessage out{ChannelType::Webhook, {}, {}};
  out.message.timestamp = SystemClock().now();
  out.message.body = to_utf8(without_mark(bytes));
  Result<json::value> payload = parse_exact_json(without_mark(bytes));
  if (payload)
    out.message.payload = std::move(*payload);
  else if (looks_like_json(out.message.body))
    out.note = "it is read as text, as its JSON is broken: " + payload.error().detail;
  return out;
}

// A call of a webhook with its headers.
Result<FileMessage> call_of(const std::string& bytes) {
  Result<WebhookContent> content =
      translate_written_call(to_utf8(without_mark(bytes)), SystemClock().now());
  if (!content) return std::unexpected(std::move(content).error());
  return FileMessage{ChannelType::Webhook, std::move(content->parsed), {}};
}

// Whether the bytes begin as a call does, and no mail.
bool looks_like_call(std::string_view bytes) {
  const WrittenHttp written = split_written_http(without_mark(bytes));
  if (written.stray || written.body == written.body_end) return false;
  return bytes.starts_with("POST ") || bytes.starts_with("PUT ") ||
         written.find("content-type") != nullptr || written.find("user-agent") != nullptr;
}

// What bytes that are no message look like.
std::string seen(const std::string& bytes) {
  if (bytes.find_first_not_of(" \t\r\n") == std::string::npos) return "nothing";
  if (bytes.starts_with("%PDF-")) return "a PDF document";
  if (bytes.starts_with("PK\x03\x04")) return "a ZIP archive or an office document";
  if (bytes.starts_with("\xD0\xCF\x11\xE0"))
    return "an Outlook message (.msg) or an old office document; Outlook saves a mail as .eml, too";
  if (bytes.contains('\0')) return "bytes that are no text";
  const std::size_t begin = bytes.find_first_not_of(" \t\r\n");
  const std::string_view line =
      trim(std::string_view(bytes).substr(begin, bytes.find('\n', begin) - begin));
  constexpr std::size_t kShown = 60;
  const bool cut = line.size() > kShown;
  return "a text that begins with \"" + std::string(cut_utf8(to_utf8(line), kShown)) +
         (cut ? "…\"" : "\"");
}

std::unexpected<Refusal> no_message(const std::string& name, const std::string& why) {
  const std::string what = name == "-" ? "standard input" : name;
  return refuse(
      Refusal::Code::Invalid,
      what + ": " + why +
          "\nexpected: a mail with its headers (.eml), the JSON or text of a webhook "
          "(.json, .txt), its call with headers (.http), a text message (.sms) or a Slack post "
          "(.slack)");
}

}  // namespace

FileMessage read_message(const std::string& file, ChannelType guess) {
  const std::string bytes = read_file(file);
  if (is_call(file)) {
    Result<FileMessage> call = call_of(bytes);
    if (!call) throw ApiError{kUsage, file + ": " + call.error().detail, {}};
    return *std::move(call);
  }
  const ChannelType type = type_of(file).value_or(guess);
  if (type == ChannelType::Email) return mail_of(bytes);
  if (type == ChannelType::Sms || type == ChannelType::Slack) return chat_of(bytes, type);
  if (lower_ascii(file).ends_with(".json"))
    if (const Result<json::value> payload = parse_json(without_mark(bytes)); !payload)
      throw ApiError{kUsage, file + ": " + payload.error().detail, {}};
  return webhook_of(bytes);
}

Result<FileMessage> recognise_message(const std::string& name, const std::string& bytes) {
  const std::optional<ChannelType> type = type_of(name);
  const std::string holds = "it holds " + seen(bytes);
  if (holds == "it holds nothing") return no_message(name, "it is empty");
  const Result<json::value> payload = parse_json(without_mark(bytes));
  if (type == ChannelType::Webhook) {
    const bool text = !lower_ascii(name).ends_with(".json");
    if (!text && !payload)
      return no_message(name, "it is no JSON: " + payload.error().detail + "; " + holds);
    if (text && bytes.contains('\0')) return no_message(name, holds);
    return webhook_of(bytes);
  }
  if (type == ChannelType::Sms || type == ChannelType::Slack) {
    FileMessage chat = chat_of(bytes, *type);
    if (chat.message.from.empty() || !chat.message.to)
      return no_message(
          name,
          "it does not begin with the lines From: and To:, an empty line and the text; " + holds);
    return chat;
  }
  if (is_call(name) || (!type && !is_mail(bytes) && looks_like_call(bytes))) {
    Result<FileMessage> call = call_of(bytes);
    if (!call) return no_message(name, "it is no call of a webhook: " + call.error().detail);
    return call;
  }
  if (is_mail(std::string(without_mark(bytes)))) return mail_of(bytes);
  if (type == ChannelType::Email)
    return no_message(name,
                      "it is no mail, which begins with headers such as From: and Subject:, "
                      "then an empty line; " +
                          holds);
  if (payload && (payload->is_object() || payload->is_array())) return webhook_of(bytes);
  if (!payload && looks_like_json(without_mark(bytes)))
    return no_message(name, "its JSON is broken: " + payload.error().detail);
  return no_message(name, "no message is recognised; " + holds);
}

}  // namespace msghub
