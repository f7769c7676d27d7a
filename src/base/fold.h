#pragma once

#include <string>
#include <string_view>

namespace msghub {

// Simple lower-casing, code point by code point: how case is ignored here and in rules' projects.
// Bytes that are no UTF-8 stay as they are.
std::string fold_case(std::string_view text);

}  // namespace msghub
