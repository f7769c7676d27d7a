#pragma once

#include <boost/json/object.hpp>
#include <string_view>

namespace msghub {

enum class LogLevel { Debug, Info, Warn, Error };

// Writes one JSON line {"time","level","event","…fields"} to stderr. `event` is noun + past verb
// ("message stored"). Never pass secrets, message bodies or whole URLs. Thread-safe.
void log(LogLevel level, std::string_view event, boost::json::object fields = {});

// Lines below this level are dropped; the default is Info.
void set_log_level(LogLevel level);

}  // namespace msghub
