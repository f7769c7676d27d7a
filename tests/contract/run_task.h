#pragma once

#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "base/task.h"
#include "base/time.h"

namespace msghub::testing {

namespace detail {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& result) {
  result = co_await std::move(task);
}

}  // namespace detail

// Runs one task to its end on a loop of its own; what it throws is thrown here.
template <class T>
T run_task(Task<T> task) {
  boost::asio::io_context loop;
  std::exception_ptr failure;
  const auto done = [&failure](std::exception_ptr thrown) { failure = thrown; };
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(loop, std::move(task), done);
    loop.run();
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<T> result;
    boost::asio::co_spawn(loop, detail::keep(std::move(task), result), done);
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }
}

// A clock that the test moves.
class ManualClock final : public Clock {
 public:
  Timestamp now() const override { return Timestamp(std::chrono::milliseconds(now_.load())); }
  void set(Timestamp time) { now_ = time.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> now_{1'763'805'600'000};  // 2025-11-22T10:00:00Z
};

}  // namespace msghub::testing
