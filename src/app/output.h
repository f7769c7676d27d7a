#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace msghub {

// Rows of text under headings, each column as wide as its widest entry (in characters).
std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows);

// The name of one of the store's tables beside the number of its items, for people.
std::string shown_table(const std::string& name);

// Text of a sender as a terminal may show it: control characters become spaces, with `Lines::Kept`
// all but line feeds and tabs.
enum class Lines { Joined, Kept };
std::string harmless(std::string_view text, Lines lines = Lines::Joined);

// One JSON document on stdout, for --json.
void print_json(const json::value& value);

// A member as text: strings as they are, null and missing as "-".
std::string cell(const json::value& object, std::string_view member);

}  // namespace msghub
