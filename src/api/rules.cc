#include "store/rules.h"

#include "api/audited.h"
#include "api/handlers.h"
#include "rule/compile.h"
#include "store/channels.h"
#include "store/integrations.h"
#include "store/rule_projects.h"

namespace msghub {

namespace {

struct RuleText {
  std::string markdown;
  std::optional<std::string> file_name;
};
BOOST_DESCRIBE_STRUCT(RuleText, (), (markdown, file_name))

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

// The names that a rule of this hub's owner may write in bold.
Task<Directory> directory_of(Hub& hub) {
  Directory directory;
  Channels channels(hub.tables);
  Integrations integrations(hub.tables);
  std::string cursor;
  do {
    const Result<PageOf<Channel>> page =
        co_await channels.list_users_channels(hub.user, Paging{100, cursor});
    for (const Channel& channel : page.value().items)
      directory.channels.push_back({channel.id, channel.name, channel.type});
    cursor = page->cursor;
  } while (!cursor.empty());
  do {
    const Result<PageOf<Integration>> page =
        co_await integrations.list_user_integrations(hub.user, Paging{100, cursor});
    for (const Integration& integration : page.value().items)
      directory.connections.push_back(
          {integration.id, integration.display_name, integration.service});
    cursor = page->cursor;
  } while (!cursor.empty());
  co_return directory;
}

Task<CompileResult> compile_for_owner(RuleText text, Hub& hub) {
  const Directory directory = co_await directory_of(hub);
  CompileOptions options;
  options.file_name = text.file_name.value_or("rule.md");
  options.directory = &directory;
  co_return compile_rule(text.markdown, options);
}

// 422 with every diagnostic as data, and as text for people.
HttpResponse rejected(const std::vector<Diagnostic>& diagnostics, const RuleText& text) {
  HttpResponse response =
      problem(422, "rule_has_errors", "the rule has errors; `diagnostics` lists them all");
  json::object body = parse_json(response.body)->get_object();
  body["diagnostics"] = to_json_value(diagnostics);
  body["rendered"] =
      render_diagnostics(text.markdown, text.file_name.value_or("rule.md"), diagnostics);
  response.body = to_json(body);
  return response;
}

HttpResponse examples_failed(const std::vector<ExampleVerdict>& examples) {
  std::string detail = "the rule's examples have to pass before it can be active:";
  for (const ExampleVerdict& example : examples)
    for (const auto& miss : example.failures)
      detail += "\nline " + std::to_string(miss.line) + " (" + example.title + "): " + miss.message;
  HttpResponse response = problem(422, "examples_failed", detail);
  json::object body = parse_json(response.body)->get_object();
  body["examples"] = to_json_value(examples);
  response.body = to_json(body);
  return response;
}

// Runs the examples of `files`; nothing when all passed, else the response that says which did not.
Task<std::optional<HttpResponse>> try_examples(std::vector<SourceFile> files, Hub& hub) {
  const Result<std::string> folder = co_await hub.projects.scratch(std::move(files));
  if (!folder) co_return refused(folder.error());
  const Result<std::vector<ExampleVerdict>> examples = co_await hub.workers.run_examples(*folder);
  co_await hub.projects.remove_scratch(*folder);
  if (!examples) co_return problem(422, "examples_failed", examples.error().detail);
  const bool passed = std::ranges::all_of(*examples, &ExampleVerdict::pass);
  if (passed) co_return std::nullopt;
  co_return examples_failed(*examples);
}

Rule rule_from(const CompiledRule& compiled, const RuleText& text, Rule rule, Timestamp now) {
  rule.name = compiled.name;
  rule.description.reset();
  if (!compiled.description.empty()) rule.description = compiled.description;
  rule.markdown_source = text.markdown;
  rule.generated_code = compiled.generated_code;
  rule.metadata = compiled.metadata;
  rule.updated_at = now;
  ++rule.code_version;
  return rule;
}

RuleProject project_of(const Rule& rule, const CompiledRule& compiled, Timestamp now) {
  RuleProject project;
  project.id = project.rule_id = rule.id;
  project.version = rule.code_version;
  project.source_files = compiled.project;
  project.build_status = BuildStatus::Building;
  project.created_at = now;
  for (const SourceFile& file : compiled.project) {
    if (file.path == "package.json") {
      const Result<json::value> package = parse_json(file.content);
      if (package && package->is_object()) project.package_json = package->get_object();
    }
    if (file.path == "Dockerfile") project.dockerfile_content = file.content;
  }
  return project;
}

Task<std::optional<Rule>> own_rule(const Call& call, Hub& hub) {
  Rules rules(hub.tables);
  std::optional<Rule> rule = co_await rules.get_rule_by_id(RuleId{call.path_value("id")});
  if (rule && rule->user_id != hub.user) rule.reset();
  co_return rule;
}

HttpResponse no_rule(const Call& call) {
  return problem(404, "not_found", "there is no rule " + call.path_value("id"));
}

Result<RuleText> rule_text(const HttpRequest& request) {
  const Result<json::object> body = json_body(request);
  if (!body) return std::unexpected(body.error());
  return from_json_value<RuleText>(*body);
}

// One rule a name: beside the rules stands an item for each name that is taken.
Key name_key(const Rule& rule) {
  return {"USER#" + rule.user_id.value, "NAME#" + sha256_hex(rule.name)};
}

Put take_name(const Rule& rule) {
  const Key key = name_key(rule);
  return {Table::Rules,
          {{"PK", key.pk}, {"SK", key.sk}, {"ruleId", rule.id.value}, {"name", rule.name}},
          if_absent()};
}

HttpResponse name_taken(const Rule& rule) {
  return problem(409, "duplicate",
                 "there is a rule \"" + rule.name +
                     "\" already; `msghub rule replace FILE` gives it a new version");
}

Task<HttpResponse> change_status(Rule stored, Rule rule, RuleStatus status, std::string action,
                                 Hub& hub) {
  const Timestamp before = stored.updated_at;
  Deed deed{std::move(action), rule.id.value, Table::Rules, rule_item(stored), {}};
  rule.status = status;
  rule.updated_at = std::max(hub.clock.now(), before + std::chrono::milliseconds(1));
  std::vector<Write> writes;
  writes.push_back(rule_update(rule, before));
  deed.after = rule_item(rule);
  const Result<void> kept = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!kept && kept.error().code != Refusal::Code::Conflict) co_return refused(kept.error());
  if (!kept)
    co_return problem(409, "conflict", "somebody else changed the rule just now; try again");
  hub.rulebook.forget_rules(hub.user);
  co_return json_response(200, to_json_value(rule));
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

Task<HttpResponse> create_rule(Call call, Hub& hub) {
  const Result<RuleText> text = rule_text(call.request);
  if (!text) co_return refused(text.error());
  const CompileResult compiled = co_await compile_for_owner(*text, hub);
  if (!compiled.rule) co_return rejected(compiled.diagnostics, *text);
  const Timestamp now = hub.clock.now();
  Rule fresh;
  fresh.id = RuleId::random();
  fresh.user_id = hub.user;
  fresh.created_at = now;
  const Rule rule = rule_from(*compiled.rule, *text, std::move(fresh), now);
  RuleProject project = project_of(rule, *compiled.rule, now);
  Result<Item> item = rule_project_item(project);
  if (!item) co_return refused(item.error());
  std::vector<Write> writes;
  writes.push_back(take_name(rule));
  writes.push_back(Put{Table::Rules, rule_item(rule), if_absent()});
  writes.push_back(Put{Table::RuleProjects, std::move(*item), if_absent()});
  Deed deed{"rule.create", rule.id.value, Table::Rules, {}, rule_item(rule)};
  const Result<void> kept = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!kept && kept.error().detail.starts_with("write 0")) co_return name_taken(rule);
  if (!kept) co_return refused(kept.error());
  co_await hub.projects.finish_build(std::move(project), hub.user, now);
  json::value answer = to_json_value(rule);
  answer.get_object()["diagnostics"] = to_json_value(compiled.diagnostics);
  co_return json_response(201, answer);
}

Task<HttpResponse> get_rule(Call call, Hub& hub) {
  const std::optional<Rule> rule = co_await own_rule(call, hub);
  if (!rule) co_return no_rule(call);
  co_return json_response(200, to_json_value(*rule));
}

Task<HttpResponse> replace_rule(Call call, Hub& hub) {
  const std::optional<Rule> before = co_await own_rule(call, hub);
  if (!before) co_return no_rule(call);
  const Result<RuleText> text = rule_text(call.request);
  if (!text) co_return refused(text.error());
  const CompileResult compiled = co_await compile_for_owner(*text, hub);
  if (!compiled.rule) co_return rejected(compiled.diagnostics, *text);
  if (before->status == RuleStatus::Active) {
    const std::optional<HttpResponse> failed = co_await try_examples(compiled.rule->project, hub);
    if (failed) co_return *failed;
  }
  const Timestamp now =
      std::max(hub.clock.now(), before->updated_at + std::chrono::milliseconds(1));
  const Rule rule = rule_from(*compiled.rule, *text, *before, now);
  RuleProject project = project_of(rule, *compiled.rule, now);
  Result<Item> item = rule_project_item(project);
  if (!item) co_return refused(item.error());
  std::vector<Write> writes;
  writes.push_back(rule_update(rule, before->updated_at));
  writes.push_back(Put{Table::RuleProjects, std::move(*item), if_absent()});
  if (rule.name != before->name) {
    writes.push_back(take_name(rule));
    writes.push_back(Delete{Table::Rules, name_key(*before), {}});
  }
  Deed deed{"rule.replace", rule.id.value, Table::Rules, rule_item(*before), rule_item(rule)};
  const Result<void> kept = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!kept && kept.error().detail.starts_with("write 2")) co_return name_taken(rule);
  if (!kept && kept.error().code == Refusal::Code::Conflict)
    co_return problem(409, "conflict", "somebody else changed the rule just now; try again");
  if (!kept) co_return refused(kept.error());
  hub.rulebook.forget_rules(hub.user);
  co_await hub.projects.finish_build(std::move(project), hub.user, now);
  json::value answer = to_json_value(rule);
  answer.get_object()["diagnostics"] = to_json_value(compiled.diagnostics);
  co_return json_response(200, answer);
}

