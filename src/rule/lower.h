#pragma once

#include "rule/ast.h"
#include "rule/compile.h"

namespace msghub {

// A checked tree to the data model. `dependencies` are left to the emitter.
RuleMetadata lower(const RuleTree& tree);

// One channel a trigger, and each connection once, in the order of the rule.
std::vector<NamedChannel> channels_of(const RuleTree& tree);
std::vector<UsedConnection> connections_of(const RuleTree& tree);

}  // namespace msghub
