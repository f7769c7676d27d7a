#pragma once

#include <chrono>
#include <optional>

#include "model/execution.h"

namespace msghub {

// When an execution that failed recoverably is tried again. Delays grow: base, base*factor, … up to
// cap; each is drawn between half of that and all of it, so that many do not come back at once.
struct RetryPolicy {
  int tries = 8;              // in all, the first one included
  int lost_worker_tries = 3;  // when its worker died or overran: a message may be poison
  std::chrono::milliseconds base{1'000};
  double factor = 4;
  std::chrono::milliseconds cap{30 * 60'000};
  std::chrono::milliseconds longest_wish{24 * 3'600'000};  // of a target's Retry-After
};

// The pause before the next try of an execution that has failed `tries` times; nothing when it is
// over. `random` is in [0, 1). Pure.
std::optional<std::chrono::milliseconds> next_delay(
    const RetryPolicy& policy, std::int64_t tries, const ExecutionError& error,
    std::optional<std::chrono::milliseconds> target_wish, double random);

}  // namespace msghub
