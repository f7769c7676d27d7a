#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "store/rocks/batch.h"

namespace msghub::rocks {

// Told once, on the writer's thread: a Failure, or the result.
using Completion = std::move_only_function<void(std::exception_ptr, Result<void>)>;

// The one thread that writes: group commit and recovery from failed writes, see RocksTables.
class Writer {
 public:
  Writer(DatabaseSlot& slot, DiskSpace& space, const Clock& clock);
  ~Writer();  // writes what waits, then ends the thread
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void submit(Prepared transaction, Completion done);

  // Why writes fail now, and what to do; "" when they do not.
  std::string trouble() const;

 private:
  struct Waiting {
    Prepared transaction;
    Completion done;
    std::exception_ptr failure;
    Result<void> result;
  };
  using Group = std::vector<Waiting>;

  void run();
  bool take(Group& group);  // false: stopped, and nothing waits
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void commit(Group& group);
  void judge_all(Group& group, Batch& batch);
  void try_to_heal();
  void set_trouble(std::string why);

  DatabaseSlot& slot_;
  DiskSpace& space_;
  const Clock& clock_;

  mutable std::mutex mutex_;  // of the members up to the empty line
  std::condition_variable work_;
  std::deque<Waiting> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t wanted_ = 1;  // transactions for which the writer is to be woken
  bool stopping_ = false;
  std::string trouble_;

  // Of the writer's thread.
  std::size_t last_group_ = 1;
  std::chrono::nanoseconds last_commit_{};
  bool broken_ = false;
  std::chrono::steady_clock::time_point next_try_;
  std::chrono::milliseconds pause_{};

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace msghub::rocks
