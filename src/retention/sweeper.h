#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "retention/restore.h"
#include "retention/sweep.h"

namespace msghub {

struct RetentionStatus {
  bool sweeping = false;
  std::optional<SweepReport> last;  // of this hub
  std::optional<Timestamp> last_ended_at;
  // Why items that are due cannot be archived or deleted; "" when they can. For an alarm.
  std::string trouble;
  std::int64_t archived = 0;  // since the start of this hub
  std::int64_t deleted = 0;
  std::int64_t held = 0;
  std::int64_t failed_sweeps = 0;  // that ended with trouble
};
BOOST_DESCRIBE_STRUCT(RetentionStatus, (),
                      (sweeping, last, last_ended_at, trouble, archived, deleted, held,
                       failed_sweeps))

// Keeps the time of retention: archives messages and executions before their ttl, deletes them
// after it, and cleans up behind it. It promises that nothing is deleted that does not lie in the
// archive just as it is, together with its blobs, and that this was checked then and there.
//
// One hub sweeps at a time, under the lease "retention". A sweep, step by step:
//
//   1. The clock. After a jump (three intervals forward, or back) nothing is deleted or held in
//      this sweep: it may be right again at the next.
//   2. What a sweep that was cut off has begun is finished or removed.
//   3. Final items whose ttl comes within `ahead` are archived: the part is written, read back and
//      checked, then its manifest likewise, then the items are marked with the part's path. The
//      store may delete on its own as soon as the ttl has passed (DynamoDB does), hence ahead of
//      it.
//   4. What has not ended shortly before its ttl gets a day more; so does what is not archived by
//      then, when the store deletes on its own. (Elsewhere it is invisible until it is archived.)
//   5. Marked items whose ttl has passed are deleted: once their part was read and checked again,
//      holds them as they are, and they are unchanged at the moment of deletion. Items of a part
//      that is not sound lose their mark, live on, and are archived anew.
//   6. Once a day: rule versions, and blobs whose item is gone.
//
// A sweep may end anywhere, by a crash, too. What it leaves is a part without manifest (step 2), a
// sound part whose items are not all marked (step 2), or blobs without their item (step 6).
//
// Items are found by the indexes by age, never by a scan: fronts remember how far archiving and
// deletion have come, and four times in `ahead` they begin at the oldest items again, for what came
// behind them: late endings, held items, restored ones.
//
// Lives on one thread, that of its executor. Tables, blobs, clock and pool must outlive its tasks.
class Sweeper {
 public:
  Sweeper(boost::asio::any_io_executor executor, Tables& tables, Blobs& blobs, const Clock& clock,
          boost::asio::thread_pool& pool, RetentionOptions options);
  ~Sweeper();
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  void start();       // sweeps at every interval, the first time after a tenth of it
  Task<void> stop();  // ends the sweep under way at the next good place, and awaits that

  // One sweep now. Refuses (Conflict) while another sweep or a restore is under way, here or on
  // another hub. Throws Failure when the store is in trouble; trouble with the archive is told in
  // the report.
  Task<Result<SweepReport>> sweep_once();

  // See restore_part; refuses (Conflict) as sweep_once does.
  Task<Result<RestoreReport>> restore(RestoreRequest request);

  RetentionStatus status() const { return status_; }
  Archive archive() const { return {blobs_, pool_}; }

 private:
  Task<void> run();
  Task<void> pause(std::chrono::milliseconds duration);
  Task<void> sweep_and_log();
  Task<void> sweep_steps(Sweep& sweep);
  Task<void> keep_house(Sweep& sweep);
  Task<bool> claim();
  Task<void> give_up_claim();
  Task<void> renew();
  void note(const SweepReport& report);

  boost::asio::any_io_executor executor_;
  Tables& tables_;
  Blobs& blobs_;
  const Clock& clock_;
  boost::asio::thread_pool& pool_;
  const RetentionOptions options_;
  RetentionStatus status_;
  bool claimed_ = false;
  std::chrono::steady_clock::time_point renewed_;
  bool started_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  boost::asio::steady_timer wake_;
  boost::asio::steady_timer end_;
};

}  // namespace msghub
