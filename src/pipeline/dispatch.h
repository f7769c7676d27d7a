#pragma once

#include <deque>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "pipeline/execute.h"
#include "pipeline/match_step.h"

namespace msghub {

struct DispatchOptions {
  std::size_t matchers = 8;   // messages being matched at once
  std::size_t executors = 8;  // executions under way at once (those beyond the workers wait)
  std::size_t workers = 4;
  std::size_t waiting = 100'000;  // messages known in memory; the rest stays in the store
  // How often a hub that shares its store looks there for the work of others that are gone.
  std::chrono::milliseconds rescan{10'000};
  // The same of a hub that is alone: a write of which it was told that it failed may be found in
  // the store once that has been opened anew, and nobody has heard of such a message.
  std::chrono::milliseconds rescan_alone{60'000};
};

// Drives messages through match, execute and record. The store is the queue: what is pending there
// is taken up at start and whenever memory has room; the lists here only say what is under way.
// Lives on one executor; not thread-safe.
class Dispatcher {
 public:
  Dispatcher(boost::asio::any_io_executor executor, ExecuteServices services,
             DispatchOptions options);
  ~Dispatcher();

  // Takes up what is pending in the store and works until stop().
  void start();
  // A message has just been stored.
  void message_arrived(MessageId id);
  // An ended execution of this message has just been made to run again (pipeline/rerun.h), as this
  // hub's.
  void execution_reopened(MatchedRule matched, MessageId message);
  // No new work; waits for what is under way, at most `grace`.
  Task<void> stop(std::chrono::milliseconds grace);

  struct Depth {
    std::size_t messages = 0;    // waiting to be matched
    std::size_t executions = 0;  // waiting for a worker or under way
    std::size_t retrying = 0;    // waiting for their next try
  };
  Depth depth() const;

  // The hub whose work it drives.
  const std::string& node_id() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace msghub
