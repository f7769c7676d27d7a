#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/time.h"
#include "store/tables.h"

namespace msghub {

// What the seam in tables.h says about items, conditions and changes, as pure functions that every
// engine shares.

// Names of the attributes that put an item into an index: {"GSI1PK", "GSI1SK"}.
struct IndexAttributes {
  std::string_view pk;
  std::string_view sk;
};
std::span<const IndexAttributes> index_attributes(Table table);

// Refuses (Invalid, TooLarge) a list of writes that no engine would take, whatever is stored.
Result<void> check_writes(const std::vector<Write>& writes);

// Refuses a write_batch likewise: its writes, whatever their number, are Puts and Deletes without
// conditions, each on an item of its own, no item over kItemLimit.
Result<void> check_batch(const std::vector<Write>& writes);
// Cut into transactions that no limit refuses.
std::vector<std::vector<Write>> parts_of_batch(std::vector<Write> writes);

// Refuses (Invalid) a query that no engine would take.
Result<void> check_query(const Query& query);

// Whether an item may be stored: keys, index attributes, text, nesting. Its size is checked with
// its JSON text, by check_size.
Result<void> check_item(Table table, const Item& item);
Result<void> check_size(Table table, const Item& item, std::size_t bytes);

// Whether `condition` holds for what is stored, nullptr for nothing. `unmet`, when given, gets the
// clause that does not hold, as a sentence.
bool holds(const Condition& condition, const Item* stored, std::string* unmet = nullptr);

// The item after `changes`. Refuses (Invalid) an `add` to what is no number, or beyond 64 bits.
Result<Item> changed(Item item, const Changes& changes);

// Whether the item's TTL attribute has passed.
bool expired(Table table, const Item& item, Timestamp now);

}  // namespace msghub
