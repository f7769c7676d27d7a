#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace msghub {

// A coroutine of the hub. Runs on the io_context that spawned it; await it once.
// House rules: a co_await is a whole statement, parameters are values or references to services
// that outlive the task, and no lambda with captures is a coroutine.
template <class T>
using Task = boost::asio::awaitable<T>;

namespace detail {
template <class Work>
Task<std::invoke_result_t<Work>> run_on_pool(Work work) {
  co_return work();
}
}  // namespace detail

// Runs blocking or heavy `work` on `pool` and resumes on the caller's executor with its result.
// What `work` throws is rethrown there.
template <class Work>
Task<std::invoke_result_t<Work>> offload(boost::asio::thread_pool& pool, Work work) {
  co_return co_await boost::asio::co_spawn(
      pool.get_executor(), detail::run_on_pool(std::move(work)), boost::asio::use_awaitable);
}

// Sleeps; ends early with an operation_aborted system_error when the task is cancelled.
Task<void> sleep_for(std::chrono::milliseconds duration);

}  // namespace msghub
