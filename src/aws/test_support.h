#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

#include "base/task.h"
#include "base/time.h"

namespace msghub::aws {

// Runs one task to its end on a loop of its own; what it throws is thrown here.
template <class T>
T run_task(Task<T> task) {
  boost::asio::io_context loop;
  std::future<T> result = boost::asio::co_spawn(loop, std::move(task), boost::asio::use_future);
  loop.run();
  return result.get();
}

// A clock that the test moves.
class ManualClock final : public Clock {
 public:
  Timestamp now() const override { return Timestamp(std::chrono::milliseconds(now_.load())); }
  void set(Timestamp time) { now_ = time.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> now_{1'763'805'600'000};  // 2025-11-22T10:00:00Z
};

}  // namespace msghub::aws
