#pragma once

#include <cstddef>
#include <string_view>

#include "model/rule.h"

namespace msghub {

// What follows from a condition, whatever the message is. Each answer "yes" is proven; "no" means
// that it is not so or cannot be shown (most of what patterns match). Pure; the time grows with the
// product of the two lists of values.

// Whenever `a` holds, `b` holds.
bool implies(const TriggerCondition& a, const TriggerCondition& b);

// No message fulfils both.
bool excludes(const TriggerCondition& a, const TriggerCondition& b);

// Whenever the text of value `i` of a condition fits, that of value `j` does (0 is `value`, 1 the
// first of `alternatives`).
bool value_implies(const TriggerCondition& condition, std::size_t i, std::size_t j);

// Whether the pattern is found in each text, the empty one included.
bool fits_every_text(std::string_view pattern);

}  // namespace msghub
