#include "app/rule_message.h"

#include "app/commands.h"
#include "base/time.h"
#include "base/utf8.h"
#include "mime/mime.h"

namespace msghub {

FileMessage read_message(const std::string& file, ChannelType guess) {
  const std::string bytes = read_file(file);
  const bool webhook = file.ends_with(".json") || file.ends_with(".txt") ||
                       (!file.ends_with(".eml") && guess != ChannelType::Email);
  const Timestamp now = SystemClock().now();
  if (!webhook) return {ChannelType::Email, parse_mail(bytes, now).message};
  FileMessage out{ChannelType::Webhook, {}};
  out.message.timestamp = now;
  out.message.body = to_utf8(bytes);
  if (Result<json::value> payload = parse_json(bytes)) out.message.payload = std::move(*payload);
  return out;
}

}  // namespace msghub
