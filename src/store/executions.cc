#include "store/executions.h"

namespace msghub {

namespace {

Query in_index(std::string index, std::string pk, Paging paging) {
  return {.table = Table::Executions,
          .index = std::move(index),
          .pk = std::move(pk),
          .limit = paging.limit,
          .cursor = std::move(paging.cursor)};
}

}  // namespace

Item execution_item(const Execution& execution) { return item_of(Table::Executions, execution); }

Update execution_update(const Execution& execution, Condition condition) {
  condition.push_back(edge_clause(execution.status));
  return {Table::Executions, execution_key(execution.id), changes_to(Table::Executions, execution),
          std::move(condition)};
}

Update running_execution_update(const Execution& execution) {
  Condition condition = if_equal("status", json::value(wire_name(ExecutionStatus::Running)));
  condition.push_back(lease_clause(execution.lease_owner));
  return execution_update(execution, std::move(condition));
}

Update execution_retry_update(const Execution& execution, const Execution& ended) {
  Condition condition = if_equal("status", json::value(wire_name(ended.status)));
  // It may have run again and ended likewise since it was read.
  condition.push_back({Clause::Kind::Equals, "tries", json::value(ended.tries)});
  if (ended.completed_at)
    condition.push_back(
        {Clause::Kind::Equals, "completedAt", json::value(to_iso8601(*ended.completed_at))});
  Update update = execution_update(execution, std::move(condition));
  update.changes.remove.insert(update.changes.remove.end(), kArchiveMarks.begin(),
                               kArchiveMarks.end());
  return update;
}

Update execution_lease_update(const ExecutionId& id, const std::string& owner,
                              const std::optional<std::string>& held_by) {
  Condition condition = if_equal("status", json::value(wire_name(ExecutionStatus::Running)));
  condition.push_back(lease_clause(held_by));
  return {
      Table::Executions, execution_key(id), {.set = {{"leaseOwner", owner}}}, std::move(condition)};
}

Task<std::optional<Execution>> Executions::get_execution_by_id(ExecutionId id) {
  co_return co_await get_entity<Execution>(tables_, Table::Executions, execution_key(id));
}

Task<Result<PageOf<Execution>>> Executions::list_rule_executions(RuleId rule, Paging paging) {
  Query query = in_index("GSI1", "RULE#" + rule.value, std::move(paging));
  query.newest_first = true;
  co_return co_await list_entities<Execution>(tables_, std::move(query));
}

Task<Result<PageOf<Execution>>> Executions::list_message_executions(MessageId message,
                                                                    Paging paging) {
  Query query = in_index("GSI2", "MESSAGE#" + message.value, std::move(paging));
  co_return co_await list_entities<Execution>(tables_, std::move(query));
}

Task<Result<PageOf<Execution>>> Executions::list_failed_executions(Paging paging) {
  co_return co_await list_executions_of_status(ExecutionStatus::Failed, std::move(paging));
}

Task<Result<PageOf<Execution>>> Executions::list_running_executions(Paging paging) {
  co_return co_await list_executions_of_status(ExecutionStatus::Running, std::move(paging), true);
}

Task<Result<PageOf<Execution>>> Executions::list_executions_of_status(ExecutionStatus status,
                                                                      Paging paging,
                                                                      bool oldest_first) {
  Query query = in_index("GSI3", "STATUS#" + std::string(wire_name(status)), std::move(paging));
  query.newest_first = !oldest_first;
  co_return co_await list_entities<Execution>(tables_, std::move(query));
}

}  // namespace msghub
