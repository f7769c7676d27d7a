#include "channels/webhook/webhook.h"

#include "base/crypto.h"
#include "channels/webhook/identity.h"
#include "channels/webhook/signature.h"
#include "channels/webhook/translate.h"

namespace msghub {

namespace {

Result<void> authorize(const HttpRequest& request, const WebhookEndpoint& endpoint, Timestamp now) {
  const ChannelConfig& config = endpoint.channel.config;
  // Any trace of a secret means that it is wanted: a half-configured channel takes nothing.
  if (!config.webhook_signature && !config.webhook_secret && endpoint.secret.empty()) return {};
  const auto scheme = signature_scheme(config.webhook_signature.value_or("standard"));
  if (!scheme)
    return refuse(Refusal::Code::Unauthorized, "This channel has no known signature scheme.");
  return check_signature(*scheme, endpoint.secret, request.headers, request.body, now);
}

}  // namespace

Task<Result<Receipt>> receive_webhook(HttpRequest request, WebhookEndpoint endpoint, Inbox& inbox,
                                      Timestamp now) {
  const Channel& channel = endpoint.channel;
  if (channel.type != ChannelType::Webhook)
    co_return refuse(Refusal::Code::NotFound, "There is no webhook here.");
  auto authorized = authorize(request, endpoint, now);
  if (!authorized) co_return std::unexpected(std::move(authorized).error());
  auto content = translate_webhook(channel, request, now);
  if (!content) co_return std::unexpected(std::move(content).error());
  WebhookIdentity identity = webhook_identity(request, now);

  Arrival arrival;
  arrival.channel_id = channel.id;
  arrival.user_id = channel.user_id;
  arrival.external_id = std::move(identity.external_id);
  arrival.also_known_as = std::move(identity.also_known_as);
  arrival.raw = std::move(request.body);
  arrival.content_type = std::move(content->content_type);
  arrival.parsed = std::move(content->parsed);
  arrival.notes = std::move(content->notes);
  Receipt receipt = co_await inbox.deliver(std::move(arrival));
  co_return receipt;
}

std::string new_webhook_token() { return to_base64url(random_bytes(24)); }

std::string new_webhook_secret() { return "whsec_" + to_base64(random_bytes(32)); }

}  // namespace msghub
