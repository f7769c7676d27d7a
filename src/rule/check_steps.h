#pragma once

#include "rule/ast.h"
#include "rule/report.h"

namespace msghub {

// Checks the steps of `Do` and of `If it fails`: resolves every {{name}}, :name and value of "only
// if", and the connections, which are filled in where a step names none. Values that are used are
// marked so. `only_email`: no channel of the rule brings JSON.
void check_steps(RuleTree& tree, const Directory* directory, bool only_email, Report& report);

}  // namespace msghub
