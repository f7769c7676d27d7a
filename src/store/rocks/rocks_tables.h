#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/disk_space.h"
#include "base/time.h"
#include "store/change_feed.h"
#include "store/rocks/store_check.h"
#include "store/tables.h"

namespace rocksdb {
class FileSystem;
}

namespace msghub {

struct RocksOptions {
  std::string path;  // a folder of its own; made when missing, its parents too
  std::uint64_t reserve_bytes = DiskSpace::kDefaultReserve;
  int background_threads = 2;  // of RocksDB, for flushes and compactions
  std::size_t read_threads = 2;
  std::size_t cache_bytes = std::size_t{64} << 20;
  Layout layout = Layout::MultiTable;  // of a new store; that of an old one has to be said
  // How long the log is kept for the change feed, and how many bytes of it at most: what is older
  // or over is gone, whichever comes first. No time: no feed, every read of it is NotFound.
  std::chrono::seconds feed_time = std::chrono::hours(24);
  std::uint64_t feed_bytes = std::uint64_t{4} << 30;
  std::shared_ptr<rocksdb::FileSystem> file_system;  // for tests: nullptr is the system's
};

// Tables on RocksDB: the engine of one machine.
//
// Writes: one thread owns them. It takes all transactions that wait, judges each in order against
// the database and what the group has already changed, and writes the accepted ones as one synced
// batch. So transactions are serialisable, and 64 writers cost little more than one fsync.
// Reads run on a small pool; a page of a query comes from one snapshot.
//
// Disk full: below the reserve, transactions that put a message are refused with Failure(Later);
// everything else may use the reserve. After a write that failed, nothing is acknowledged until the
// writer has closed and reopened the database, which it tries by itself; until then every write is
// a Failure(Later), reads go on, and healthy() is false.
//
// The change feed is RocksDB's log, kept for a while: reading it costs the writers nothing, and
// what it needs on top of the log are bytes of the same synced write.
//
// Call from any thread. Must die before the io_contexts of the tasks that use it, and after the
// last of these tasks.
class RocksTables : public Tables {
 public:
  // Throws Failure(Never) with what to do: the folder is in use by another process, was written by
  // a newer msghub, has the other layout, is no store of ours, or is damaged. `clock` must outlive
  // the tables.
  static std::shared_ptr<RocksTables> open(RocksOptions options, const Clock& clock);
  ~RocksTables() override;  // writes what waits, then closes

  Task<std::optional<Item>> get(Table table, Key key) override;
  Task<Result<Page>> query(Query query) override;
  Task<Result<void>> transact(std::vector<Write> writes) override;
  Task<Result<Page>> scan(Scan scan) override;
  Task<std::vector<std::optional<Item>>> get_batch(Table table, std::vector<Key> keys) override;
  Task<Result<void>> write_batch(std::vector<Write> writes) override;

  ChangeFeed& feed();

  // A copy of the store in `folder`, which must not exist, as of one moment after the call: with
  // everything acknowledged before, while writes go on. Tables are linked where `folder` is on the
  // same disk, else copied. The copy is a store; its change feed begins anew. Throws Failure(Never)
  // when the folder is there already, Failure(Later) when the copy cannot be written.
  Task<void> checkpoint(std::string folder);

  // Reads every byte of the store in `folder`, which no process has open, and changes nothing:
  // whether each item can be read and stands in its indexes, and each index entry for an item.
  // What is wrong is in the answer. Refuses (NotFound) a folder that holds no store. Takes long.
  static Result<StoreCheck> verify(const std::string& folder, const StoreCheck::Visit& visit = {});

  // False while writes fail; trouble() then says why and what to do.
  bool healthy() const;
  std::string trouble() const;
  // Why no message is taken now: writes fail, or the disk is below the reserve. "" when neither.
  std::string intake_trouble() const;

 private:
  struct Parts;
  explicit RocksTables(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace msghub
