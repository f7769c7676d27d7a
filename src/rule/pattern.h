#pragma once

#include "rule/report.h"
#include "rule/words.h"

namespace msghub {

inline constexpr std::size_t kMostPatterns = 500;  // in a rule

// Reports a pattern outside the dialect: what RE2 in C++ and re2js in Node.js both accept and mean
// the same by, at most 1,000 characters. True when it can be used.
bool check_pattern_token(const Token& pattern, bool case_sensitive, Report& report);

}  // namespace msghub
