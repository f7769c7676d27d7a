#pragma once

#include "rule/ast.h"
#include "rule/compile.h"

namespace msghub {

// A checked tree to the data model. `dependencies` are left to the emitter.
RuleMetadata lower(const RuleTree& tree);
std::vector<ActionConfig> lower_steps(const std::vector<Step>& steps);
// What "If it fails" and Settings say; nothing without such a section. The actions of a failure
// follow those of the rule in their order.
std::optional<RuleFailure> lower_failure(const RuleTree& tree);
std::optional<RuleSettings> lower_settings(const RuleTree& tree);

// "text", "number", "boolean", "date" or "choice": the same in metadata and in generated code.
std::string_view field_type_name(ChatgptStep::Field::Type type);

// One channel a trigger, and each connection once, in the order of the rule.
std::vector<NamedChannel> channels_of(const RuleTree& tree);
std::vector<UsedConnection> connections_of(const RuleTree& tree);

}  // namespace msghub
