#include "pipeline/dispatch.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "pipeline/turns.h"
#include "store/tables.h"

namespace msghub {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kPauseAfterFailure{1'000};
constexpr milliseconds kSlow{5'000};  // a rule whose target hangs, most likely

}  // namespace

struct Dispatcher::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::any_io_executor executor_in, ExecuteServices services_in, DispatchOptions options_in)
      : executor(executor_in),
        services(services_in),
        options(options_in),
        turns(options.executors, options.workers) {}

  asio::any_io_executor executor;
  ExecuteServices services;
  DispatchOptions options;

  std::deque<MessageId> to_match;
  Turns turns;
  std::unordered_set<MessageId> known;  // from arrival here to their final status
  // From their message's match to their end, their retries included. A message may be taken up
  // again while some of its executions are: when another hub had one of the others.
  std::unordered_map<MessageId, std::unordered_set<ExecutionId>> in_line;
  std::unordered_set<ExecutionId> reopened;  // while still in line: they ended just now
  std::size_t matching = 0, retrying = 0;
  bool more_in_store = true;  // some pending messages may not be in `known`
  bool rescanning = false;
  bool stopping = false;

  // Starts as much as may run at once. Called whenever something was added or has ended.
  void pump() {
    if (stopping || services.node.lost()) return;
    while (matching < options.matchers && !to_match.empty()) {
      ++matching;
      const MessageId id = std::move(to_match.front());
      to_match.pop_front();
      asio::co_spawn(executor, match(shared_from_this(), id), asio::detached);
    }
    while (std::optional<QueuedRun> run = turns.next())
      asio::co_spawn(executor, execute(shared_from_this(), std::move(*run)), asio::detached);
    // A scan begins at the oldest: it has to be worth its while.
    if (more_in_store && !rescanning && to_match.empty() && active() <= options.waiting / 2) {
      rescanning = true;
      asio::co_spawn(executor, rescan(shared_from_this()), asio::detached);
    }
  }

  // Those that wait for a retry or for their turn do not take the place of others.
  std::size_t active() const {
    return known.size() - std::min(known.size(), retrying + turns.held());
  }
  bool has_room() const { return active() < options.waiting; }

  void add(const MessageId& id) {
    if (known.contains(id)) return;
    if (!has_room()) {
      more_in_store = true;
      return;
    }
    known.insert(id);
    to_match.push_back(id);
  }

  // Pending messages of the store that are not known yet, oldest first. Only ids are read here, so
  // that one damaged item keeps no other from its turn.
  static Task<void> rescan(std::shared_ptr<Impl> self) {
    bool complete = true, failed = false;
    // What arrives from now on and finds no room sets it again.
    self->more_in_store = false;
    try {
      Query query{.table = Table::Messages, .index = "GSI2", .pk = "STATUS#pending"};
      do {
        const Result<Page> page = co_await self->services.tables.query(query);
        for (const Item& item : page.value().items) {
          const MessageId id{string_or(item, "id")};
          if (self->known.contains(id)) continue;
          std::optional<std::string> owner;
          if (item.contains("leaseOwner")) owner = string_or(item, "leaseOwner");
          const bool free = co_await self->services.node.may_take(owner);
          if (!free) continue;
          if (!self->has_room()) complete = false;
          if (complete) self->add(id);
        }
        query.cursor = page->cursor;
        self->pump();
      } while (!query.cursor.empty() && complete && !self->stopping);
    } catch (const std::exception& error) {
      log(LogLevel::Error, "pending messages not read", {{"reason", error.what()}});
      failed = true;
    }
    if (failed && !self->stopping) co_await sleep_for(kPauseAfterFailure);
    self->rescanning = false;
    self->more_in_store |= failed || !complete;
    self->pump();
  }

  // Where hubs share the store, one that is gone leaves its messages to the others.
  static Task<void> watch(std::shared_ptr<Impl> self) {
    const bool shared = self->services.node.shared();
    const milliseconds pause = shared ? self->options.rescan : self->options.rescan_alone;
    while (!self->stopping) {
      co_await sleep_for(pause);
      self->more_in_store = true;
      self->pump();
    }
  }

