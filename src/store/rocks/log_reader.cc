#include "store/rocks/log_reader.h"

#include <rocksdb/db.h>
#include <rocksdb/transaction_log.h>
#include <rocksdb/write_batch.h>

#include <algorithm>

#include "store/rocks/database.h"

namespace msghub::rocks {

LogTail::LogTail(rocksdb::DB& db, std::uint64_t next) : db_(db), next_(next) {}

LogTail::~LogTail() = default;

// Puts the iterator on the first batch that ends after `sequence`, if there is one.
bool LogTail::reach(std::uint64_t sequence) {
  const rocksdb::Status status = db_.GetUpdatesSince(sequence, &at_);
  if (!status.ok()) at_.reset();
  if (!status.ok() && !status.IsNotFound() && !status.IsCorruption())
    throw_failure(status, "read its log");
  return at_ != nullptr && at_->Valid();
}

LogTail::Step LogTail::step() {
  // The log holds batches that are not synced yet; those that are have their numbers published.
  if (next_ > db_.GetLatestSequenceNumber()) return Step::End;
  bool valid = false;
  if (at_ != nullptr) {
    at_->Next();
    valid = at_->Valid();
  }
  // The iterator does not follow into log files that were begun after it.
  if (!valid) valid = reach(next_);
  if (!valid) return next_ == 0 ? Step::End : Step::Gone;
  rocksdb::BatchResult result = at_->GetBatch();
  if (next_ != 0 && result.sequence != next_) {
    at_.reset();
    return Step::Gone;
  }
  batch_ = std::move(result.writeBatchPtr);
  sequence_ = result.sequence;
  next_ = sequence_ + batch_->Count();
  return Step::Batch;
}

std::unique_ptr<LogTail> LogTails::take(std::uint64_t sequence) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(kept_, [sequence](const auto& tail) {
      return sequence != 0 && (tail->sequence() == sequence || tail->next() == sequence);
    });
    if (found != kept_.end()) {
      std::unique_ptr<LogTail> tail = std::move(*found);
      kept_.erase(found);
      return tail;
    }
  }
  return std::make_unique<LogTail>(db_, sequence);
}

void LogTails::give_back(std::unique_ptr<LogTail> tail) {
  const std::lock_guard lock(mutex_);
  kept_.push_front(std::move(tail));
  if (kept_.size() > kKept) kept_.pop_back();
}

}  // namespace msghub::rocks
