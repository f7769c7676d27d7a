#pragma once

#include <string>
#include <vector>

#include "store/tables.h"

namespace msghub {

// The paths of the blobs that an item points to: raw content and attachments of a message, logs of
// an execution, the archive of a project.
std::vector<std::string> blob_pointers(Table table, const Item& item);

}  // namespace msghub
