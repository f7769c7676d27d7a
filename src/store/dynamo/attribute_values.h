#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/tables.h"

// Between items and DynamoDB's AttributeValues ({"S": "text"}, {"N": "1.5"}, …).
//
// Numbers travel as decimal text, so that none is rounded: any whole number of 64 bits, any double
// as its shortest text. What DynamoDB does not take of JSON (more than 32 levels within each other,
// an empty key in an object) stands as JSON text in a set of one string ({"SS": ["[…]"]}), a type
// that no JSON value has otherwise.
namespace msghub::dynamo {

inline constexpr std::size_t kPlainLevels = 30;  // deeper ones are kept as text

// Refuses (Invalid) a number that DynamoDB cannot hold: other than 0 and ±1E-130 … ±9.99E+125.
Result<json::value> to_attribute(const json::value& value);
// All attributes of an item; the detail of a refusal names the attribute.
Result<json::object> to_attributes(const Item& item);

// Throws Failure(Never) for what to_attribute does not make (binary, sets).
json::value from_attribute(const json::value& attribute);
Item from_attributes(const json::object& attributes);

// The size of an item in DynamoDB's own counting, which limits and bills rest on: names and texts
// in bytes of UTF-8; a number 1 byte for two significant digits, 1 more, and 1 for a minus; 1 byte
// for null, true and false; 3 for a list or map and 1 for each of its members.
std::size_t attributes_size(const json::object& attributes);

}  // namespace msghub::dynamo
