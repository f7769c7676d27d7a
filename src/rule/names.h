#pragma once

#include <string_view>

namespace msghub {

// Whether {{name}} always means something of the message, the step or the failure at hand, or is
// what every object of the generated code has: no value and no output can be called so.
bool is_reserved_name(std::string_view name);

// An e-mail address as the project's library takes it: bare, without name, quotes or comment.
bool is_bare_address(std::string_view text);

// Digits with at most one point among them, and a minus sign perhaps: 1000, -12.50.
bool is_plain_number(std::string_view text);

}  // namespace msghub
