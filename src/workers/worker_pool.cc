#include "workers/worker_pool.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>

#include "base/log.h"

namespace msghub {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

using Worker = std::shared_ptr<NodeProcess>;
constexpr std::chrono::seconds kStartLimit{60};  // from the start of a process to its "ready"

// Cancels, and a little later kills, the worker of an execution that runs too long.
struct Watchdog {
  explicit Watchdog(asio::any_io_executor executor) : timer(executor) {}
  // The execution has ended: a handler that is queued already must not touch the worker, which may
  // run another execution by then.
  void call_off() {
    over = true;
    timer.cancel();
  }
  asio::steady_timer timer;
  bool fired = false;
  bool over = false;
};

Outcome lost_worker(bool deadline, milliseconds limit) {
  Outcome outcome;
  if (deadline)
    outcome.error = ExecutionError{"deadline",
                                   "the rule ran longer than its limit of " +
                                       std::to_string(limit.count()) + " ms and was stopped",
                                   std::nullopt, true};
  else
    outcome.error = ExecutionError{
        "worker_lost", "the Node.js process that ran the rule died (killed, or out of memory)",
        std::nullopt, true};
  return outcome;
}

ExecutionError error_of(const json::object& header) {
  ExecutionError error{"internal", "the worker gave no reason", std::nullopt, false};
  const json::value* value = header.if_contains("error");
  if (value == nullptr || !value->is_object()) return error;
  const json::object& object = value->get_object();
  error.code = string_or(object, "code", error.code);
  error.message = string_or(object, "message", error.message);
  const std::string stack = string_or(object, "stack");
  if (!stack.empty()) error.stack = stack;
  const json::value* recoverable = object.if_contains("recoverable");
  error.recoverable = recoverable != nullptr && recoverable->is_bool() && recoverable->get_bool();
  return error;
}

std::optional<milliseconds> retry_after_of(const json::object& header) {
  const json::value* error = header.if_contains("error");
  if (error == nullptr || !error->is_object()) return std::nullopt;
  const json::value* after = error->get_object().if_contains("retryAfterMs");
  if (after == nullptr || !after->is_number()) return std::nullopt;
  boost::json::error_code ignored;
  return milliseconds(after->to_number<std::int64_t>(ignored));
}

Frame run_frame(const Job& job, const WorkerOptions& options) {
  json::array keys, done, done_items, allow;
  for (const std::string& key : job.keys) keys.emplace_back(key);
  for (const auto& [order, output] : job.done)
    done.push_back(json::object{{"order", order}, {"output", output}});
  for (const auto& [order, outputs] : job.done_items)
    done_items.push_back(json::object{{"order", order}, {"outputs", outputs}});
  for (const std::string& entry : options.egress_allow) allow.emplace_back(entry);
  Frame frame;
  frame.header = {{"type", "run"},
                  {"executionId", job.execution_id.value},
                  {"project", job.project},
                  {"message", job.message},
                  {"connections", job.connections},
                  {"keys", std::move(keys)},
                  {"done", std::move(done)},
                  {"doneItems", std::move(done_items)},
                  {"deadlineMs", job.deadline.value_or(options.deadline).count()},
                  {"egress", json::object{{"allow", std::move(allow)}}}};
  if (job.failed) {
    json::object failure{{"code", job.failed->error.code},
                         {"message", job.failed->error.message},
                         {"recoverable", job.failed->error.recoverable}};
    if (job.failed->order) failure["step"] = *job.failed->order;
    frame.header["failure"] = std::move(failure);
  }
  return frame;
}

ActionResult result_of(const json::object& header) {
  ActionResult result;
  result.order = whole_number(header, "order");
  result.action_type =
      from_wire_name<ActionType>(string_or(header, "actionType")).value_or(ActionType::Webhook);
  result.status =
      string_or(header, "status") == "success" ? ActionStatus::Success : ActionStatus::Failed;
  result.started_at = from_iso8601(string_or(header, "startedAt")).value_or(SystemClock().now());
  result.completed_at =
      from_iso8601(string_or(header, "completedAt")).value_or(SystemClock().now());
  if (const json::value* output = header.if_contains("output")) result.output = *output;
  if (result.status == ActionStatus::Failed) {
    const ExecutionError error = error_of(header);
    result.error = error.code + ": " + error.message;
    const json::value* continues = header.if_contains("continues");
    if (continues != nullptr && continues->is_bool() && continues->get_bool())
      result.continued = true;
  }
  return result;
}

}  // namespace

