#pragma once

#include <optional>
#include <string>
#include <vector>

#include "move/move_house.h"

// The parts of move_house. What they share lives in its frame.
namespace msghub::move {

inline constexpr std::size_t kPageItems = 500;  // an engine ends a page at 1 MiB, too
inline constexpr std::size_t kPageBlobs = 200;
inline constexpr std::size_t kWritesAtOnce = 8;  // batches of kBatch
inline constexpr std::size_t kBatch = 25;        // what DynamoDB takes in one request
inline constexpr std::size_t kBlobsAtOnce = 16;
inline constexpr std::size_t kNamed = 20;  // differences of one table, or of the blobs

struct Job {
  House from;
  House to;
  const Clock& clock;
  MoveOptions options;
  Incoming mark;

  bool stopping() const { return options.stopping(); }
};

// Where the walk over a table goes on, and what it has passed.
struct Walk {
  explicit Walk(Table table) : scan{.table = table, .limit = kPageItems, .with_expired = true} {}
  Scan scan;
  bool whole = false;
};
// The next page without what stays behind.
Task<std::vector<Item>> next_items(Tables& tables, Walk& walk);

Key key_of(const Item& item);
// What a blob adds to the sum.
std::string sum_text(const std::string& path, const std::string& sha256_hex);

// These give false when they were stopped.
//
// Counts and sums up what the source holds. When the mark says anything else, it begins anew.
Task<bool> measure(Job& job);
Task<bool> copy_blobs(Job& job);
Task<bool> copy_items(Job& job);
// Reads the target back. `differences` stays empty when all is there.
Task<bool> compare(Job& job, std::vector<std::string>& differences);

}  // namespace msghub::move
