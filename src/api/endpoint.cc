#include "api/endpoint.h"

#include <algorithm>

#include "base/crypto.h"

namespace msghub {

namespace {
constexpr std::size_t kIdLength = 22;  // base64url characters of 16 bytes
}

std::string new_token(const ChannelId& channel) {
  std::string hex = channel.value;
  std::erase(hex, '-');
  return to_base64url(from_hex(hex).value_or("")) + new_webhook_token();
}

std::optional<ChannelId> channel_of_token(std::string_view token) {
  if (token.size() != kIdLength + 32) return std::nullopt;
  std::string text(token.substr(0, kIdLength));
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const auto bytes = from_base64(text + "==");
  if (!bytes || bytes->size() != 16) return std::nullopt;
  std::string hex = to_hex(*bytes);
  for (std::size_t at : {20u, 16u, 12u, 8u}) hex.insert(at, "-");
  return ChannelId{hex};
}

Task<Result<WebhookEndpoint>> open_endpoint(Channel channel, const Vault& vault) {
  WebhookEndpoint endpoint;
  if (channel.config.webhook_secret) {
    SealContext context{channel.user_id.value, "channel", channel.id.value, "webhookSecret"};
    const Result<std::string> secret =
        co_await vault.unseal(std::move(context), *channel.config.webhook_secret);
    if (!secret) co_return std::unexpected(secret.error());
    endpoint.secret = *secret;
  }
  endpoint.channel = std::move(channel);
  co_return endpoint;
}

}  // namespace msghub
