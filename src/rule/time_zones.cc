#include "rule/time_zones.h"

#include <array>
#include <vector>

#include "rule/nearest.h"

namespace msghub {

namespace {

constexpr auto kZones = std::to_array<std::string_view>({
#include "rule/time_zones.inc"
});

std::string_view city_of(std::string_view zone) { return zone.substr(zone.rfind('/') + 1); }

// "New York" as New_York.
std::string underscored(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c == ' ') c = '_';
  return out;
}

}  // namespace

std::span<const std::string_view> time_zones() { return kZones; }

std::optional<std::string> time_zone_of(std::string_view name) {
  const std::string wanted = lower_ascii(name);
  for (const std::string_view zone : kZones)
    if (lower_ascii(zone) == wanted) return std::string(zone);
  return std::nullopt;
}

std::string nearest_time_zone(std::string_view name) {
  const std::string wanted = lower_ascii(underscored(trim(name)));
  const std::string city(city_of(wanted));
  for (const std::string_view zone : kZones)
    if (lower_ascii(city_of(zone)) == city) return std::string(zone);
  return nearest(wanted, std::vector<std::string>(kZones.begin(), kZones.end()));
}

}  // namespace msghub
