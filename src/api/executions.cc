#include "store/executions.h"

#include "api/handlers.h"
#include "api/merge_pages.h"
#include "pipeline/content.h"
#include "store/rules.h"

namespace msghub {

namespace {

json::value summary(const Execution& execution) {
  json::object out{{"id", execution.id.value},
                   {"ruleId", execution.rule_id.value},
                   {"messageId", execution.message_id.value},
                   {"ruleVersion", execution.rule_version},
                   {"startedAt", to_iso8601(execution.started_at)},
                   {"status", wire_name(execution.status)},
                   {"tries", execution.tries},
                   {"durationMs", execution.duration_ms}};
  if (execution.completed_at) out["completedAt"] = to_iso8601(*execution.completed_at);
  if (execution.next_attempt_at) out["nextAttemptAt"] = to_iso8601(*execution.next_attempt_at);
  if (execution.error) out["error"] = to_json_value(*execution.error);
  return out;
}

Task<bool> is_own(RuleId rule_id, Hub& hub) {
  Rules rules(hub.tables);
  const std::optional<Rule> rule = co_await rules.get_rule_by_id(rule_id);
  // The record of a deleted rule stays readable: this hub has one owner.
  co_return !rule || rule->user_id == hub.user;
}

}  // namespace

Task<HttpResponse> list_executions(Call call, Hub& hub) {
  const Result<PageRequest> request = page_request(call);
  if (!request) co_return refused(request.error());
  const auto status = call.query("status");
  if (status && !from_wire_name<ExecutionStatus>(*status))
    co_return problem(400, "invalid",
                      "status: one of these is needed: running, success, partial, failed");
  const auto message = call.query("messageId");
  std::string index = "GSI3";
  std::vector<std::string> partitions;
  if (const auto rule = call.query("ruleId")) {
    index = "GSI1";
    partitions = {"RULE#" + *rule};
  } else if (message) {
    index = "GSI2";
    partitions = {"MESSAGE#" + *message};
  } else if (status) {
    partitions = {"STATUS#" + *status};
  } else {
    for (const auto& entry : kExecutionStatusNames)
      partitions.push_back("STATUS#" + std::string(entry.name));
  }
  const Result<Page> page = co_await merge_newest(hub.tables, Table::Executions, index, partitions,
                                                  "STARTED#", request->limit, request->cursor);
  if (!page) co_return refused(page.error());
  json::array data;
  for (const Item& item : page->items) {
    const Result<Execution> execution = from_json_value<Execution>(item);
    if (!execution)
      throw Failure(Failure::Retry::Never, "damaged item: " + execution.error().detail);
    if (status && wire_name(execution->status) != *status) continue;
    if (message && execution->message_id.value != *message) continue;
    const bool own = co_await is_own(execution->rule_id, hub);
    if (own) data.push_back(summary(*execution));
  }
  co_return page_response(std::move(data), page->cursor);
}

Task<HttpResponse> get_execution(Call call, Hub& hub) {
  const std::string id = call.path_value("id");
  Executions executions(hub.tables);
  std::optional<Execution> execution = co_await executions.get_execution_by_id(ExecutionId{id});
  bool own = false;
  if (execution) own = co_await is_own(execution->rule_id, hub);
  if (!own) co_return problem(404, "not_found", "there is no execution " + id);
  execution->logs = co_await load_logs(*execution, hub.blobs);
  co_return json_response(200, to_json_value(*execution));
}

}  // namespace msghub
