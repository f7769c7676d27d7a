#include "rule/emit_parts.h"

namespace msghub {

namespace ts = typescript;
using ts::member;

ts::Code emit_failure(const FailurePolicy& failure, EmitScope& scope) {
  ts::Members out{line_member(failure.lines.first)};
  if (failure.retries) {
    ts::Members retry{member("times", ts::number(std::to_string(*failure.retries)))};
    if (failure.over_ms)
      retry.push_back(member("overMs", ts::number(std::to_string(*failure.over_ms))));
    out.push_back(member("retry", ts::object(std::move(retry))));
  }
  out.push_back(member("steps", emit_steps(failure.then, scope)));
  return ts::block(std::move(out));
}

ts::Members emit_settings(const Settings& settings) {
  ts::Members out;
  if (settings.time_zone) out.push_back(member("timeZone", ts::text(*settings.time_zone)));
  if (settings.time_limit_ms)
    out.push_back(member("timeLimitMs", ts::number(std::to_string(*settings.time_limit_ms))));
  if (settings.concurrency)
    out.push_back(member("concurrency", ts::number(std::to_string(*settings.concurrency))));
  return out;
}

}  // namespace msghub
