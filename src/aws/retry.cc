#include "aws/retry.h"

#include <algorithm>

namespace msghub::aws {

using std::chrono::milliseconds;

milliseconds pause_before(int retry, double share) {
  constexpr milliseconds kBase{50}, kMost{5000};
  const milliseconds bound = std::min(kBase * (1 << std::clamp(retry - 1, 0, 10)), kMost);
  return milliseconds(static_cast<milliseconds::rep>(static_cast<double>(bound.count()) * share));
}

bool RetryTokens::take(int count) {
  const std::lock_guard lock(mutex_);
  if (left_ < count) return false;
  left_ -= count;
  return true;
}

void RetryTokens::succeeded(int count) {
  const std::lock_guard lock(mutex_);
  left_ = std::min(left_ + std::max(count, 1), kMost);
}

}  // namespace msghub::aws
