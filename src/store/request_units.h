#pragma once

#include <algorithm>
#include <cstddef>

#include "store/tables.h"

namespace msghub {

// What DynamoDB bills, from its documented rules. Pure. Sizes are in bytes of DynamoDB's own
// counting (attributes_size in dynamo/attribute_values.h).

enum class Reading { Eventual, Strong, Transactional };

// One item, or all items that one Query or Scan has read: begun 4 KB; nothing found costs as much
// as 4 KB.
inline double read_units(std::size_t bytes, Reading reading) {
  const auto blocks = static_cast<double>(std::max<std::size_t>((bytes + 4095) / 4096, 1));
  if (reading == Reading::Eventual) return blocks / 2;
  return reading == Reading::Strong ? blocks : blocks * 2;
}

// One item, the larger of what was and what is: begun 1 KB; a write of nothing costs as much as
// 1 KB, and a write whose condition fails as much as one that is done.
inline double write_units(std::size_t bytes, bool transactional) {
  const auto blocks = static_cast<double>(std::max<std::size_t>((bytes + 1023) / 1024, 1));
  return transactional ? blocks * 2 : blocks;
}

// An item as the indexes see it.
struct SizedItem {
  const Item* item = nullptr;  // nullptr: there is none
  std::size_t bytes = 0;
};

// All indexes of the table together, each of which holds all attributes: an entry that comes or
// goes is a write of its size, one that moves both of these, one that changes a write of the larger
// size. Indexes follow the table by themselves, outside transactions.
double index_write_units(Table table, SizedItem before, SizedItem after);

}  // namespace msghub
