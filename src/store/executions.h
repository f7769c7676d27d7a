#pragma once

#include "model/execution.h"
#include "store/items.h"

namespace msghub {

inline Key execution_key(const ExecutionId& id) { return {"EXECUTION#" + id.value, "METADATA"}; }
Item execution_item(const Execution& execution);

// Makes the stored execution equal to this one; its place in the status list moves along.
Update execution_update(const Execution& execution, Condition condition = if_present());

// The same, refused (Conflict) when the stored one is not running, or is another hub's.
Update running_execution_update(const Execution& execution);

// Makes the stored execution equal to this one, which is to run again, and takes it out of the
// archive. Refused (Conflict) unless it is stored as `ended`, neither run again nor changed since.
Update execution_retry_update(const Execution& execution, const Execution& ended);

// Makes `owner` the hub that may write a running execution. Refused (Conflict) when it is not
// running any more, or is no longer `held_by`'s.
Update execution_lease_update(const ExecutionId& id, const std::string& owner,
                              const std::optional<std::string>& held_by);

// Access patterns of Executions. The tables must outlive the repository's tasks.
class Executions {
 public:
  explicit Executions(Tables& tables) : tables_(tables) {}

  Task<std::optional<Execution>> get_execution_by_id(ExecutionId id);
  Task<Result<PageOf<Execution>>> list_rule_executions(RuleId rule, Paging paging);  // newest first
  Task<Result<PageOf<Execution>>> list_message_executions(MessageId message, Paging paging);
  Task<Result<PageOf<Execution>>> list_failed_executions(Paging paging);  // newest first
  // Oldest first: what a start resumes.
  Task<Result<PageOf<Execution>>> list_running_executions(Paging paging);
  Task<Result<PageOf<Execution>>> list_executions_of_status(ExecutionStatus status, Paging paging,
                                                            bool oldest_first = false);

 private:
  Tables& tables_;
};

}  // namespace msghub
