#include "api/endpoint.h"
#include "api/handlers.h"
#include "channels/webhook/webhook.h"

namespace msghub {

Task<HttpResponse> receive_message(Call call, Hub& hub) {
  // What the disk cannot take must not be read half-way: refuse at the door.
  if (const auto trouble = hub.trouble()) {
    const char* code = hub.paused() ? "paused" : "storage_unavailable";
    HttpResponse response = problem(503, code, *trouble);
    response.headers.emplace_back("Retry-After", "5");
    co_return response;
  }
  const std::string token = call.path_value("token");
  const std::optional<ChannelId> id = channel_of_token(token);
  std::optional<Channel> channel;
  if (id) channel = co_await hub.rulebook.channel(*id);
  const bool known = channel && channel->type == ChannelType::Webhook &&
                     constant_time_equal(channel->config.webhook_url.value_or(""), "/in/" + token);
  if (!known)
    co_return problem(404, "unknown_channel",
                      "no channel has this address; `msghub channel list` shows those there are");
  Result<WebhookEndpoint> endpoint = co_await open_endpoint(std::move(*channel), hub.vault);
  if (!endpoint) co_return problem(503, "channel_locked", endpoint.error().detail);
  const Result<Receipt> receipt = co_await receive_webhook(
      std::move(call.request), std::move(*endpoint), hub.inbox, hub.clock.now());
  if (!receipt) co_return refused(receipt.error());
  co_return json_response(202, {{"id", receipt->id.value}, {"duplicate", receipt->duplicate}});
}

}  // namespace msghub
