#pragma once

#include <chrono>
#include <mutex>

namespace msghub::aws {

// The pause before retry number `retry` (1 is the first) is random below this: 50 ms × 2^(retry−1),
// at most 5 s. `share` in [0, 1) is the random part. Pure.
std::chrono::milliseconds pause_before(int retry, double share);

// The tokens that retries of all calls cost, so that a service in trouble is not buried under
// them: 500 at the start and at most. Thread-safe.
class RetryTokens {
 public:
  static constexpr int kMost = 500;
  static constexpr int kRetry = 5;               // after an answer
  static constexpr int kRetryAfterSilence = 10;  // after none

  // False when there are not so many left.
  bool take(int count);
  // A call has succeeded, whose last retry had cost `count`; 0 for one without retries, which
  // earns a single token.
  void succeeded(int count);

 private:
  std::mutex mutex_;
  int left_ = kMost;
};

}  // namespace msghub::aws