Task<HttpResponse> delete_rule(Call call, Hub& hub) {
  const std::optional<Rule> rule = co_await own_rule(call, hub);
  if (!rule) co_return no_rule(call);
  std::vector<Write> writes;
  writes.push_back(Delete{Table::Rules, rule_key(rule->id), {}});
  writes.push_back(Delete{Table::Rules, name_key(*rule), {}});
  Deed deed{"rule.delete", rule->id.value, Table::Rules, rule_item(*rule), {}};
  const Result<void> gone = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!gone) co_return refused(gone.error());
  hub.rulebook.forget_rules(hub.user);
  co_return HttpResponse{204, {}, {}};
}

Task<HttpResponse> activate_rule(Call call, Hub& hub) {
  const std::optional<Rule> rule = co_await own_rule(call, hub);
  if (!rule) co_return no_rule(call);
  if (rule->status == RuleStatus::Active) co_return json_response(200, to_json_value(*rule));
  // Names are looked up again: a channel may have been removed since the rule was written.
  RuleText text{rule->markdown_source, std::nullopt};
  const CompileResult compiled = co_await compile_for_owner(text, hub);
  if (!compiled.rule) co_return rejected(compiled.diagnostics, text);
  const std::optional<HttpResponse> failed = co_await try_examples(compiled.rule->project, hub);
  if (failed) co_return *failed;
  RuleProjects projects(hub.tables);
  std::optional<RuleProject> project =
      co_await projects.get_specific_version(rule->id, rule->code_version);
  if (project && project->build_status == BuildStatus::Building)
    co_await hub.projects.finish_build(std::move(*project), hub.user, hub.clock.now());
  Rule active = *rule;
  active.metadata = compiled.rule->metadata;
  co_return co_await change_status(*rule, std::move(active), RuleStatus::Active, "rule.activate",
                                   hub);
}

