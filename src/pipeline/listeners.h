#pragma once

#include <chrono>
#include <functional>

#include "model/execution.h"
#include "model/message.h"

namespace msghub {

// Who wants to hear of the corridor's ends, after the write that makes them so: of an execution's
// each time that it ends, of a message's the first time.
// Called on the corridor's executor; must neither throw nor wait. Empty: nobody.
struct Listeners {
  std::function<void(ExecutionStatus)> execution_ended;
  // With the time from the message's arrival to its final status.
  std::function<void(MessageStatus, std::chrono::milliseconds)> message_ended;
};

}  // namespace msghub
