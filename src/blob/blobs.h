#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"

namespace msghub {

struct BlobInfo {
  std::string path;
  std::uint64_t size = 0;  // bytes
  Timestamp written_at{};  // by the clock of the disk or bucket, exact to the second
  std::string sha256_hex;  // of the bytes, as noted when they were put; "" in lists
};

struct BlobPage {
  std::vector<BlobInfo> blobs;
  std::string cursor;  // where the next page begins; "" after the last
};

// The seam for bytes that are too large for an item. A path is the data model's object path, such
// as "users/<userId>/messages/<messageId>/raw.txt": segments of [A-Za-z0-9._=-] and "/", each of
// 250 bytes at most and none of them "." or "..", at most 1,024 bytes (others are refused: Invalid;
// no blob has such a path). See paths.h.
//
// Calls may run beside each other. Trouble of disk or network is a thrown Failure: Later when
// trying again may help, an operator's help included; Never when the blob is damaged. A put that
// fails has acknowledged nothing: the path holds the old bytes or the new ones, whole.
class Blobs {
 public:
  static constexpr std::size_t kPageLimit = 1000;

  virtual ~Blobs() = default;

  // Durable when the task ends. Replaces what was there; readers see the old bytes or the new ones.
  // `bytes` is not copied as a whole: move it in.
  virtual Task<Result<void>> put(std::string path, std::string bytes) = 0;

  // Nothing when there is no such blob. The bytes are checked against their SHA-256; a damaged blob
  // is a Failure(Never).
  virtual Task<std::optional<std::string>> get(std::string path) = 0;

  // Bytes offset … offset + length - 1, fewer or none where the blob ends before; nothing when
  // there is no such blob. Not checked against the SHA-256, which needs the whole: who reads
  // piece by piece compares with head().sha256_hex at the end.
  virtual Task<std::optional<std::string>> get_range(std::string path, std::uint64_t offset,
                                                     std::uint64_t length) = 0;

  // What is known without reading the bytes; nothing when there is no such blob.
  virtual Task<std::optional<BlobInfo>> head(std::string path) = 0;

  // Gone when the task ends; no error when there was none.
  virtual Task<void> remove(std::string path) = 0;

  // The same for many, any number, with fewer requests; after a Failure some may be left.
  virtual Task<void> remove_all(std::vector<std::string> paths) = 0;

  // Blobs whose paths begin with `prefix`, in byte order of the paths, at most `limit` and
  // kPageLimit of them (at least 1). `cursor` is "" for the first page, then that of the page
  // before. A page may be short or empty; the list ends where the cursor is "". A cursor stays good
  // for ever, also when its blobs are gone. Blobs put or removed meanwhile may be in the list or
  // not; all others are in it exactly once.
  virtual Task<BlobPage> list(std::string prefix, std::size_t limit, std::string cursor) = 0;
};

}  // namespace msghub
