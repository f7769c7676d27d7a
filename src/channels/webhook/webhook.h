#pragma once

#include <string>

#include "base/result.h"
#include "base/task.h"
#include "channels/inbox.h"
#include "net/http.h"

namespace msghub {

// A webhook channel with its secret opened.
struct WebhookEndpoint {
  Channel channel;
  std::string secret;  // "" when the channel has none
};

// Takes one request to a webhook channel: checks the signature over the raw body first, then reads
// it, then delivers it into `inbox`. When it gives a Receipt, the message is on disk.
//
// A channel that has a secret or names a signature scheme takes signed requests only; without a
// secret that fits, it takes none. Refuses: NotFound (no webhook channel), Unauthorized (see
// check_signature), Invalid, TooLarge and Unsupported (see translate_webhook). Throws what the
// inbox throws.
Task<Result<Receipt>> receive_webhook(HttpRequest request, WebhookEndpoint endpoint, Inbox& inbox,
                                      Timestamp now);

// The unguessable part of a webhook's address: 192 random bits, 32 characters of base64url.
std::string new_webhook_token();

// A Standard Webhooks secret of 32 random bytes ("whsec_…").
std::string new_webhook_secret();

}  // namespace msghub
