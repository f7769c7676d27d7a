#pragma once

#include <optional>

#include "rule/ast.h"

namespace msghub {

// What one execution of the rule costs in US dollars, outside: the models that it asks. Nothing
// when it asks a model whose price is not known. See docs/rule-language.md for the calculation.
std::optional<double> estimated_cost(const RuleTree& tree);

}  // namespace msghub
