#pragma once

#include "rule/ast.h"
#include "rule/report.h"

namespace msghub {

// Warns of what is legal in `Do` and surely not meant: an output that no later step calls, a step
// that can never run, a step that would trigger the rule again. For a checked tree without errors.
void lint_steps(const RuleTree& tree, Report& report);

}  // namespace msghub
