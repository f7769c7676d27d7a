#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/tables.h"

// How items and the names of column families differ between the two layouts. See keys.h for what
// is the same in both.
namespace msghub::rocks {

// Of a table, and of its indexes with ".GSI1" after it. The single table's is every table's.
std::string_view family_name(Layout layout, Table table);
// Of all tables and indexes.
std::vector<std::string> family_names(Layout layout);

// The layout of a store with these column families; nothing when it has none of ours.
std::optional<Layout> layout_in(const std::vector<std::string>& families);
// For people: "one table for each entity".
std::string_view words_for(Layout layout);

// An item as stored; `json_text` is its own text, without the attribute EntityType.
std::string encode_item(Layout layout, Table table, std::string_view json_text);
// Whether the record is an item of `table`: in the single table, others may stand beside it.
bool is_of(Layout layout, Table table, std::string_view record);
// The item as it was put. Only for what is_of. Throws Failure(Never) when the bytes are no record.
Item decode_item(Layout layout, std::string_view record);
// The table of a record; nothing when it cannot be told from the record.
std::optional<Table> table_of(std::string_view record);

}  // namespace msghub::rocks
