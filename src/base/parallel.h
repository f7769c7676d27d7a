#pragma once

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

#include "base/task.h"

namespace msghub {

namespace detail {

struct Crew {
  std::size_t next = 0;
  std::size_t count = 0;
  std::size_t running = 0;
  std::exception_ptr failed;
};

template <class Make>
Task<void> work_off(Crew& crew, Make& make) {
  while (crew.next < crew.count && !crew.failed) {
    const std::size_t index = crew.next++;
    co_await make(index);
  }
}

}  // namespace detail

// Awaits make(0) … make(count - 1), at most `width` of them at a time, on the caller's executor,
// which must run on one thread. After the first failure none is begun; it is thrown when those
// under way have ended. `make` gives a Task<void>; it is no coroutine itself.
template <class Make>
Task<void> each_of(std::size_t count, std::size_t width, Make make) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer all_done(executor, std::chrono::steady_clock::time_point::max());
  detail::Crew crew{.count = count};
  for (std::size_t i = 0; i < std::min(width, count); ++i) {
    ++crew.running;
    boost::asio::co_spawn(executor, detail::work_off(crew, make),
                          [&crew, &all_done](std::exception_ptr failed) {
                            if (failed && !crew.failed) crew.failed = failed;
                            if (--crew.running == 0) all_done.cancel();
                          });
  }
  while (crew.running > 0) {
    boost::system::error_code woken;
    co_await all_done.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
  }
  if (crew.failed) std::rethrow_exception(crew.failed);
}

}  // namespace msghub
