#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

namespace rocksdb {
class DB;
class TransactionLogIterator;
class WriteBatch;
}  // namespace rocksdb

namespace msghub::rocks {

// A place in RocksDB's log, from which batches are read one after the other.
class LogTail {
 public:
  enum class Step {
    Batch,  // batch() is the next one
    End,    // there is no more at the moment
    Gone,   // what comes next is no longer kept, or is damaged
  };

  // Before the batch with this sequence number; 0: before the oldest that is kept.
  LogTail(rocksdb::DB& db, std::uint64_t next);
  ~LogTail();
  LogTail(const LogTail&) = delete;
  LogTail& operator=(const LogTail&) = delete;

  // Goes on to the next batch. Throws Failure(Later) when the log cannot be read.
  Step step();
  const rocksdb::WriteBatch& batch() const { return *batch_; }
  std::uint64_t sequence() const { return sequence_; }  // of batch()
  std::uint64_t next() const { return next_; }          // of what follows batch()

 private:
  bool reach(std::uint64_t sequence);

  rocksdb::DB& db_;
  std::unique_ptr<rocksdb::TransactionLogIterator> at_;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
  std::uint64_t sequence_ = 0;
  std::uint64_t next_;
};

// Tails of readers that come back: to find a place anew means to read a file of the log from its
// beginning. Thread-safe; goes before the database is closed.
class LogTails {
 public:
  explicit LogTails(rocksdb::DB& db) : db_(db) {}

  // A tail whose batch() has the sequence number, or whose next() is it. Give it back after use.
  std::unique_ptr<LogTail> take(std::uint64_t sequence);
  void give_back(std::unique_ptr<LogTail> tail);

 private:
  static constexpr std::size_t kKept = 8;

  rocksdb::DB& db_;
  std::mutex mutex_;
  std::list<std::unique_ptr<LogTail>> kept_;  // the one used last comes first
};

}  // namespace msghub::rocks
