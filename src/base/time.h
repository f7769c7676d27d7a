#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace msghub {

// Wall time in UTC, to the millisecond: what the data model keeps as ISO 8601 text.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// "2026-11-22T10:00:00.000Z": 24 characters always, so that text order is time order.
std::string to_iso8601(Timestamp time);

// Accepts what to_iso8601 writes, other fractions of 0 to 9 digits, and offsets "+hh:mm".
std::optional<Timestamp> from_iso8601(std::string_view text);

// Where the hub's parts get the time from, so that tests move it by hand. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
};

}  // namespace msghub