struct WorkerPool::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::any_io_executor executor_in, WorkerOptions options_in)
      : executor(executor_in), options(std::move(options_in)), freed(executor) {
    freed.expires_at(asio::steady_timer::time_point::max());
  }

  asio::any_io_executor executor;
  WorkerOptions options;
  std::deque<Worker> idle;   // dead ones perhaps among them
  asio::steady_timer freed;  // never expires; cancelled to wake who waits for a worker
  std::vector<std::weak_ptr<NodeProcess>> all;
  bool stopping = false;

  // Keeps one place of the pool filled until the pool stops.
  static Task<void> supervise(std::shared_ptr<Impl> self, std::size_t place) {
    milliseconds pause{0};
    while (!self->stopping) {
      const auto started = std::chrono::steady_clock::now();
      try {
        const Worker worker = NodeProcess::start(self->executor, self->options.command);
        self->all[place] = worker;
        asio::steady_timer start_limit(self->executor, kStartLimit);
        start_limit.async_wait([worker](boost::system::error_code early) {
          if (!early) worker->kill();
        });
        const std::optional<Frame> hello = co_await worker->receive();
        start_limit.cancel();
        if (hello && hello->type() == "ready")
          self->release(worker);
        else
          worker->kill();
        co_await worker->wait();
        std::erase(self->idle, worker);
        if (!self->stopping) log(LogLevel::Warn, "worker died", {{"pid", worker->pid()}});
      } catch (const std::exception& error) {
        log(LogLevel::Error, "worker not started", {{"reason", error.what()}});
      }
      // A worker that dies at once is started again with growing pauses.
      const bool short_lived = std::chrono::steady_clock::now() - started < std::chrono::seconds(5);
      pause = short_lived ? std::min(std::max(pause * 2, milliseconds(100)), milliseconds(10'000))
                          : milliseconds(0);
      if (!self->stopping && pause.count() > 0) co_await sleep_for(pause);
    }
  }

  Task<Worker> acquire() {
    while (!stopping) {
      while (!idle.empty()) {
        Worker worker = std::move(idle.front());
        idle.pop_front();
        if (worker->alive()) co_return worker;
      }
      boost::system::error_code woken;
      co_await freed.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    throw Failure(Failure::Retry::Later, "the workers are stopping");
  }

  // Back to the pool; a dead one is replaced by its supervisor.
  void release(const Worker& worker) {
    if (!worker->alive()) return;
    idle.push_back(worker);
    freed.cancel_one();
  }

  std::shared_ptr<Watchdog> watch(const Worker& worker, const std::string& execution,
                                  milliseconds limit) {
    auto dog = std::make_shared<Watchdog>(executor);
    dog->timer.expires_after(limit);
    dog->timer.async_wait([dog, worker, execution,
                           grace = options.cancel_grace](boost::system::error_code error) {
      if (error || dog->over) return;
      dog->fired = true;
      worker->send({{{"type", "cancel"}, {"executionId", execution}, {"reason", "deadline"}}, {}});
      dog->timer.expires_after(grace);
      dog->timer.async_wait([dog, worker](boost::system::error_code late) {
        if (!late && !dog->over) worker->kill();
      });
    });
    return dog;
  }
};

WorkerPool::WorkerPool(asio::any_io_executor executor, WorkerOptions options)
    : impl_(std::make_shared<Impl>(executor, std::move(options))) {}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::start() {
  impl_->all.resize(impl_->options.workers);
  for (std::size_t place = 0; place < impl_->options.workers; ++place)
    asio::co_spawn(impl_->executor, Impl::supervise(impl_, place), asio::detached);
}

void WorkerPool::stop() {
  impl_->stopping = true;
  for (const auto& weak : impl_->all)
    if (const Worker worker = weak.lock()) worker->kill();
  impl_->freed.cancel();
}

std::vector<int> WorkerPool::pids() const {
  std::vector<int> out;
  for (const auto& weak : impl_->all)
    if (const Worker worker = weak.lock(); worker && worker->alive()) out.push_back(worker->pid());
  return out;
}

Task<Outcome> WorkerPool::execute(Job job, JobEvents& events) {
  const std::shared_ptr<Impl> impl = impl_;
  const std::string id = job.execution_id.value;
  const milliseconds limit = job.deadline.value_or(impl->options.deadline);
  // Before a worker is taken: what is too large to send must not cost one.
  const std::string order = encode_frame(run_frame(job, impl->options));
  const Worker worker = co_await impl->acquire();
  const std::shared_ptr<Watchdog> dog = impl->watch(worker, id, limit);
  const auto started = std::chrono::steady_clock::now();
  Outcome outcome = lost_worker(false, limit);
  bool done = false;
  try {
    worker->send_encoded(order);
    while (!done) {
      const std::optional<Frame> frame = co_await worker->receive();
      if (!frame) break;
      const json::object& header = frame->header;
      if (string_or(header, "executionId") != id) continue;
      const std::string type = frame->type();
      if (type == "extracted") {
        const json::value* data = header.if_contains("data");
        json::object extracted;
        if (data != nullptr && data->is_object()) extracted = data->get_object();
        co_await events.extracted(std::move(extracted));
      } else if (type == "attempt") {
        const auto action = from_wire_name<ActionType>(string_or(header, "actionType"));
        const auto at = from_iso8601(string_or(header, "startedAt"));
        std::string target = string_or(header, "target");
        co_await events.attempt_started(whole_number(header, "order"),
                                        action.value_or(ActionType::Webhook), std::move(target),
                                        at.value_or(SystemClock().now()));
      } else if (type == "items") {
        const json::value* outputs = header.if_contains("outputs");
        json::array done_items;
        if (outputs != nullptr && outputs->is_array()) done_items = outputs->get_array();
        co_await events.items_done(whole_number(header, "order"), std::move(done_items));
      } else if (type == "result") {
        ActionResult result = result_of(header);
        const bool unknown = string_or(header, "status") == "unknown";
        co_await events.attempt_ended(std::move(result), unknown);
      } else if (type == "log") {
        events.log_line(string_or(header, "line"));
      } else if (type == "done") {
        done = true;
        outcome.success = string_or(header, "outcome") == "success";
        if (outcome.success)
          outcome.error.reset();
        else
          outcome.error = error_of(header);
        if (const auto after = retry_after_of(header)) outcome.retry_after = after;
      }
      if (type == "attempt" || type == "items" || type == "result")
        worker->send(
            {{{"type", "recorded"}, {"executionId", id}, {"seq", whole_number(header, "seq")}},
             {}});
    }
  } catch (...) {
    // What the worker does next could not be written down, so it must not go on.
    dog->call_off();
    worker->kill();
    throw;
  }
  dog->call_off();
  if (!done) {
    worker->kill();
    outcome = lost_worker(dog->fired, limit);
  } else {
    if (dog->fired && !outcome.success) outcome = lost_worker(true, limit);
    impl->release(worker);
  }
  outcome.ran =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started);
  co_return outcome;
}

Task<Result<std::vector<ExampleVerdict>>> WorkerPool::run_examples(std::string project) {
  const std::shared_ptr<Impl> impl = impl_;
  const Worker worker = co_await impl->acquire();
  const std::string id = random_uuid();
  const std::shared_ptr<Watchdog> dog = impl->watch(worker, id, impl->options.deadline);
  worker->send({{{"type", "examples"}, {"id", id}, {"project", project}}, {}});
  for (;;) {
    const std::optional<Frame> frame = co_await worker->receive();
    if (!frame) {
      dog->call_off();
      worker->kill();
      co_return refuse(Refusal::Code::Invalid,
                       dog->fired ? "the rule's examples ran longer than " +
                                        std::to_string(impl->options.deadline.count()) + " ms"
                                  : std::string("the process that ran the rule's examples died"));
    }
    if (frame->type() != "examplesDone" || string_or(frame->header, "id") != id) continue;
    dog->call_off();
    impl->release(worker);
    if (frame->header.contains("error"))
      co_return refuse(Refusal::Code::Invalid, error_of(frame->header).message);
    const json::value* examples = frame->header.if_contains("examples");
    if (examples == nullptr)
      co_return refuse(Refusal::Code::Invalid, "the worker gave no examples back");
    co_return from_json_value<std::vector<ExampleVerdict>>(*examples);
  }
}

}  // namespace msghub
