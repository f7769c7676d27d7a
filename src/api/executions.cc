#include "store/executions.h"

#include "api/audited.h"
#include "api/handlers.h"
#include "api/merge_pages.h"
#include "pipeline/content.h"
#include "pipeline/rerun.h"
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

Task<std::optional<Execution>> own_execution(const Call& call, Hub& hub) {
  Executions executions(hub.tables);
  std::optional<Execution> execution =
      co_await executions.get_execution_by_id(ExecutionId{call.path_value("id")});
  bool own = false;
  if (execution) own = co_await is_own(execution->rule_id, hub);
  if (!own) execution.reset();
  co_return execution;
}

HttpResponse no_execution(const Call& call) {
  return problem(404, "not_found", "there is no execution " + call.path_value("id"));
}

struct RetryWith {
  std::optional<std::string> version;  // "pinned" or "active"
};
BOOST_DESCRIBE_STRUCT(RetryWith, (), (version))

// Whether the active version is to run.
Result<bool> with_active_version(const HttpRequest& request) {
  if (request.body.empty()) return false;
  const Result<RetryWith> read = body_as<RetryWith>(request);
  if (!read) return std::unexpected(read.error());
  const std::string version = read->version.value_or("pinned");
  if (version != "pinned" && version != "active")
    return refuse(Refusal::Code::Invalid, "version: one of these is needed: pinned, active");
  return version == "active";
}

// Refuses as prepare_rerun.
Task<Result<Execution>> reopen(ExecutionId id, bool active_version, Hub& hub) {
  constexpr int kTries = 10;
  for (int tries = 0; tries < kTries; ++tries) {
    RerunOrder order{"owner", active_version, hub.dispatcher.node_id(), hub.clock.now()};
    const Result<Rerun> rerun = co_await prepare_rerun(id, std::move(order), hub.tables, hub.blobs);
    if (!rerun) co_return std::unexpected(rerun.error());
    Deed deed{"execution.retry", id.value, Table::Executions, execution_item(rerun->ended),
              execution_item(rerun->reopened)};
    const Result<void> kept = co_await transact_for_owner(hub, std::move(deed), rerun->writes);
    if (kept) co_return rerun->reopened;
    if (kept.error().code != Refusal::Code::Conflict) co_return std::unexpected(kept.error());
    // Somebody was faster, or another execution of the message began or ended.
  }
  co_return refuse(Refusal::Code::Conflict, "others change it at this moment");
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
  std::optional<Execution> execution = co_await own_execution(call, hub);
  if (!execution) co_return no_execution(call);
  execution->logs = co_await load_logs(*execution, hub.blobs);
  co_return json_response(200, to_json_value(*execution));
}

Task<HttpResponse> retry_execution(Call call, Hub& hub) {
  const std::optional<Execution> execution = co_await own_execution(call, hub);
  if (!execution) co_return no_execution(call);
  const Result<bool> active = with_active_version(call.request);
  if (!active) co_return refused(active.error());
  const std::optional<std::string> paused = hub.paused();
  if (paused) co_return problem(409, "paused", *paused);
  const Result<Execution> reopened = co_await reopen(execution->id, *active, hub);
  if (!reopened)
    co_return refused(
        {reopened.error().code,
         "execution " + execution->id.value + " cannot be run again: " + reopened.error().detail});
  hub.dispatcher.execution_reopened({reopened->id, reopened->rule_id}, reopened->message_id);
  co_return json_response(202, to_json_value(*reopened));
}

}  // namespace msghub
