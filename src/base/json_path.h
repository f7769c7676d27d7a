#pragma once

#include <string_view>

#include "base/json.h"

namespace msghub {

// The value at a path such as "order.total" or "items[0].sku" in `root`; nullptr when there is
// none. Keys are split at dots; "[n]" at the end of a part is the index of an array, and brackets
// that hold no number belong to the key. What is found lives in `root`.
const json::value* json_at(const json::value& root, std::string_view path);

}  // namespace msghub
