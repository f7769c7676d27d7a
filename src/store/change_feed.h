#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "store/tables.h"

namespace msghub {

// One write of one item, as the engine's log tells it.
struct Change {
  Table table{};
  Key key;
  std::optional<Item> before;  // nothing: the item came into being
  std::optional<Item> after;   // nothing: the item was deleted
  Timestamp at{};              // when the engine wrote it, to about a second
  std::string id;              // the same for the same change at every reading; else meaningless
};

struct ChangePage {
  std::vector<Change> changes;
  std::string cursor;      // where to go on; opaque, and never "" (also when there was no change)
  bool caught_up = false;  // there was nothing more at the moment of reading
};

// What was written, in order: the changes of one item in the order of its writes, those of
// different items about so (exactly so on RocksDB). Every change of an acknowledged write is there;
// after a crash or a resumed reading one may come twice, with the same id. Kept for at least 24
// hours (RocksDB: the log that is kept for it; DynamoDB: its Streams).
class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;
  // At most about `limit` changes after `cursor`; "" is the oldest change that is kept. Returns at
  // once when there is none. Refuses (Invalid) what is no cursor of this feed, and (NotFound) one
  // whose place is no longer kept: the reader has to begin again from a scan.
  // Throws Failure(Later) when the engine cannot be read.
  virtual Task<Result<ChangePage>> read(std::string cursor, std::size_t limit) = 0;
  // The cursor after everything that is written now.
  virtual Task<std::string> end() = 0;
};

}  // namespace msghub
