#pragma once

#include "rule/ast.h"
#include "rule/report.h"

namespace msghub {

// Warns of conditions that are legal and surely not meant: that can never hold together, that
// others imply, that let strangers through as the sender. Each warning is proven from the text of
// the rule alone, which must have no mistakes. Bounded time: of a very long rule only the first
// conditions are compared.
void lint_conditions(const RuleTree& tree, Report& report);

// Who else gets through a condition on the sender that names a domain: an address of someone who
// does not own it; "" when the condition keeps strangers out or names no domain. `better` is the
// comparison that keeps them out, or "" when the value must change as well.
struct OpenSender {
  std::string stranger;
  std::string better;
};
OpenSender open_sender(ConditionOperator operator_, std::string_view value);

}  // namespace msghub
