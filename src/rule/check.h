#pragma once

#include "rule/ast.h"
#include "rule/report.h"

namespace msghub {

// Looks up every name in the tree: fields in templates, channels and connections in the directory
// (when there is one), names and steps in examples. Reports what is unknown or cannot hold, and
// what is never used.
void check(RuleTree& tree, const Directory* directory, Report& report);

}  // namespace msghub
