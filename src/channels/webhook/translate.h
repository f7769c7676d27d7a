#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/channel.h"
#include "model/message.h"
#include "net/http.h"

namespace msghub {

// What a webhook request says, before anybody asks whether it was said before.
struct WebhookContent {
  ParsedMessage parsed;
  std::string content_type;        // as the request has it; "text/plain" when it has none
  std::vector<std::string> notes;  // what had to be mended or was not found, one sentence each
};

// Reads the body by its Content-Type:
// - application/json and …+json: the payload is the value, the body its text;
// - application/x-www-form-urlencoded: the payload is an object of texts (a repeated name gives a
//   list), the body the form as it came;
// - text/… and no type at all: the body is the text, there is no payload.
// ChannelConfig::webhook_mapping then picks from, subject and body out of the payload; what is no
// text there is taken as compact JSON. Headers are kept in lower case without those that carry
// secrets. The timestamp is webhook-timestamp when it is one and not in the future, else `now`.
//
// Refuses (Invalid) an empty body, malformed JSON (with line and column) or a malformed form,
// (TooLarge) a form of too many fields, (Unsupported) other types and compressed bodies. Pure.
Result<WebhookContent> translate_webhook(const Channel& channel, const HttpRequest& request,
                                         Timestamp now);

}  // namespace msghub
