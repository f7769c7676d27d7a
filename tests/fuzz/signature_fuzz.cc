// Any headers, secret and body: no crash, nobody gets in without the secret, and what is signed
// with it does.
#include <algorithm>

#include "channels/webhook/signature.h"

namespace {

using namespace msghub;

// Not the secret of the published vectors: the seeds hold signatures made with that one.
constexpr std::string_view kSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr std::int64_t kTime = 1614265330;
constexpr Timestamp kNow{std::chrono::seconds(kTime)};

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

void expect_refused(SignatureScheme scheme, std::string_view secret, const Headers& headers,
                    std::string_view body) {
  const auto checked = check_signature(scheme, secret, headers, body, kNow);
  MSGHUB_CHECK(!checked && checked.error().code == Refusal::Code::Unauthorized);
}

// "name:value" lines, then an empty line, then the body.
void forge(std::string_view rest) {
  Headers headers;
  for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    headers.add(std::string(line.substr(0, colon)),
                std::string(line.substr(std::min(colon + 1, line.size()))));
  }
  expect_refused(SignatureScheme::Standard, kSecret, headers, rest);
  expect_refused(SignatureScheme::GitHub, kSecret, headers, rest);
}

// A signature header of any text beside an otherwise good message.
void forge_signature(std::string_view value) {
  Headers standard, github;
  standard.add("webhook-id", "msg_1");
  standard.add("webhook-timestamp", std::to_string(kTime));
  standard.add("webhook-signature", std::string(value));
  github.add("x-hub-signature-256", std::string(value));
  expect_refused(SignatureScheme::Standard, kSecret, standard, "body");
  expect_refused(SignatureScheme::GitHub, kSecret, github, "body");
}

void sign_and_check(std::string_view rest) {
  const std::string_view secret = take_line(rest), id = take_line(rest), time = take_line(rest);
  const auto signature = sign_standard(secret, id, time, rest);
  Headers headers;
  headers.add("Webhook-Id", std::string(id));
  headers.add("Webhook-Timestamp", std::string(time));
  headers.add("Webhook-Signature", signature ? *signature : "v1,AAAA");
  if (!signature) return expect_refused(SignatureScheme::Standard, secret, headers, rest);
  const bool good =
      check_signature(SignatureScheme::Standard, secret, headers, rest, kNow).has_value();
  if (time == std::to_string(kTime) && !id.empty() && id.find('.') == std::string_view::npos)
    MSGHUB_CHECK(good);
  if (good) expect_refused(SignatureScheme::Standard, secret, headers, std::string(rest) + "x");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      forge(bytes);
      break;
    case 1:
      forge_signature(bytes);
      break;
    case 2:
      sign_and_check(bytes);
      break;
    default:
      sign_and_check(std::string(kSecret) + "\n" + std::string(bytes.substr(0, bytes.find('\n'))) +
                     "\n" + std::to_string(kTime) + "\n" + std::string(bytes));
  }
  return 0;
}
