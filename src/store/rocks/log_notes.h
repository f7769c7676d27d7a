#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/change_feed.h"

namespace rocksdb {
class WriteBatch;
}

// What the change feed needs and RocksDB's log lacks stands in the log as notes, between the writes
// of a batch: bytes of the log, and of nothing else. A batch begins with the time; the write of an
// item follows its note at once, writes of indexes have none.
namespace msghub::rocks {

std::string time_note(Timestamp now);
std::string change_note(Table table, const std::optional<std::string>& old_record);

// A change as the log has it.
struct LoggedChange {
  Table table{};
  Timestamp at{};
  std::string_view key;  // table_key
  std::optional<std::string_view> before;
  std::optional<std::string_view> after;
  std::uint32_t number = 0;  // within its batch
};

// Calls `use` for the changes of a batch from number `first` on, as long as it returns true. Throws
// Failure(Never) when a note is none of ours.
void for_each_change(const rocksdb::WriteBatch& batch, std::uint32_t first,
                     const std::function<bool(const LoggedChange&)>& use);

}  // namespace msghub::rocks
