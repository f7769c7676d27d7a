#include "channels/webhook/identity.h"

#include <array>

#include "base/crypto.h"
#include "base/utf8.h"

namespace msghub {

namespace {

constexpr std::chrono::seconds kIdentityWindow{300};
constexpr std::size_t kMostIdBytes = 256;

}  // namespace

WebhookIdentity webhook_identity(const HttpRequest& request, Timestamp now) {
  static constexpr std::array<std::string_view, 3> kIdHeaders{"webhook-id", "x-github-delivery",
                                                              "idempotency-key"};
  for (const std::string_view name : kIdHeaders) {
    const std::string* id = request.headers.only(name);
    if (id != nullptr && !id->empty() && id->size() <= kMostIdBytes && is_utf8(*id))
      return {*id, {}};
  }
  const std::string prefix = "body:" + sha256_hex(request.body) + ":";
  const auto window = now.time_since_epoch() / kIdentityWindow;
  return {prefix + std::to_string(window), {prefix + std::to_string(window - 1)}};
}

}  // namespace msghub
