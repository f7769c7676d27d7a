#pragma once

#include "rule/ast.h"
#include "rule/report.h"

namespace msghub {

// Reports what an example says of things that the rule does not have, and what cannot hold
// together. The kinds of the triggers must be settled.
void check_examples(const RuleTree& tree, Report& report);

// The kind of channel on which such a message arrives.
ChannelType channel_type_of(ExampleCase::Message message);

}  // namespace msghub
