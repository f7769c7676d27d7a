#pragma once

#include "model/rule.h"
#include "rule/ast.h"

namespace msghub {

// The least that the rule needs of the outside world, and which parts of a message it hands on.
// For a checked tree without errors.
RuleManifest manifest_of(const RuleTree& tree);

}  // namespace msghub
