#pragma once

#include <string>
#include <vector>

#include "store/tables.h"

namespace msghub {

// Newest items of several partitions of one index as one list. The sort key is "<prefix><time>";
// the cursor holds the place after which to go on, so that items which change their partition in
// between are neither lost nor shown twice within one page. Refuses (Invalid) a strange cursor.
Task<Result<Page>> merge_newest(Tables& tables, Table table, std::string index,
                                std::vector<std::string> partitions, std::string prefix,
                                std::size_t limit, std::string cursor);

}  // namespace msghub
