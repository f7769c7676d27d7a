#include "rule/lower.h"

namespace msghub {

std::optional<RuleFailure> lower_failure(const RuleTree& tree) {
  if (tree.failure.lines.first == 0) return std::nullopt;
  RuleFailure out;
  out.retries = tree.failure.retries;
  out.over_ms = tree.failure.over_ms;
  out.actions = lower_steps(tree.failure.then);
  for (ActionConfig& action : out.actions)
    action.order += static_cast<std::int64_t>(tree.steps.size());
  return out;
}

std::optional<RuleSettings> lower_settings(const RuleTree& tree) {
  const Settings& settings = tree.settings;
  if (settings.lines.first == 0) return std::nullopt;
  RuleSettings out;
  out.time_zone = settings.time_zone;
  out.time_limit_ms = settings.time_limit_ms;
  out.concurrency = settings.concurrency;
  if (!settings.tags.empty()) out.tags = settings.tags;
  out.owner = settings.owner;
  return out;
}

}  // namespace msghub
