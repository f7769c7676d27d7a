#pragma once

#include <string_view>

#include "channels/webhook/translate.h"

namespace msghub {

// What a webhook's channel would make of a call that is written down (see base/written_http.h),
// with a channel that maps nothing. A call without Content-Type is JSON when its body is, as people
// leave the header out. Refuses what translate_webhook refuses, and (Invalid) a line that is no
// header. Pure.
Result<WebhookContent> translate_written_call(std::string_view text, Timestamp now);

}  // namespace msghub
