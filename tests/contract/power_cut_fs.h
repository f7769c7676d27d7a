#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace msghub::testing {

// A file system whose power can be cut. It knows what a disk has promised: the bytes of a file up
// to its last sync, and the names of a folder (files made, renamed, removed) up to the folder's
// last sync. Nothing is really synced, so that cuts are cheap.
//
// After the cut every call fails, as for a program that is no more. lose(), called when nobody has
// a file open any more, takes back what was not promised.
class PowerCutFs final : public rocksdb::FileSystemWrapper {
 public:
  // `attic` is an empty folder on the same disk for files that may have to come back. Syncs of
  // files whose names end with `lie_about` (unless it is "") are not done but said to be.
  PowerCutFs(std::string attic, std::string lie_about = "");

  // Cuts the power in the middle of the `operation`th write, sync or change of a name from now on.
  void cut_at(int operation);
  bool is_cut() const;
  // With `torn`, some of the bytes and names that were not synced stay: a first part of the bytes,
  // and the first of the names' changes, as a journal keeps them.
  void lose(std::mt19937& random, bool torn);

  // What the disk has no room for from now on: RocksDB's tables, or only those that it makes by
  // merging others.
  enum class Full { Nothing, Tables, MergedTables };
  void fill_for(Full full);
  int refused() const;  // writes, for lack of space

  const char* Name() const override { return "PowerCutFs"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LockFile(const std::string& path, const rocksdb::IOOptions& options,
                             rocksdb::FileLock** lock, rocksdb::IODebugContext* debug) override;

 private:
  friend class PowerCutFile;
  friend class PowerCutFolder;

  struct Bytes {
    std::uint64_t written = 0;
    std::uint64_t synced = 0;
  };
  struct NameChange {
    std::string from;  // of a rename, "" else
    std::string to;    // "": `from` was removed
    std::string
        saved;  // in the attic: what stood at `to`, or at the removed `from`; "" for nothing
    Bytes saved_bytes;
  };

  // All with mutex_ held.
  rocksdb::IOStatus work();  // not ok after the cut
  std::string save(const std::string& path);
  void move(const std::string& from, const std::string& to);
  void undo(const NameChange& change);
  // Before the real one.
  rocksdb::IOStatus append(const std::string& path, std::uint64_t bytes, bool merging);
  void sync_file(const std::string& path);
  void sync_folder(const std::string& folder);

  const std::string attic_;
  const std::string lie_about_;
  mutable std::mutex mutex_;
  bool cut_ = false;
  int until_cut_ = 0;  // 0: no cut is planned
  Full full_for_ = Full::Nothing;
  int refused_ = 0;
  std::map<std::string, Bytes> files_;  // that were written since the start
  std::vector<NameChange> changes_;     // that were not synced
  int saved_ = 0;
};

}  // namespace msghub::testing
