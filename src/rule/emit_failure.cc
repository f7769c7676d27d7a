#include "rule/emit_parts.h"
#include "rule/typescript.h"

namespace msghub {

using typescript::group;
using typescript::string_literal;

std::string emit_failure(const FailurePolicy& failure, EmitScope& scope) {
  if (failure.lines.first == 0) return "";
  std::vector<std::string> head{property("line", std::to_string(failure.lines.first))};
  if (failure.retries) {
    std::vector<std::string> retry{property("times", std::to_string(*failure.retries))};
    if (failure.over_ms) retry.push_back(property("overMs", std::to_string(*failure.over_ms)));
    head.push_back(property("retry", group("{", retry, "}", 4)));
  }
  // The steps stand as deep as those of `steps`, which their templates need to keep their text.
  std::string out = "  onFailure: {";
  for (const std::string& item : head) out += " " + item + ",";
  if (failure.then.empty()) return out + " steps: [] },\n";
  out += " steps: [\n";
  for (const Step& step : failure.then) out += "    " + emit_step(step, scope) + ",\n";
  return out + "  ] },\n";
}

std::string emit_settings(const Settings& settings) {
  std::vector<std::string> items;
  if (settings.time_zone)
    items.push_back(property("timeZone", string_literal(*settings.time_zone)));
  if (settings.time_limit_ms)
    items.push_back(property("timeLimitMs", std::to_string(*settings.time_limit_ms)));
  if (settings.concurrency)
    items.push_back(property("concurrency", std::to_string(*settings.concurrency)));
  if (items.empty()) return "";
  return "  settings: " + group("{", items, "}", 2, 10) + ",\n";
}

}  // namespace msghub
