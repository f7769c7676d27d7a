#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/tables.h"

// What stands in RocksDB. A table and each of its indexes have a column family of their own (in the
// single-table layout the one table and its three indexes, see layout.h):
//
//   Messages        PK 00 SK 00                        format byte, JSON text of the item
//   Messages.GSI1   GSI1PK 00 GSI1SK 00 PK 00 SK 00    nothing
//
// Inside a part, 00 is written 01 01 and 01 is written 01 02. So the bytes sort as the parts do,
// a part is a prefix of another exactly when its written form is, and no part runs into the next.
namespace msghub::rocks {

std::string table_key(std::string_view pk, std::string_view sk);
std::string index_key(std::string_view index_pk, std::string_view index_sk,
                      std::string_view table_key);

// The table key at the end of an index key.
std::string_view table_key_in(std::string_view index_key);
// What table_key was made of; nothing when the bytes are none.
std::optional<Key> key_in(std::string_view table_key);

// Keys from `first` up to, but not including, `end`.
struct KeyRange {
  std::string first;
  std::string end;
};
KeyRange range_of(const Query& query);
// No key of ours begins with this byte, which is never in UTF-8 text.
inline constexpr const char* kAfterAllKeys = "\xff";

// The place after which a query goes on, bound to the query: base64url of a format byte, the first
// 16 bytes of SHA-256 over query (without limit and cursor) and last key, and the last key.
std::string make_cursor(const Query& query, std::string_view last_key);
// Refuses (Invalid) what make_cursor did not make for this query.
Result<std::string> read_cursor(const Query& query, const KeyRange& range);

// A record: format byte and JSON text.
std::string encode_record(std::string_view json_text);
// Both throw Failure(Never) when the bytes are no record of ours.
std::string_view text_of_record(std::string_view bytes);
Item item_of_text(std::string_view json_text);

}  // namespace msghub::rocks
