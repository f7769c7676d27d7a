#pragma once

#include "model/rule.h"

namespace msghub {

// What the hub has to know of a version of a rule to run it: a rule's package.json says it, as
// "msghub", so that executions which are pinned to an older version keep to what that one said.
struct RulePolicy {
  std::int64_t steps = 0;
  std::optional<std::int64_t> failure_steps;  // those of "If it fails"; absent: none
  std::optional<std::int64_t> retries;        // absent: the hub's own policy
  std::optional<std::int64_t> over_ms;        // the time that the retries are spread over
  std::optional<std::int64_t> time_limit_ms;  // for one try; absent: the hub's
  std::optional<bool> attachment_content;     // its actions need the bytes of attachments
  friend bool operator==(const RulePolicy&, const RulePolicy&) = default;
};
BOOST_DESCRIBE_STRUCT(RulePolicy, (),
                      (steps, failure_steps, retries, over_ms, time_limit_ms, attachment_content))

inline RulePolicy policy_of(const RuleMetadata& metadata) {
  RulePolicy out;
  out.steps = static_cast<std::int64_t>(metadata.actions.size());
  for (const ActionConfig& action : metadata.actions)
    if (action.for_each || action.config.contains("attachments")) out.attachment_content = true;
  if (metadata.failure) {
    out.retries = metadata.failure->retries;
    out.over_ms = metadata.failure->over_ms;
    const auto steps = static_cast<std::int64_t>(metadata.failure->actions.size());
    if (steps > 0) out.failure_steps = steps;
  }
  if (metadata.settings) out.time_limit_ms = metadata.settings->time_limit_ms;
  return out;
}

}  // namespace msghub
