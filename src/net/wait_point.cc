#include "net/wait_point.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

namespace msghub {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Resume = std::function<void(error_code)>;

}  // namespace

struct WaitPoint::Impl : std::enable_shared_from_this<Impl> {
  template <class Handler>
  void add(Handler handler) {
    const auto held = std::make_shared<Handler>(std::move(handler));
    const auto executor = asio::prefer(asio::get_associated_executor(*held),
                                       asio::execution::outstanding_work.tracked);
    const std::lock_guard lock(mutex_);
    const std::uint64_t ticket = next_ticket_++;
    Resume resume = [held, executor](error_code error) {
      asio::post(executor, [held, error] {
        asio::get_associated_cancellation_slot(*held).clear();
        Handler last(std::move(*held));
        last(error);
      });
    };
    if (open_) {
      resume({});
      return;
    }
    auto slot = asio::get_associated_cancellation_slot(*held);
    if (slot.is_connected())
      slot.assign([weak = weak_from_this(), ticket](asio::cancellation_type) {
        if (const auto self = weak.lock()) self->cancel(ticket);
      });
    waiting_.emplace(ticket, std::move(resume));
  }

  void cancel(std::uint64_t ticket) {
    Resume resume;
    {
      const std::lock_guard lock(mutex_);
      const auto found = waiting_.find(ticket);
      if (found == waiting_.end()) return;
      resume = std::move(found->second);
      waiting_.erase(found);
    }
    resume(asio::error::operation_aborted);
  }

  void open() {
    std::map<std::uint64_t, Resume> waiting;
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
      waiting.swap(waiting_);
    }
    for (const auto& [ticket, resume] : waiting) resume({});
  }

 private:
  std::mutex mutex_;
  bool open_ = false;
  std::uint64_t next_ticket_ = 0;
  std::map<std::uint64_t, Resume> waiting_;
};

WaitPoint::WaitPoint() : impl_(std::make_shared<Impl>()) {}

Task<void> WaitPoint::wait() const {
  // The point may go away with its owner while this waits.
  const std::shared_ptr<Impl> impl = impl_;
  const auto start = [&impl](auto handler) { impl->add(std::move(handler)); };
  Task<void> opened = asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(
      start, asio::use_awaitable);
  co_await std::move(opened);
}

void WaitPoint::open() const { impl_->open(); }

}  // namespace msghub