Task<HttpResponse> pause_rule(Call call, Hub& hub) {
  const std::optional<Rule> rule = co_await own_rule(call, hub);
  if (!rule) co_return no_rule(call);
  if (rule->status == RuleStatus::Paused) co_return json_response(200, to_json_value(*rule));
  if (!may_become(rule->status, RuleStatus::Paused))
    co_return problem(
        409, "conflict",
        "a rule that is " + std::string(wire_name(rule->status)) + " cannot be paused");
  co_return co_await change_status(*rule, *rule, RuleStatus::Paused, "rule.pause", hub);
}

Task<HttpResponse> get_rule_version(Call call, Hub& hub) {
  const std::optional<Rule> rule = co_await own_rule(call, hub);
  if (!rule) co_return no_rule(call);
  const std::string text = call.path_value("version");
  const bool number = !text.empty() && text.size() < 10 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  RuleProjects projects(hub.tables);
  std::optional<RuleProject> project;
  if (number) project = co_await projects.get_specific_version(rule->id, std::stoll(text));
  if (!project) co_return problem(404, "not_found", "the rule has no version " + text);
  Result<std::vector<SourceFile>> sources = co_await hub.projects.sources(*project);
  if (!sources) co_return refused(sources.error());
  project->source_files = std::move(*sources);
  co_return json_response(200, to_json_value(*project));
}

}  // namespace msghub
