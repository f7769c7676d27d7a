#pragma once

#include <chrono>
#include <optional>

#include "model/execution.h"

namespace msghub {

// When an execution that failed recoverably is tried again. Delays grow: base, base*factor, … up to
// cap; each is drawn between half of that and all of it, so that many do not come back at once.
struct RetryPolicy {
  int tries = 8;              // in all, the first one included
  int lost_worker_tries = 3;  // at most, when its worker died: a message may be poison
  int overrun_tries = 3;      // at most, when it overran its time limit
  std::chrono::milliseconds base{1'000};
  double factor = 4;
  std::chrono::milliseconds cap{30 * 60'000};
  std::chrono::milliseconds longest_wish{24 * 3'600'000};  // of a target's Retry-After
  // Instead of base, factor and cap: the time that n retries are spread over. The k-th comes when
  // (k/n)² of it has passed, so that the delays grow evenly and the last falls at its end; each is
  // drawn between 9/10 of that and all of it.
  std::optional<std::chrono::milliseconds> over;
};

// The hub's policy with what a rule says instead: how often, and spread over which time. Without
// `retries` the hub's own. Pure.
RetryPolicy retry_policy_of(const RetryPolicy& hub, std::optional<std::int64_t> retries,
                            std::optional<std::int64_t> over_ms);

// The pause before the next try of an execution that has failed `tries` times; nothing when it is
// over. `random` is in [0, 1). Pure.
std::optional<std::chrono::milliseconds> next_delay(
    const RetryPolicy& policy, std::int64_t tries, const ExecutionError& error,
    std::optional<std::chrono::milliseconds> target_wish, double random);

// How many of its `tries` count against an execution that failed with `error`: all, but of those
// that overran their time within a step for each attachment, only those since the last one that got
// an attachment done. At least 1. Pure.
std::int64_t tries_that_count(const Execution& execution, const ExecutionError& error,
                              std::int64_t tries);

// Whether the clock has gone back, by more than a minute, since the execution's last attempt: then
// the stored time of its next try says nothing. Pure.
bool clock_went_back(const Execution& execution, Timestamp now);

}  // namespace msghub
