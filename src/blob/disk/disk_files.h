#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/disk_space.h"
#include "base/result.h"
#include "blob/blobs.h"

namespace msghub {

// Blobs as files, with blocking calls. Thread-safe; one process at a time.
//
//   <root>/objects/users/u/messages/m/raw.txt~   8 bytes of magic and version, 32 of SHA-256, bytes
//   <root>/tmp/<number>                            being written; emptied at every start
//
// "~" keeps files and folders apart, so that "a" and "a/b" may both be blobs. A file is written
// and synced under tmp, then renamed to its place and the folder synced: it is there whole or not.
class DiskFiles {
 public:
  DiskFiles(const std::string& root, std::uint64_t reserve_bytes);  // throws Failure

  // All of these throw Failure. Paths are valid (check_blob_path).
  void put(const std::string& path, const std::string& bytes);
  std::optional<std::string> get(const std::string& path);
  std::optional<std::string> get_range(const std::string& path, std::uint64_t offset,
                                       std::uint64_t length);
  std::optional<BlobInfo> head(const std::string& path);
  void remove(const std::string& path);
  BlobPage list(const std::string& prefix, std::size_t limit, const std::string& cursor);

 private:
  std::string file_of(const std::string& path) const { return objects_ + "/" + path + "~"; }
  std::string write_temporary(const std::string& path, const std::string& bytes);
  bool move_to_place(const std::string& temporary, const std::string& path);
  void ensure_folder(const std::string& folder);
  void prune_folders(std::string folder);
  // Names that are still to be listed, by folder, last one first: for a list's next page.
  using Names = std::unordered_map<std::string, std::vector<std::string>>;
  struct Listing;
  void collect(const std::string& folder, Listing& listing);
  std::vector<std::string> names_in(const std::string& folder, Listing& listing);
  Names take_kept_names(const std::string& prefix, const std::string& cursor);
  [[noreturn]] void fail_as_damaged(const std::string& path);
  [[noreturn]] void fail(int error, const std::string& doing, const std::string& path);

  const std::string objects_;
  const std::string temporaries_;
  DiskSpace space_;
  std::atomic<std::uint64_t> next_temporary_ = 0;

  // Folders whose entries in their parents are synced. Making and removing folders happens under
  // the lock: a folder that another thread has made, but not synced yet, is not to be trusted.
  std::mutex folders_mutex_;
  std::unordered_set<std::string> durable_;

  // Where the latest list has stopped: its next page need not read the same folders again, one of
  // which may have a million entries. Dropped with the list's end, or when another begins.
  struct Stop {
    std::string prefix, cursor;
    std::chrono::steady_clock::time_point at;
    Names names;
  };
  std::mutex stop_mutex_;
  Stop stop_;
};

}  // namespace msghub
