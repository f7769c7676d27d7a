#pragma once

#include "model/rule.h"
#include "store/items.h"

namespace msghub {

inline Key rule_key(const RuleId& id) { return {"RULE#" + id.value, "METADATA"}; }
Item rule_item(const Rule& rule);

// Changes of a status are refused (Conflict) where model/transitions.h has no edge.

// Everything of a rule but its counters (executionCount, errorCount, lastExecutedAt), which belong
// to add_execution_to_rule.
Update rule_update(const Rule& rule, Condition condition = if_present());

// The same, refused (Conflict) when somebody changed the rule since it was read with this
// updatedAt.
Update rule_update(const Rule& rule, Timestamp read_updated_at);

Update rule_status_update(const RuleId& id, RuleStatus status, Timestamp now,
                          Condition condition = if_present());

// Counts one finished execution, or, when it had been counted before it was run again, only its
// first error. Refused (Conflict) when the rule is gone. Leaves updatedAt alone: it says when the
// author changed the rule, and orders GSI1 and GSI2.
Update add_execution_to_rule(const RuleId& id, Timestamp executed_at, bool error,
                             bool counted_before = false);

// Access patterns of Rules. The tables must outlive the repository's tasks.
class Rules {
 public:
  explicit Rules(Tables& tables) : tables_(tables) {}

  Task<std::optional<Rule>> get_rule_by_id(RuleId id);
  Task<Result<PageOf<Rule>>> list_users_rules(UserId user, Paging paging);  // by status, then time
  Task<Result<PageOf<Rule>>> list_users_rules_by_status(UserId user, RuleStatus status,
                                                        Paging paging);
  Task<Result<PageOf<Rule>>> list_active_rules_for_user(UserId user, Paging paging);
  Task<Result<PageOf<Rule>>> list_recently_updated_rules(UserId user,
                                                         Paging paging);  // newest first

 private:
  Tables& tables_;
};

}  // namespace msghub
