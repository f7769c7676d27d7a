#include "app/pause.h"

#include <boost/asio/detached.hpp>

#include "base/log.h"
#include "move/pause.h"

namespace msghub {

namespace {

constexpr std::chrono::seconds kLook{3};

}  // namespace

struct PauseGate::State {
  boost::asio::any_io_executor executor;
  Tables& tables;
  std::function<void()> work;
  std::optional<std::string> reason;
  bool working = false;
  bool stopping = false;

  void start() {
    reason.reset();
    if (working || stopping) return;
    working = true;
    work();
  }

  static Task<void> watch(std::shared_ptr<State> state) {
    while (!state->working && !state->stopping) {
      co_await sleep_for(kLook);
      if (state->working || state->stopping) co_return;
      try {
        const std::optional<Pause> pause = co_await read_pause(state->tables);
        if (!pause) {
          log(LogLevel::Info, "hub resumed");
          state->start();
        } else {
          state->reason = "the hub is paused: " + pause->reason;
        }
      } catch (const std::exception& error) {
        log(LogLevel::Warn, "pause not read", {{"reason", error.what()}});
      }
    }
  }
};

PauseGate::PauseGate(boost::asio::any_io_executor executor, Tables& tables,
                     std::function<void()> work)
    : state_(std::make_shared<State>(State{executor, tables, std::move(work), {}, false, false})) {}

PauseGate::~PauseGate() { stop(); }

Task<void> PauseGate::open() {
  const std::optional<Pause> pause = co_await read_pause(state_->tables);
  if (!pause) {
    state_->start();
    co_return;
  }
  state_->reason = "the hub is paused: " + pause->reason;
  log(LogLevel::Warn, "hub paused", {{"reason", pause->reason}});
  boost::asio::co_spawn(state_->executor, State::watch(state_), boost::asio::detached);
}

std::optional<std::string> PauseGate::reason() const { return state_->reason; }

Task<Result<bool>> PauseGate::resume() {
  const Result<bool> cleared = co_await clear_pause(state_->tables);
  if (cleared) state_->start();
  co_return cleared;
}

void PauseGate::stop() { state_->stopping = true; }

}  // namespace msghub
