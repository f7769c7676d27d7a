#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/rocks/rocks_tables.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Snapshot;
class Status;
}  // namespace rocksdb

namespace msghub::rocks {

class LogTails;

// An open RocksDB with a column family for each table and index. Thread-safe.
class Database {
 public:
  explicit Database(const RocksOptions& options);  // throws Failure, see RocksTables::open
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* table(Table table) const;
  rocksdb::ColumnFamilyHandle* index(Table table, std::size_t number) const;

  Layout layout() const { return options_.layout; }
  // Whether the log keeps what the change feed tells.
  bool keeps_feed() const { return options_.feed_time.count() > 0; }
  const std::string& feed_id() const { return feed_id_; }
  LogTails& log_tails() const { return *tails_; }

  // Writes to tables what only the log has; in vain when the disk does not take it.
  void flush();
  // See RocksTables::checkpoint.
  void checkpoint(const std::string& folder) const;

  // The record under `key`, as of `snapshot` (nullptr: as of now). Throws Failure.
  std::optional<std::string> get(Table table, const std::string& key,
                                 const rocksdb::Snapshot* snapshot = nullptr) const;
  // The same as of now, but only from memory: false when the disk would have to be asked.
  bool get_from_memory(Table table, const std::string& key,
                       std::optional<std::string>& record) const;

 private:
  struct Family {
    rocksdb::ColumnFamilyHandle* table = nullptr;
    std::array<rocksdb::ColumnFamilyHandle*, 3> indexes{};
  };
  void open(bool fresh);
  void refuse_leftovers() const;
  void check_layout(const std::vector<std::string>& families) const;
  void check_schema(bool fresh);
  void put_synced(std::string_view key, std::string_view value);
  void create_missing_families();
  void settle_feed();

  const RocksOptions options_;
  std::unique_ptr<rocksdb::Env> env_;  // only around a file system of the options
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::array<Family, kTables.size()> families_{};
  std::string feed_id_;
  std::unique_ptr<LogTails> tails_;
};

// Trouble as a Failure: Never for damage, Later for the rest. `doing` is a verb phrase, "read".
[[noreturn]] void throw_failure(const rocksdb::Status& status, const std::string& doing);

// The one open database, which the writer may close and open again while others wait.
class DatabaseSlot {
 public:
  explicit DatabaseSlot(RocksOptions options);
  ~DatabaseSlot();

  // The database for as long as the lease lives. Waits while it is being reopened; throws
  // Failure(Later) when it could not be.
  class Lease {
   public:
    explicit Lease(DatabaseSlot& slot);
    // Never waits and never throws; held() says whether there is a database to use.
    Lease(DatabaseSlot& slot, std::try_to_lock_t);
    ~Lease();
    bool held() const { return held_; }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    const Database& operator*() const { return *slot_.database_; }
    const Database* operator->() const { return slot_.database_.get(); }

   private:
    DatabaseSlot& slot_;
    bool held_ = true;
  };

  // Waits for the leases, closes and opens again. Throws Failure; then there is no database until
  // a later call succeeds. One caller at a time.
  void reopen();

 private:
  const RocksOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t leases_ = 0;
  bool reopening_ = false;
  std::unique_ptr<Database> database_;
};

}  // namespace msghub::rocks
