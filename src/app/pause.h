#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "store/tables.h"

namespace msghub {

// Between a hub and its work: closed while the store is paused (move/pause.h). Lives on one
// executor, as its tasks do; `tables` outlive them.
class PauseGate {
 public:
  // `work` starts what the hub does by itself: fetching mail, running rules, sweeping. Called once.
  PauseGate(boost::asio::any_io_executor executor, Tables& tables, std::function<void()> work);
  ~PauseGate();

  // Starts the work, or looks every few seconds whether somebody has resumed the store: in a fleet
  // one hub is asked to, and all of them work again.
  Task<void> open();
  // Why the hub does not work; nothing when it does, or has not been opened yet.
  std::optional<std::string> reason() const;
  // Takes the pause away and starts the work. False when there was none. Refuses (Conflict) while
  // the store must not be used.
  Task<Result<bool>> resume();
  // The work will not be started any more.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace msghub
