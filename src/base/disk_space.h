#pragma once

#include <sys/statvfs.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace msghub {

// Free space of the disk that holds a folder, compared with a reserve that is kept for finishing
// what has begun. Asks the system at most every 100 ms. Thread-safe.
class DiskSpace {
 public:
  // What one intake may need at most is 25 MiB (a mail's limit); a reserve of 1.5 times that, and
  // 64 MiB at least, lets everything that was accepted run to its end.
  static constexpr std::uint64_t kDefaultReserve =
      std::max<std::uint64_t>(std::uint64_t{64} << 20, (std::uint64_t{25} << 20) * 3 / 2);

  DiskSpace(std::string folder, std::uint64_t reserve_bytes)
      : folder_(std::move(folder)), reserve_(reserve_bytes) {}

  // Bytes that we may still write; "plenty" when the system cannot tell, as the write itself will.
  std::uint64_t free_bytes() {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (!asked_ || now - asked_at_ >= std::chrono::milliseconds(100)) {
      struct statvfs disk{};
      free_ = ::statvfs(folder_.c_str(), &disk) == 0
                  ? static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize
                  : UINT64_MAX;
      asked_at_ = now;
      asked_ = true;
    }
    return free_;
  }

  std::uint64_t reserve() const { return reserve_; }
  bool below_reserve() { return free_bytes() < reserve_; }

  // For the operator: what is wrong and what to do.
  std::string complaint() {
    return "the disk of " + folder_ + " is full: " + std::to_string(free_bytes() >> 20) +
           " MiB are free and " + std::to_string(reserve_ >> 20) +
           " MiB are kept in reserve; free some space there, nothing needs a restart";
  }

 private:
  const std::string folder_;
  const std::uint64_t reserve_;
  std::mutex mutex_;
  bool asked_ = false;
  std::chrono::steady_clock::time_point asked_at_;
  std::uint64_t free_ = 0;
};

}  // namespace msghub
