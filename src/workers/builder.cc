#include "workers/builder.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/crypto.h"

namespace msghub {

namespace asio = boost::asio;
using Problems = std::vector<TypeProblem>;

struct Builder::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::any_io_executor executor_in, BuilderOptions options_in)
      : executor(executor_in), options(std::move(options_in)), freed(executor), leave(executor) {
    freed.expires_at(asio::steady_timer::time_point::max());
  }

  asio::any_io_executor executor;
  BuilderOptions options;
  std::shared_ptr<NodeProcess> process;
  bool busy = false;
  bool stopping = false;
  asio::steady_timer freed;  // never expires; cancelled to wake who waits for the turn
  asio::steady_timer leave;  // runs while nobody asks

  // Reaps the process when it ends.
  static Task<void> reap(std::shared_ptr<NodeProcess> ended) { co_await ended->wait(); }

  Task<void> take_turn() {
    while (busy && !stopping) {
      boost::system::error_code woken;
      co_await freed.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    if (stopping) throw Failure(Failure::Retry::Later, "the hub is stopping");
    busy = true;
    leave.cancel();
  }

  void end_turn() {
    busy = false;
    freed.cancel_one();
    leave.expires_after(options.idle);
    leave.async_wait([self = weak_from_this()](boost::system::error_code early) {
      const auto impl = self.lock();
      if (early || !impl || impl->busy || !impl->process) return;
      impl->process->kill();
      impl->process.reset();
    });
  }

  // The running process, or a new one that has said it is ready; nothing when it did not get there.
  Task<std::shared_ptr<NodeProcess>> running() {
    if (process && process->alive()) co_return process;
    process = NodeProcess::start(executor, options.command);
    asio::co_spawn(executor, reap(process), asio::detached);
    const std::optional<Frame> hello = co_await process->receive();
    if (hello && hello->type() == "ready") co_return process;
    process->kill();
    process.reset();
    co_return nullptr;
  }

  // Kills the process that takes too long, its start included.
  struct Limit {
    explicit Limit(asio::any_io_executor executor) : timer(executor) {}
    asio::steady_timer timer;
    bool fired = false;
    bool over = false;  // a handler that is queued already must not touch the next process
  };
  std::shared_ptr<Limit> begin_limit() {
    auto limit = std::make_shared<Limit>(executor);
    limit->timer.expires_after(options.limit);
    limit->timer.async_wait([limit, self = shared_from_this()](boost::system::error_code early) {
      if (early || limit->over) return;
      limit->fired = true;
      if (self->process) self->process->kill();
    });
    return limit;
  }

  // Nothing when the process died over it.
  Task<std::optional<Result<Problems>>> ask(std::string folder) {
    const std::shared_ptr<Limit> limit = begin_limit();
    std::optional<Result<Problems>> answer;
    const std::shared_ptr<NodeProcess> asked = co_await running();
    if (asked) answer = co_await ask(*asked, std::move(folder));
    limit->over = true;
    limit->timer.cancel();
    if (!answer && asked) {
      asked->kill();
      if (process == asked) process.reset();
    }
    if (!answer && limit->fired)
      answer = refuse(Refusal::Code::Invalid, "the type check took longer than " +
                                                  std::to_string(options.limit.count()) + " ms");
    co_return answer;
  }

  static Task<std::optional<Result<Problems>>> ask(NodeProcess& asked, std::string folder) {
    const std::string id = random_uuid();
    asked.send({{{"type", "check"}, {"id", id}, {"project", folder}}, {}});
    for (;;) {
      const std::optional<Frame> frame = co_await asked.receive();
      if (!frame) co_return std::nullopt;
      if (frame->type() != "checked" || string_or(frame->header, "id") != id) continue;
      const json::value* problems = frame->header.if_contains("problems");
      if (problems != nullptr) co_return from_json_value<Problems>(*problems);
      const json::value* error = frame->header.if_contains("error");
      const bool told = error != nullptr && error->is_object();
      co_return refuse(Refusal::Code::Invalid,
                       "the type check failed: " +
                           (told ? string_or(error->get_object(), "message") : "no reason given"));
    }
  }
};

Builder::Builder(asio::any_io_executor executor, BuilderOptions options)
    : impl_(std::make_shared<Impl>(executor, std::move(options))) {}

Builder::~Builder() { stop(); }

Task<Result<Problems>> Builder::check(std::string folder) {
  const std::shared_ptr<Impl> impl = impl_;
  co_await impl->take_turn();
  std::optional<Result<Problems>> answer;
  try {
    for (int tries = 0; tries < 2 && !answer && !impl->stopping; ++tries)
      answer = co_await impl->ask(folder);
  } catch (...) {
    impl->end_turn();
    throw;
  }
  impl->end_turn();
  if (answer) co_return std::move(*answer);
  co_return refuse(Refusal::Code::Invalid, "the process that checks types died over the project");
}

void Builder::stop() {
  impl_->stopping = true;
  if (impl_->process) impl_->process->kill();
  impl_->freed.cancel();
  impl_->leave.cancel();
}

}  // namespace msghub
