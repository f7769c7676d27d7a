#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "channels/webhook/webhook.h"
#include "model/channel.h"
#include "vault/vault.h"

namespace msghub {

// The unguessable part of a webhook address: the channel's id, so that it can be looked up by its
// key, and 192 random bits. 54 characters of base64url.
std::string new_token(const ChannelId& channel);

// The channel that a token claims to belong to; whether it does is for the caller to compare.
std::optional<ChannelId> channel_of_token(std::string_view token);

// The channel with its signing secret opened. Refuses when the vault cannot open it.
Task<Result<WebhookEndpoint>> open_endpoint(Channel channel, const Vault& vault);

}  // namespace msghub
