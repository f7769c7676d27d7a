#pragma once

#include <span>
#include <string_view>

#include "base/time.h"
#include "store/tables.h"

namespace msghub {

// What is to happen to an item, and when: pure decisions of the sweeper.
//
//   born                                        ttl - ahead          ttl - ahead/4   ttl
//    |------------- nothing ------------------------|---- archive ---------|-- hold --|-- delete
//
// Hold: an item that is still not archived gets its ttl moved on. Delete: archived items only.

enum class Due { Nothing, Archive, Delete };
Due due(const Item& item, Timestamp now, std::chrono::seconds ahead);

// Whether an item that is not archived would expire within `ahead` / 4, or has expired.
bool must_hold(const Item& item, Timestamp now, std::chrono::seconds ahead);
// Its new ttl, in seconds since 1970: a day after the old one, and a day from now at least.
std::int64_t held_until(const Item& item, Timestamp now);

bool is_archived(const Item& item);  // carries the mark
std::optional<std::int64_t> ttl_of(const Item& item);

// How the items of an archived table are found by age.
struct AgeIndex {
  std::string_view index;   // "GSI2"
  std::string_view prefix;  // of its sort key: "RECEIVED#"
  std::span<const std::string_view> final_statuses;
  std::string_view open_status;  // of items that are never deleted
};
const AgeIndex& age_index(Table table);

// The youngest birth of which an item may have a ttl up to `ttl_until`, when no item lives shorter
// than `shortest`.
inline Timestamp latest_birth(Timestamp ttl_until, std::chrono::days shortest) {
  return ttl_until - shortest;
}

// The same for archiving, which waits until a whole batch is due: UTC days when there is time for
// that (`ahead` of two days and more), so that few large parts come about rather than many small
// ones.
Timestamp archive_until(Timestamp now, std::chrono::seconds ahead, std::chrono::days shortest);

// Whether the clock can be trusted: it has moved by no more than three intervals since the last
// sweep, and not back.
bool clock_jumped(std::optional<Timestamp> seen, Timestamp now, std::chrono::seconds interval);

}  // namespace msghub
