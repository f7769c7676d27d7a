#pragma once

#include <re2/re2.h>

#include <memory>
#include <string_view>

#include "base/result.h"

namespace msghub {

// Compiles a pattern of a rule. Refuses as check_pattern does.
Result<std::shared_ptr<const re2::RE2>> compile_pattern(std::string_view pattern,
                                                        bool case_sensitive);

}  // namespace msghub
