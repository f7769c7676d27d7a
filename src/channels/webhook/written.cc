#include "channels/webhook/written.h"

#include "base/exact_json.h"
#include "base/written_http.h"

namespace msghub {

Result<WebhookContent> translate_written_call(std::string_view text, Timestamp now) {
  const WrittenHttp written = split_written_http(text);
  if (written.stray) return refuse(Refusal::Code::Invalid, "A line before the body is no header.");
  HttpRequest request;
  request.method = "POST";
  for (const WrittenHttp::Header& header : written.headers)
    request.headers.add(header.name, header.value);
  request.body = text.substr(written.body, written.body_end - written.body);
  Result<WebhookContent> content = translate_webhook(Channel{}, request, now);
  if (content && written.find("content-type") == nullptr)
    if (Result<json::value> payload = parse_exact_json(content->parsed.body))
      content->parsed.payload = *std::move(payload);
  return content;
}

}  // namespace msghub
