#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace msghub {

// Whether a channel or connection may be called so: 1 to 100 characters that a rule can write in
// bold. Refuses (Invalid) with `member` and what is wrong.
Result<void> check_name(std::string_view member, const std::string& name);

// Whether people take the two for one: they differ in the case of their letters at most.
bool is_same_name(std::string_view a, std::string_view b);

}  // namespace msghub
