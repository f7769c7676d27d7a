#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace msghub {

// parse_json for what people read and rules pass on: a number that is written without an exponent
// keeps its digits ("2000.50", an order id of 30 digits) where parse_json would change them. Such a
// number is a string that no text can give, which to_json writes as the digits; to_text reads it.
Result<json::value> parse_exact_json(std::string_view text);

// How a value reads within a text: a string as it is, a number as its digits, anything else as
// JSON.
std::string to_text(const json::value& value);

}  // namespace msghub
