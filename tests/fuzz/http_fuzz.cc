// Any bytes as an HTTP/1.1 request, a request target, a form or a webhook's body: no crash, and
// what is accepted keeps its promises.
#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "channels/webhook/identity.h"
#include "channels/webhook/translate.h"
#include "net/request_parser.h"
#include "net/target.h"

namespace {

using namespace msghub;
using Stage = RequestParser::Stage;

const HttpLimits kLimits{.body = 2048, .header_block = 2048, .header_count = 16, .target = 512};
constexpr Timestamp kNow{std::chrono::seconds(1795341600)};

void check_path(const std::string& path) {
  MSGHUB_CHECK(path.starts_with('/'));
  MSGHUB_CHECK(is_utf8(path));
  MSGHUB_CHECK(path.find('\0') == std::string::npos && path.find('\\') == std::string::npos);
  const std::string closed = path + "/";
  MSGHUB_CHECK(closed.find("/../") == std::string::npos && closed.find("/./") == std::string::npos);
}

void translate(const HttpRequest& request) {
  Channel channel;
  channel.config.webhook_mapping = WebhookMapping{"a", "a.b[0]", "c"};
  const auto content = translate_webhook(channel, request, kNow);
  const WebhookIdentity identity = webhook_identity(request, kNow);
  MSGHUB_CHECK(!identity.external_id.empty() && is_utf8(identity.external_id));
  if (!content) {
    MSGHUB_CHECK(!content.error().detail.empty());
    return;
  }
  const ParsedMessage& parsed = content->parsed;
  MSGHUB_CHECK(is_utf8(parsed.body) && is_utf8(parsed.from));
  const std::string text = to_json(to_json_value(parsed));
  MSGHUB_CHECK(is_utf8(text));
  MSGHUB_CHECK(from_json_value<ParsedMessage>(*parse_json(text, {.depth = 80})).has_value());
}

struct Outcome {
  std::size_t requests = 0;
  Stage stage = Stage::Head;
  bool some_time = false;  // a refusal that may come sooner or later
};

Outcome feed(std::string_view bytes, std::size_t piece) {
  RequestParser parser(kLimits);
  Outcome outcome;
  std::string waiting;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    waiting += bytes.substr(at, piece);
    for (;;) {
      waiting.erase(0, parser.put(waiting));
      if (parser.stage() != Stage::Done) break;
      const HttpRequest request = parser.take();
      ++outcome.requests;
      check_path(request.path);
      MSGHUB_CHECK(request.body.size() <= kLimits.body);
      MSGHUB_CHECK(request.headers.all().size() <= kLimits.header_count);
      translate(request);
    }
    MSGHUB_CHECK(waiting.size() <= kLimits.header_block + piece);
    if (parser.stage() == Stage::Refused) {
      MSGHUB_CHECK(parser.refusal().status >= 400 && !parser.refusal().detail.empty());
      const std::string& code = parser.refusal().code;
      // While a quotation mark of a chunk's extension is open, Beast reads the chunk's header again
      // with every piece, and takes its size off the limit of the body each time.
      const bool again = code == "body_too_large" && bytes.contains('"');
      outcome.some_time = code == "chunks_too_costly" || again;
      break;
    }
  }
  outcome.stage = parser.stage();
  return outcome;
}

void fuzz_parser(std::string_view bytes) {
  // One read of everything is not what the parser meets: its buffer ends somewhere.
  const Outcome large = feed(bytes, 1024), small = feed(bytes, 5);
  if (large.some_time || small.some_time) return;
  MSGHUB_CHECK(large.requests == small.requests);
  MSGHUB_CHECK((large.stage == Stage::Refused) == (small.stage == Stage::Refused));
}

void fuzz_body(std::string_view bytes, std::size_t kind) {
  static constexpr std::array<const char*, 6> kTypes{
      "application/json",   "application/x-www-form-urlencoded",
      "text/plain",         "text/plain; charset=iso-8859-1",
      "application/x+json", "application/zip"};
  HttpRequest request;
  request.body = std::string(bytes);
  request.headers.add("Content-Type", kTypes[kind % kTypes.size()]);
  translate(request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t mode = data[0] % 16;
  if (mode < 8) {
    fuzz_parser(bytes);
  } else if (mode == 8) {
    const auto target = decode_target(bytes);
    if (target) check_path(target->path);
  } else if (mode == 9) {
    HttpRequest request;
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    request.headers.add("Content-Type", std::string(bytes.substr(0, end)));
    request.body = std::string(bytes.substr(end));
    translate(request);
  } else {
    fuzz_body(bytes, mode);
  }
  return 0;
}
