#include "store/rocks/writer.h"

#include <algorithm>

#include "base/log.h"

namespace msghub::rocks {

namespace {

constexpr std::size_t kGroupBytes = std::size_t{8} << 20;
constexpr std::size_t kQueueBytes = std::size_t{256} << 20;
constexpr std::chrono::milliseconds kPatience{2};
constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLongestPause{4000};

std::exception_ptr later(const std::string& why) {
  return std::make_exception_ptr(Failure(Failure::Retry::Later, why));
}

}  // namespace

Writer::Writer(DatabaseSlot& slot, DiskSpace& space, const Clock& clock)
    : slot_(slot), space_(space), clock_(clock), thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  thread_.join();
}

void Writer::submit(Prepared transaction, Completion done) {
  std::unique_lock lock(mutex_);
  if (stopping_ || queued_bytes_ > kQueueBytes) {
    const std::string why =
        stopping_ ? "the store is closing" : "too many writes wait for the disk";
    lock.unlock();
    done(later(why), {});
    return;
  }
  queued_bytes_ += transaction.bytes;
  queue_.push_back({std::move(transaction), std::move(done), nullptr, {}});
  const bool enough = queue_.size() >= wanted_;
  lock.unlock();
  if (enough) work_.notify_one();
}

std::string Writer::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Writer::set_trouble(std::string why) {
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(why);
}

void Writer::run() {
  Group group;
  while (take(group)) {
    if (broken_) try_to_heal();
    const auto begin = std::chrono::steady_clock::now();
    if (!group.empty()) commit(group);
    last_commit_ = std::chrono::steady_clock::now() - begin;
    last_group_ = group.size();
    for (Waiting& waiting : group) waiting.done(waiting.failure, std::move(waiting.result));
    group.clear();
  }
}

void Writer::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto ready = [this] { return stopping_ || queue_.size() >= wanted_; };
  if (broken_)
    work_.wait_until(lock, next_try_, ready);
  else
    work_.wait(lock, ready);
  if (broken_ || queue_.size() >= last_group_) return;
  // Those who were served last are about to come back; whoever is first must not have a sync for
  // itself while the others wait for theirs. When they do not come, this costs half a sync, once.
  wanted_ = last_group_;
  work_.wait_for(lock, std::min<std::chrono::nanoseconds>(last_commit_ / 2, kPatience), ready);
  wanted_ = 1;
}

bool Writer::take(Group& group) {
  std::unique_lock lock(mutex_);
  wait_for_work(lock);
  std::size_t bytes = 0;
  while (!queue_.empty() && bytes < kGroupBytes) {
    bytes += queue_.front().transaction.bytes;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
  return !(stopping_ && group.empty());
}

void Writer::commit(Group& group) {
  const std::string why = trouble();
  std::exception_ptr failure = why.empty() ? nullptr : later(why);
  try {
    if (!failure) {
      const DatabaseSlot::Lease database(slot_);
      Batch batch(*database, clock_.now());
      judge_all(group, batch);
      batch.commit();
      return;
    }
  } catch (const Failure& thrown) {
    // The log may now end in half a record, and the kernel may have dropped pages that a second
    // fsync would call clean: nothing is written until the database was opened anew.
    broken_ = true;
    pause_ = kFirstPause;
    next_try_ = std::chrono::steady_clock::now() + pause_;
    const std::string said = space_.below_reserve()
                                 ? space_.complaint() + " (" + thrown.what() + ")"
                                 : std::string(thrown.what());
    set_trouble(said);
    log(LogLevel::Error, "store write failed", {{"error", said}});
    failure = later(said);
  }
  // Refusals too: they may rest on writes of this batch, which are not on disk.
  for (Waiting& waiting : group) waiting.failure = failure;
}

void Writer::judge_all(Group& group, Batch& batch) {
  const bool full = space_.below_reserve();
  for (Waiting& waiting : group) {
    if (full && waiting.transaction.intake) {
      waiting.failure = later(space_.complaint());
      continue;
    }
    try {
      waiting.result = batch.add(waiting.transaction);
    } catch (const Failure&) {
      // One item cannot be read; the other transactions are none the worse.
      waiting.failure = std::current_exception();
    }
  }
}

// Reopening, not DB::Resume(): Resume keeps a log that ends in half a record when there is nothing
// to flush, and that log takes no more writes. Reopening is what the next start would do, and never
// syncs again what failed to sync.
void Writer::try_to_heal() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_try_) return;
  next_try_ = now + kFirstPause;
  // Opening writes what the log holds into a table of its own, which needs room.
  if (space_.free_bytes() < space_.reserve() / 2) return;
  pause_ = std::min(pause_ * 2, kLongestPause);
  next_try_ = now + pause_;
  try {
    slot_.reopen();
    broken_ = false;
    set_trouble("");
    log(LogLevel::Info, "store reopened");
  } catch (const Failure& failure) {
    set_trouble(failure.what());
    log(LogLevel::Error, "store reopen failed", {{"error", failure.what()}});
  }
}

}  // namespace msghub::rocks