  static Task<void> match(std::shared_ptr<Impl> self, MessageId id) {
    bool again = false;
    try {
      const std::vector<MatchedRule> matched = co_await match_message(id, self->services);
      for (const MatchedRule& rule : matched) {
        const std::optional<std::int64_t> limit =
            co_await self->services.rulebook.concurrency(rule.rule);
        if (self->in_line[id].insert(rule.execution).second)
          self->turns.add({rule.execution, rule.rule, id, limit});
      }
      if (matched.empty()) self->known.erase(id);
    } catch (const std::exception& error) {
      log(LogLevel::Error, "message not matched",
          {{"messageId", id.value}, {"reason", error.what()}});
      again = true;
    }
    --self->matching;
    if (again && !self->stopping) co_await sleep_for(kPauseAfterFailure);
    if (again && !self->stopping) self->to_match.push_back(id);
    self->pump();
  }

  void reopen(QueuedRun run) {
    known.insert(run.message);
    if (!in_line[run.message].insert(run.execution).second)
      reopened.insert(run.execution);
    else
      asio::co_spawn(executor, queue(shared_from_this(), std::move(run)), asio::detached);
  }

  static Task<void> queue(std::shared_ptr<Impl> self, QueuedRun run) {
    try {
      run.limit = co_await self->services.rulebook.concurrency(run.rule);
    } catch (const std::exception& error) {
      log(LogLevel::Error, "limit of a rule not read",
          {{"ruleId", run.rule.value}, {"reason", error.what()}});
    }
    self->turns.add(std::move(run));
    self->pump();
  }

  // The run is over here. What the hub does not know of it any more, the next look into the store
  // finds: so a message of which nothing is in line here must not stay known.
  void forget(const QueuedRun& run, bool message_finished) {
    const auto line = in_line.find(run.message);
    line->second.erase(run.execution);
    const bool last = line->second.empty();
    if (last) in_line.erase(line);
    if (last || message_finished) known.erase(run.message);
    if (reopened.erase(run.execution) > 0) reopen(run);
  }

  static Task<void> execute(std::shared_ptr<Impl> self, QueuedRun run) {
    std::optional<milliseconds> pause;
    bool finished = false, slow = false;
    try {
      const TryEnd end = co_await run_execution(run.execution, self->services);
      slow = end.ran > kSlow;
      if (end.kind == TryEnd::Kind::Again) pause = end.pause;
      // Should that hub go, too, the next look into the store finds the message.
      if (end.kind == TryEnd::Kind::NotOurs) finished = true;
      if (end.kind == TryEnd::Kind::Final)
        finished = co_await finish_message(run.message, self->services);
    } catch (const std::exception& error) {
      log(LogLevel::Error, "execution interrupted",
          {{"executionId", run.execution.value}, {"reason", error.what()}});
      pause = kPauseAfterFailure;
    }
    self->turns.leave(run, slow);
    if (!pause) self->forget(run, finished);
    if (!pause || self->stopping) {
      self->pump();
      co_return;
    }
    ++self->retrying;
    self->pump();
    co_await sleep_for(*pause);
    --self->retrying;
    run.retry = true;
    self->turns.add(std::move(run));
    self->pump();
  }
};

Dispatcher::Dispatcher(asio::any_io_executor executor, ExecuteServices services,
                       DispatchOptions options)
    : impl_(std::make_shared<Impl>(executor, services, options)) {}

Dispatcher::~Dispatcher() { impl_->stopping = true; }

void Dispatcher::start() {
  impl_->pump();
  asio::co_spawn(impl_->executor, Impl::watch(impl_), asio::detached);
}

void Dispatcher::message_arrived(MessageId id) {
  impl_->add(id);
  impl_->pump();
}

void Dispatcher::execution_reopened(MatchedRule matched, MessageId message) {
  impl_->reopen({std::move(matched.execution), std::move(matched.rule), std::move(message), {}});
}

const std::string& Dispatcher::node_id() const { return impl_->services.node.id(); }

Task<void> Dispatcher::stop(milliseconds grace) {
  impl_->stopping = true;
  const auto until = std::chrono::steady_clock::now() + grace;
  while ((impl_->turns.running() > 0 || impl_->matching > 0) &&
         std::chrono::steady_clock::now() < until)
    co_await sleep_for(milliseconds(20));
}

Dispatcher::Depth Dispatcher::depth() const {
  return {impl_->to_match.size() + impl_->matching, impl_->turns.waiting() + impl_->turns.running(),
          impl_->retrying};
}

}  // namespace msghub
