#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace msghub {

namespace json = boost::json;

struct JsonLimits {
  std::size_t depth = 64;
};

// Parses one JSON document (RFC 8259). Refuses (Invalid) with line and column in the detail: bad
// syntax, trailing text, a duplicate key, invalid UTF-8, nesting over the limit. Numbers are exact
// where std::from_chars is: int64, uint64, else the nearest double (Boost 1.81's own number parser
// is one bit off for a quarter of all 17-digit doubles).
Result<json::value> parse_json(std::string_view text, JsonLimits limits = {});

// Compact JSON text; doubles as the shortest text that reads back equal (std::to_chars), written
// the way JavaScript writes them where both agree on the notation.
std::string to_json(const json::value& value);

// The same, indented by two spaces, for people.
std::string to_pretty_json(const json::value& value);

// The member as text, or `otherwise` when it is missing or no string.
std::string string_or(const json::object& object, std::string_view key,
                      std::string_view otherwise = {});

}  // namespace msghub
