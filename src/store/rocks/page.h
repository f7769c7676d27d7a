#pragma once

#include <string>

#include "base/time.h"
#include "store/rocks/database.h"
#include "store/rocks/keys.h"

namespace msghub::rocks {

// One page of a query (or of a scan: a query with no index over all keys), from one snapshot.
// `after` is the key that a cursor named, or "". Throws Failure.
Page read_page(const Database& database, const Query& query, const KeyRange& range,
               const std::string& after, const Clock& clock);

}  // namespace msghub::rocks
