#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/execution.h"
#include "workers/node_process.h"

namespace msghub {

struct WorkerOptions {
  NodeCommand command;                            // runtime/host/worker.ts
  std::size_t workers = 4;                        // processes, one execution each at a time
  std::chrono::milliseconds deadline{60'000};     // for one try, unless the rule has its own
  std::chrono::milliseconds cancel_grace{1'000};  // from "cancel" to the kill
  std::vector<std::string> egress_allow;          // "host:port", "10.0.0.0/8:443"
};

// A rule that has failed for good, for the steps that tell of it.
struct FailedRule {
  ExecutionError error;
  std::optional<std::int64_t> order;  // of the action at which it failed; nothing: none was reached
};

// One try of one execution, ready to run.
struct Job {
  ExecutionId execution_id;
  std::string project;            // absolute folder of the rule's project
  json::object message;           // as runtime/project/src/lib/message.ts reads it
  json::object connections;       // by the name in the rule; holds secrets: never logged
  std::vector<std::string> keys;  // idempotency key of each action, by order
  std::vector<std::pair<std::int64_t, json::value>> done;  // actions to skip, with their output
  // Of actions for each attachment that have begun: outputs of the first attachments, to be
  // skipped.
  std::map<std::int64_t, json::array> done_items;
  std::optional<std::chrono::milliseconds> deadline;  // absent: that of the options
  std::optional<FailedRule> failed;  // run the steps of "If it fails" instead of the rule's
};

// What a worker reports while it runs. Each task ends when the report is on disk; the worker waits
// for that. Throwing ends the try: the worker is stopped and the Failure goes to execute's caller.
class JobEvents {
 public:
  virtual ~JobEvents() = default;
  virtual Task<void> extracted(json::object data) = 0;
  virtual Task<void> attempt_started(std::int64_t order, ActionType type, std::string target,
                                     Timestamp at) = 0;
  // The next attachments of an action for each of them are done. Not told of the last ones, with
  // which the action ends.
  virtual Task<void> items_done(std::int64_t order, json::array outputs) = 0;
  virtual Task<void> attempt_ended(ActionResult result, bool unknown) = 0;
  virtual void log_line(std::string line) = 0;
};

struct Outcome {
  bool success = false;
  std::optional<ExecutionError> error;
  std::optional<std::chrono::milliseconds> retry_after;  // the target's own wish
  std::chrono::milliseconds ran{0};                      // from the worker's start to its end
};

struct ExampleVerdict {
  std::string title;
  std::int64_t line = 0;
  bool pass = false;
  struct Miss {
    std::int64_t line = 0;
    std::string message;
  };
  std::vector<Miss> failures;
};
BOOST_DESCRIBE_STRUCT(ExampleVerdict::Miss, (), (line, message))
BOOST_DESCRIBE_STRUCT(ExampleVerdict, (), (title, line, pass, failures))

// A supervised pool of Node.js processes. A process that dies is replaced, with growing pauses when
// it dies at once; its execution ends with the recoverable error "worker_lost". Lives on one
// executor; not thread-safe.
class WorkerPool {
 public:
  WorkerPool(boost::asio::any_io_executor executor, WorkerOptions options);
  ~WorkerPool();

  // Starts the processes. They are replaced until stop().
  void start();
  // Kills the processes. Executions under way end with "worker_lost".
  void stop();

  // Waits for a free worker and runs the job. An overrun deadline cancels the action under way and
  // gives the recoverable error "deadline".
  Task<Outcome> execute(Job job, JobEvents& events);
  // Runs the examples of the project in a worker, all effects captured. Refuses (Invalid) when the
  // project cannot be loaded.
  Task<Result<std::vector<ExampleVerdict>>> run_examples(std::string project);

  std::vector<int> pids() const;  // of the live processes

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace msghub
