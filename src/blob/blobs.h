#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace msghub {

// The seam for bytes that are too large for an item. A path is the data model's object path, such
// as "users/<userId>/messages/<messageId>/raw.txt": segments of [A-Za-z0-9._=-] and "/", none of
// them "." or "..", at most 1,024 bytes (others are refused: Invalid).
// Calls may run beside each other. Trouble of disk or network is a thrown Failure.
class Blobs {
 public:
  virtual ~Blobs() = default;
  // Durable when the task ends: bytes and directory entry are synced. Replaces what was there.
  virtual Task<Result<void>> put(std::string path, std::string bytes) = 0;
  // Nothing when there is no such blob. A damaged one (its checksum is wrong) is a Failure(Never).
  virtual Task<std::optional<std::string>> get(std::string path) = 0;
  // Gone when the task ends; no error when there was none.
  virtual Task<void> remove(std::string path) = 0;
  // Paths that begin with `prefix`, in order.
  virtual Task<std::vector<std::string>> list(std::string prefix) = 0;
};

}  // namespace msghub
