#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace msghub {

// All names, in the order of the alphabet.
std::span<const std::string_view> time_zones();

// The time zone of the IANA database that is called so, as it is written there: case does not
// count. Nothing when there is none.
std::optional<std::string> time_zone_of(std::string_view name);

// A time zone that may be meant: a name that is near, or the one of that city; "" without one.
std::string nearest_time_zone(std::string_view name);

}  // namespace msghub
