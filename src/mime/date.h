#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace msghub {

// The time in a Date header: "Sun, 22 Nov 2026 10:00:00 +0100 (CET)" (RFC 5322, with its old
// zones and years of two digits). Nothing for a text that is no date, or none of the years 1970 to
// 9999.
std::optional<Timestamp> parse_mail_date(std::string_view unfolded_value);

}  // namespace msghub
