#include "base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <string>

#include "base/json.h"
#include "base/time.h"

namespace msghub {

namespace {
std::atomic<LogLevel> threshold{LogLevel::Info};
constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};
}  // namespace

void log(LogLevel level, std::string_view event, boost::json::object fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  boost::json::object line;
  line["time"] = to_iso8601(SystemClock().now());
  line["level"] = kNames[static_cast<std::size_t>(level)];
  line["event"] = event;
  for (auto& field : fields) line[field.key()] = std::move(field.value());
  std::string text = to_json(line);
  text += '\n';
  // One write per line: lines of different threads do not mix, and nobody waits for a lock.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

void set_log_level(LogLevel level) { threshold = level; }

}  // namespace msghub
