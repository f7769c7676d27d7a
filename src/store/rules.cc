#include "store/rules.h"

namespace msghub {

namespace {

Query of_user(const UserId& user, std::string index, Paging paging) {
  return {.table = Table::Rules,
          .index = std::move(index),
          .pk = "USER#" + user.value,
          .limit = paging.limit,
          .cursor = std::move(paging.cursor)};
}

}  // namespace

Item rule_item(const Rule& rule) { return item_of(Table::Rules, rule); }

Update rule_update(const Rule& rule, Condition condition) {
  condition.push_back(edge_clause(rule.status));
  return {Table::Rules, rule_key(rule.id),
          changes_to(Table::Rules, rule, {"executionCount", "errorCount", "lastExecutedAt"}),
          std::move(condition)};
}

Update rule_update(const Rule& rule, Timestamp read_updated_at) {
  return rule_update(rule, if_equal("updatedAt", json::value(to_iso8601(read_updated_at))));
}

Update rule_status_update(const RuleId& id, RuleStatus status, Timestamp now, Condition condition) {
  Changes changes;
  condition.push_back(edge_clause(status));
  changes.set["status"] = wire_name(status);
  changes.set["updatedAt"] = to_iso8601(now);
  add_changed_keys(Table::Rules, changes.set);
  return {Table::Rules, rule_key(id), std::move(changes), std::move(condition)};
}

Update add_execution_to_rule(const RuleId& id, Timestamp executed_at, bool error,
                             bool counted_before) {
  Changes changes;
  changes.set["lastExecutedAt"] = to_iso8601(executed_at);
  changes.add = {{"executionCount", counted_before ? 0 : 1}, {"errorCount", error ? 1 : 0}};
  return {Table::Rules, rule_key(id), std::move(changes), if_present()};
}

Task<std::optional<Rule>> Rules::get_rule_by_id(RuleId id) {
  co_return co_await get_entity<Rule>(tables_, Table::Rules, rule_key(id));
}

Task<Result<PageOf<Rule>>> Rules::list_users_rules(UserId user, Paging paging) {
  Query query = of_user(user, "GSI1", std::move(paging));
  co_return co_await list_entities<Rule>(tables_, std::move(query));
}

Task<Result<PageOf<Rule>>> Rules::list_users_rules_by_status(UserId user, RuleStatus status,
                                                             Paging paging) {
  Query query = of_user(user, "GSI1", std::move(paging));
  query.begins_with = "STATUS#" + std::string(wire_name(status)) + "#";
  co_return co_await list_entities<Rule>(tables_, std::move(query));
}

Task<Result<PageOf<Rule>>> Rules::list_active_rules_for_user(UserId user, Paging paging) {
  co_return co_await list_users_rules_by_status(std::move(user), RuleStatus::Active,
                                                std::move(paging));
}

Task<Result<PageOf<Rule>>> Rules::list_recently_updated_rules(UserId user, Paging paging) {
  Query query = of_user(user, "GSI2", std::move(paging));
  query.newest_first = true;
  co_return co_await list_entities<Rule>(tables_, std::move(query));
}

}  // namespace msghub
