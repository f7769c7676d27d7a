#include "store/rules.h"

#include "api/handlers.h"
#include "api/rule_answers.h"
#include "store/rule_projects.h"

namespace msghub {

namespace {

json::value summary(const Rule& rule) {
  json::object out{{"id", rule.id.value},
                   {"name", rule.name},
                   {"status", wire_name(rule.status)},
                   {"codeVersion", rule.code_version},
                   {"updatedAt", to_iso8601(rule.updated_at)},
                   {"executionCount", rule.execution_count},
                   {"errorCount", rule.error_count}};
  if (rule.last_executed_at) out["lastExecutedAt"] = to_iso8601(*rule.last_executed_at);
  return out;
}

}  // namespace

Task<HttpResponse> compile_markdown(Call call, Hub& hub) {
  const Result<RuleText> text = rule_text(call.request);
  if (!text) co_return refused(text.error());
  const CompileResult compiled = co_await compile_for_owner(*text, hub);
  json::object body{
      {"diagnostics", to_json_value(compiled.diagnostics)},
      {"rendered", render_diagnostics(text->markdown, text->file_name.value_or("rule.md"),
                                      compiled.diagnostics)}};
  if (compiled.rule) {
    body["name"] = compiled.rule->name;
    body["metadata"] = to_json_value(compiled.rule->metadata);
    body["generatedCode"] = compiled.rule->generated_code;
  }
  co_return json_response(200, body);
}

Task<HttpResponse> list_rules(Call call, Hub& hub) {
  const Result<PageRequest> request = page_request(call);
  if (!request) co_return refused(request.error());
  const auto status = call.query("status");
  Rules rules(hub.tables);
  Result<PageOf<Rule>> page;
  const Paging paging{request->limit, request->cursor};
  if (!status) {
    page = co_await rules.list_recently_updated_rules(hub.user, paging);
  } else if (*status == "active") {
    page = co_await rules.list_active_rules_for_user(hub.user, paging);
  } else if (from_wire_name<RuleStatus>(*status)) {
    page = co_await rules.list_users_rules_by_status(hub.user, *from_wire_name<RuleStatus>(*status),
                                                     paging);
  } else {
    co_return problem(400, "invalid",
                      "status: one of these is needed: draft, active, paused, error");
  }
  if (!page) co_return refused(page.error());
  json::array data;
  for (const Rule& rule : page->items) data.push_back(summary(rule));
  co_return page_response(std::move(data), page->cursor);
}

Task<HttpResponse> get_rule(Call call, Hub& hub) {
  const std::optional<Rule> rule = co_await own_rule(call, hub);
  if (!rule) co_return no_rule(call);
  co_return json_response(200, to_json_value(*rule));
}

Task<HttpResponse> delete_rule(Call call, Hub& hub) {
  const std::optional<Rule> rule = co_await own_rule(call, hub);
  if (!rule) co_return no_rule(call);
  std::vector<Write> writes;
  writes.push_back(Delete{Table::Rules, rule_key(rule->id), {}});
  writes.push_back(Delete{Table::Rules, name_key(*rule), {}});
  // Executions of a rule that is gone end without it.
  RuleProjects projects(hub.tables);
  const std::vector<RuleProject> versions = co_await projects.newest_first(rule->id);
  std::vector<std::string> archives;
  for (const RuleProject& version : versions) {
    if (writes.size() < kTransactLimit - 2)
      writes.push_back(
          Delete{Table::RuleProjects, rule_project_key(rule->id, version.version), {}});
    if (version.s3_artifact_key) archives.push_back(*version.s3_artifact_key);
  }
  Deed deed{"rule.delete", rule->id.value, Table::Rules, rule_item(*rule), {}};
  const Result<void> gone = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!gone) co_return refused(gone.error());
  hub.rulebook.forget_rules(hub.user);
  co_await hub.blobs.remove_all(std::move(archives));
  for (const RuleProject& version : versions)
    co_await hub.projects.remove(rule->id, version.version);
  co_return HttpResponse{204, {}, {}};
}

}  // namespace msghub
