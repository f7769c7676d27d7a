#include "retention/sweeper.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/log.h"
#include "store/leases.h"

namespace msghub {

namespace asio = boost::asio;

namespace {

using std::chrono::steady_clock;

constexpr std::string_view kLease = "retention";
constexpr std::chrono::minutes kLeaseTime{10};
constexpr std::chrono::seconds kRenewAfter{30};
constexpr std::chrono::days kFirstDays{90};  // items from before the time could be configured
constexpr std::chrono::days kHousekeeping{1};
constexpr std::chrono::seconds kGoOn{1};  // before the next sweep when one was not enough

std::int64_t shortest_ever(std::int64_t known, std::chrono::days configured) {
  const std::int64_t before = known > 0 ? known : kFirstDays.count();
  return std::min<std::int64_t>(before, configured.count());
}

// A time in the future was noted under another clock.
bool is_over(std::optional<Timestamp> since, Timestamp now, std::chrono::seconds duration) {
  return !since || *since > now || now - *since >= duration;
}

}  // namespace

Sweeper::Sweeper(asio::any_io_executor executor, Tables& tables, Blobs& blobs, const Clock& clock,
                 asio::thread_pool& pool, RetentionOptions options)
    : executor_(std::move(executor)),
      tables_(tables),
      blobs_(blobs),
      clock_(clock),
      pool_(pool),
      options_(std::move(options)),
      wake_(executor_),
      end_(executor_) {}

Sweeper::~Sweeper() = default;

void Sweeper::start() {
  MSGHUB_CHECK(!started_);
  started_ = true;
  asio::co_spawn(executor_, run(), asio::detached);
}

Task<void> Sweeper::stop() {
  stopping_ = true;
  wake_.cancel();
  while (started_ && !ended_) {
    end_.expires_after(std::chrono::milliseconds(50));
    boost::system::error_code woken;
    co_await end_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

Task<void> Sweeper::run() {
  co_await pause(options_.interval / 10);
  while (!stopping_) {
    co_await sweep_and_log();
    const bool more = status_.last && !status_.last->finished && status_.trouble.empty();
    co_await pause(more ? kGoOn : options_.interval);
  }
  ended_ = true;
}

Task<void> Sweeper::pause(std::chrono::milliseconds duration) {
  if (stopping_) co_return;
  wake_.expires_after(duration);
  boost::system::error_code woken;
  co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

Task<void> Sweeper::sweep_and_log() {
  try {
    const Result<SweepReport> report = co_await sweep_once();
    if (!report) log(LogLevel::Debug, "sweep left out", {{"why", report.error().detail}});
  } catch (const std::exception& failure) {
    log(LogLevel::Error, "sweep failed", {{"why", failure.what()}});
  }
}

Task<bool> Sweeper::claim() {
  if (claimed_) co_return false;
  claimed_ = true;
  bool taken = false;
  try {
    Leases leases(tables_);
    const Timestamp now = clock_.now();
    taken = co_await leases.take(std::string(kLease), options_.owner, now, now + kLeaseTime);
  } catch (...) {
    claimed_ = false;
    throw;
  }
  claimed_ = taken;
  renewed_ = steady_clock::now();
  co_return taken;
}

Task<void> Sweeper::renew() {
  if (steady_clock::now() - renewed_ < kRenewAfter) co_return;
  Leases leases(tables_);
  const Timestamp now = clock_.now();
  const bool taken =
      co_await leases.take(std::string(kLease), options_.owner, now, now + kLeaseTime);
  if (!taken) throw Failure(Failure::Retry::Later, "another hub has taken over the sweep");
  renewed_ = steady_clock::now();
}

Task<void> Sweeper::give_up_claim() {
  try {
    Leases leases(tables_);
    co_await leases.release(std::string(kLease), options_.owner);
  } catch (const Failure& failure) {
    log(LogLevel::Warn, "lease not given up", {{"why", failure.what()}});
  }
  claimed_ = false;
}

Task<Result<SweepReport>> Sweeper::sweep_once() {
  const bool claimed = co_await claim();
  if (!claimed)
    co_return refuse(Refusal::Code::Conflict,
                     "a sweep or a restore is under way, here or on another hub; try again later");
  status_.sweeping = true;
  const steady_clock::time_point end = steady_clock::now() + options_.time_limit;
  Sweep sweep{.tables = tables_,
              .blobs = blobs_,
              .archive = archive(),
              .options = options_,
              .now = clock_.now(),
              .renew = [this] { return renew(); },
              .out_of_time = [this, end] { return stopping_ || steady_clock::now() >= end; }};
  sweep.report.started_at = sweep.now;
  std::exception_ptr failed;
  try {
    co_await sweep_steps(sweep);
  } catch (const std::exception& failure) {
    failed = std::current_exception();
    sweep.unfinished();
    sweep.report.troubles.emplace_back(failure.what());
  }
  co_await give_up_claim();
  status_.sweeping = false;
  note(sweep.report);
  if (failed) std::rethrow_exception(failed);
  co_return std::move(sweep.report);
}

Task<void> Sweeper::sweep_steps(Sweep& sweep) {
  RetentionState& state = sweep.state;
  state = co_await load_state(tables_);
  state.shortest_days = shortest_ever(state.shortest_days, options_.days);
  const bool jumped = clock_jumped(state.seen_at, sweep.now, options_.interval);
  if (jumped)
    sweep.report.deletion_paused =
        state.seen_at ? "the clock was " + to_iso8601(*state.seen_at) +
                            " at the end of the last sweep; the next sweep deletes"
                      : "this is the first sweep of this store; the next sweep deletes";
  const bool full = is_over(state.full_pass_at, sweep.now, options_.ahead / 4);
  if (full) state.fronts.clear();
  if (full) state.full_pass_at = sweep.now;
  co_await settle_open_parts(sweep);
  for (const Table table : kArchivedTables) {
    co_await archive_due(sweep, table);
    if (!jumped) co_await hold_back(sweep, table);
  }
  // What was archived stays archived, whatever happens to the rest of the sweep.
  co_await save_state(state, tables_);
  if (!jumped) {
    for (const Table table : kArchivedTables) co_await delete_expired(sweep, table);
    co_await keep_house(sweep);
  }
  state.seen_at = clock_.now();
  co_await save_state(state, tables_);
}

Task<void> Sweeper::keep_house(Sweep& sweep) {
  RetentionState& state = sweep.state;
  if (!is_over(state.housekept_at, sweep.now, kHousekeeping) || sweep.out_of_time()) co_return;
  try {
    if (is_over(state.pruned_at, sweep.now, kHousekeeping)) {
      co_await prune_versions(sweep);
      state.pruned_at = sweep.now;
    }
    const bool done = co_await remove_orphans(sweep);
    if (done) state.housekept_at = sweep.now;
    if (!done) sweep.unfinished();
  } catch (const Failure& failure) {
    sweep.trouble(std::string("the daily housekeeping could not be done: ") + failure.what());
  }
}

void Sweeper::note(const SweepReport& report) {
  status_.last = report;
  status_.last_ended_at = clock_.now();
  status_.archived += report.archived;
  status_.deleted += report.deleted;
  status_.held += report.held;
  status_.trouble = report.troubles.empty() ? "" : report.troubles.front();
  if (!report.troubles.empty()) ++status_.failed_sweeps;
  const bool idle = report.archived + report.deleted + report.held + report.versions_removed +
                        report.orphans_removed ==
                    0;
  log(idle ? LogLevel::Debug : LogLevel::Info, "sweep ended",
      {{"archived", report.archived},
       {"parts", report.parts},
       {"deleted", report.deleted},
       {"held", report.held},
       {"versionsRemoved", report.versions_removed},
       {"orphansRemoved", report.orphans_removed},
       {"finished", report.finished}});
}

Task<Result<RestoreReport>> Sweeper::restore(RestoreRequest request) {
  const bool claimed = co_await claim();
  if (!claimed)
    co_return refuse(Refusal::Code::Conflict,
                     "a sweep or a restore is under way, here or on another hub; try again later");
  Result<RestoreReport> report = RestoreReport{};
  std::exception_ptr failed;
  try {
    report = co_await restore_part(std::move(request), archive(), tables_, blobs_, clock_.now());
  } catch (const std::exception&) {
    failed = std::current_exception();
  }
  co_await give_up_claim();
  if (failed) std::rethrow_exception(failed);
  co_return report;
}

}  // namespace msghub
