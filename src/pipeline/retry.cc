#include "pipeline/retry.h"

#include <algorithm>
#include <cmath>
#include <ranges>

namespace msghub {

using std::chrono::milliseconds;

namespace {

int most_tries(const RetryPolicy& policy, const ExecutionError& error) {
  if (error.code == "worker_lost") return std::min(policy.tries, policy.lost_worker_tries);
  if (error.code == "deadline") return std::min(policy.tries, policy.overrun_tries);
  return policy.tries;
}

// Between the k-th square of n and the one before it lie 2k - 1 of n² parts of the time.
milliseconds spread_delay(const RetryPolicy& policy, std::int64_t tries, double random) {
  const double retries = std::max(policy.tries - 1, 1);
  const double part = (2.0 * static_cast<double>(tries) - 1) / (retries * retries);
  const double whole = static_cast<double>(policy.over->count()) * part;
  return milliseconds(static_cast<std::int64_t>(whole * (0.9 + random / 10)));
}

milliseconds growing_delay(const RetryPolicy& policy, std::int64_t tries, double random) {
  const double grown = static_cast<double>(policy.base.count()) *
                       std::pow(policy.factor, static_cast<double>(tries - 1));
  const double whole = std::min(grown, static_cast<double>(policy.cap.count()));
  return milliseconds(static_cast<std::int64_t>(whole * (0.5 + random / 2)));
}

}  // namespace

RetryPolicy retry_policy_of(const RetryPolicy& hub, std::optional<std::int64_t> retries,
                            std::optional<std::int64_t> over_ms) {
  RetryPolicy policy = hub;
  if (!retries) return policy;
  policy.tries = static_cast<int>(*retries) + 1;
  policy.overrun_tries = policy.tries;
  if (over_ms) policy.over = milliseconds(*over_ms);
  return policy;
}

std::optional<milliseconds> next_delay(const RetryPolicy& policy, std::int64_t tries,
                                       const ExecutionError& error,
                                       std::optional<milliseconds> target_wish, double random) {
  if (!error.recoverable || tries >= most_tries(policy, error)) return std::nullopt;
  const std::int64_t failed = std::max<std::int64_t>(tries, 1);
  milliseconds delay =
      policy.over ? spread_delay(policy, failed, random) : growing_delay(policy, failed, random);
  if (target_wish) delay = std::max(delay, std::min(*target_wish, policy.longest_wish));
  return delay;
}

std::int64_t tries_that_count(const Execution& execution, const ExecutionError& error,
                              std::int64_t tries) {
  if (error.code != "deadline" || execution.attempts.empty()) return tries;
  const std::int64_t order = execution.attempts.back().order;
  std::int64_t in_vain = 0;
  for (const ActionAttempt& attempt : std::views::reverse(execution.attempts)) {
    if (attempt.order != order) continue;
    if (attempt.items && !attempt.items->empty())
      return std::min(tries, std::max<std::int64_t>(in_vain, 1));
    ++in_vain;
  }
  return tries;
}

bool clock_went_back(const Execution& execution, Timestamp now) {
  if (execution.attempts.empty()) return false;
  const ActionAttempt& last = execution.attempts.back();
  return last.completed_at.value_or(last.started_at) > now + std::chrono::minutes(1);
}

}  // namespace msghub
