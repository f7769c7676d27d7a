#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/describe.h"
#include "base/time.h"
#include "store/tables.h"

namespace msghub {

// What is kept of a move, so that it can be cut off anywhere and go on. Both are in Channels under
// these keys with SK "METADATA", in no index, and stay behind when the store moves on.
inline constexpr std::string_view kIncomingPk = "MOVE#IN";
inline constexpr std::string_view kOutgoingPk = "MOVE#OUT";

// In the source: which move it is being emptied by.
struct Outgoing {
  std::string id;
  std::string to;  // for people
  Timestamp begun_at{};
};
BOOST_DESCRIBE_STRUCT(Outgoing, (), (id, to, begun_at))

// One table: what the source holds, and how much of it has come.
struct TableMove {
  std::string table;
  std::int64_t items = 0;  // in the source
  std::string sum;         // of the source's items (item_sum.h)
  std::int64_t copied = 0;
  std::string cursor;  // of the source's scan
  bool whole = false;  // the scan has ended
};
BOOST_DESCRIBE_STRUCT(TableMove, (), (table, items, sum, copied, cursor, whole))

struct BlobMove {
  std::int64_t blobs = 0;  // in the source
  std::int64_t copied = 0;
  std::int64_t bytes = 0;  // of the copied
  std::string sum;         // over path and SHA-256 of the copied
  std::string cursor;      // of the source's list
  bool whole = false;
};
BOOST_DESCRIBE_STRUCT(BlobMove, (), (blobs, copied, bytes, sum, cursor, whole))

// In the target.
struct Incoming {
  std::string id;
  std::string from;  // for people
  std::string run;   // random, of the process that does it now: the one before stops at its next
                     // step
  Timestamp begun_at{};
  std::optional<Timestamp> completed_at;
  std::vector<TableMove> tables;  // none: the source has not been measured yet
  BlobMove blobs;
};
BOOST_DESCRIBE_STRUCT(Incoming, (), (id, from, run, begun_at, completed_at, tables, blobs))

// Throw Failure(Never) when the item cannot be read or written.
Task<std::optional<Outgoing>> load_outgoing(Tables& tables);
Task<void> save_outgoing(Tables& tables, Outgoing mark);

Task<std::optional<Incoming>> load_incoming(Tables& tables);
// Takes the mark over from `before`, or makes it where there is none (nothing). Throws
// Failure(Never) when another process has changed it since.
Task<void> take_incoming(Tables& tables, Incoming mark, std::optional<std::string> run_before);
// Throws Failure(Never) when another process has taken the mark over.
Task<void> save_incoming(Tables& tables, Incoming mark);

}  // namespace msghub
