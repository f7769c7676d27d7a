#pragma once

#include <string>
#include <string_view>

#include "channels/inbox.h"

namespace msghub {

// A mail as it stands in `folder` of the channel's mailbox: `raw` its RFC 5322 bytes, `seen` its
// \Seen flag, `cursor` the place that is reached once it is stored. Any bytes give an arrival;
// `now` stands in for a Date header that is missing or wrong. Pure; never throws on any input.
Arrival translate_mail(const Channel& channel, std::string_view raw, const std::string& folder,
                       bool seen, MailCursor cursor, Timestamp now);

}  // namespace msghub
