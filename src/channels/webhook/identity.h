#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "net/http.h"

namespace msghub {

// Under which ids a request counts as the same message again (see Arrival).
struct WebhookIdentity {
  std::string external_id;
  std::vector<std::string> also_known_as;
};

// The sender's own id where it gives one: webhook-id, else X-GitHub-Delivery, else Idempotency-Key,
// each only when it stands there once, is not empty and has at most 256 bytes of UTF-8.
//
// Without one, the body is the id, within a window of time ("body:<sha256>:<window>"): a retry that
// comes within 300 s adds nothing, while the same body an hour later ("door opened") is a message
// of its own. A retry may fall into the next window, so the window before is another known id.
// Pure.
WebhookIdentity webhook_identity(const HttpRequest& request, Timestamp now);

}  // namespace msghub
