#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msghub {

// The bare addresses of an address list (RFC 5322, with groups, comments, routes and what real
// mails make of them), as written: "Bob <bob@Example.com>, friends: a@b.c;" gives bob@Example.com
// and a@b.c. What is not well-formed (controls, characters that cannot be seen, a second '@') is no
// address. A name without '@' is one only in a list that holds no other ("root"). Linear time;
// well-formed UTF-8. Appends to `out` until it holds `limit`; returns how many there were in
// all.
std::size_t parse_addresses(std::string_view unfolded_value, std::size_t limit,
                            std::vector<std::string>& out);

// The name that a From header (decoded) gives beside the address: `"Doe, Ann" <ann@acme.com>` or
// `ann@acme.com (Ann Doe)`; "" when there is none. Pure.
std::string display_name(std::string_view header);

}  // namespace msghub
