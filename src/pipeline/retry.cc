#include "pipeline/retry.h"

#include <algorithm>
#include <cmath>

namespace msghub {

using std::chrono::milliseconds;

std::optional<milliseconds> next_delay(const RetryPolicy& policy, std::int64_t tries,
                                       const ExecutionError& error,
                                       std::optional<milliseconds> target_wish, double random) {
  if (!error.recoverable) return std::nullopt;
  const bool poison = error.code == "worker_lost" || error.code == "deadline";
  if (tries >= (poison ? policy.lost_worker_tries : policy.tries)) return std::nullopt;
  const double grown =
      static_cast<double>(policy.base.count()) *
      std::pow(policy.factor, static_cast<double>(std::max<std::int64_t>(tries, 1) - 1));
  const double whole = std::min(grown, static_cast<double>(policy.cap.count()));
  milliseconds delay(static_cast<std::int64_t>(whole * (0.5 + random / 2)));
  if (target_wish) delay = std::max(delay, std::min(*target_wish, policy.longest_wish));
  return delay;
}

}  // namespace msghub
