#pragma once

#include "pipeline/services.h"

namespace msghub {

struct MatchedRule {
  ExecutionId execution;
  RuleId rule;
  friend bool operator==(const MatchedRule&, const MatchedRule&) = default;
};

// Step 2 of the corridor: one pending message against all active rules of its owner. Ends in one
// durable state: an execution for each matched rule and the message's matchedRuleIds; or the
// message "ignored" when no rule matched. Repeating it adds nothing: an execution's id is made of
// message and rule.
// Gives the executions of the message, those of an earlier run of this step included; none when
// another hub works on it. A message of a hub that is gone becomes this one's first.
Task<std::vector<MatchedRule>> match_message(MessageId id, Services& services);

// Sets the message to its final status once all its executions are final; true when there is
// nothing more to do for it.
Task<bool> finish_message(MessageId id, Services& services);

}  // namespace msghub
