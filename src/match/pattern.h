#pragma once

#include <string_view>

#include "base/pattern.h"
#include "base/result.h"

namespace msghub {

// Compiles a pattern of a rule. Refuses as check_pattern does.
Result<Pattern> compile_pattern(std::string_view pattern, bool case_sensitive);

}  // namespace msghub
