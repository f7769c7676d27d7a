#include "api/rule_answers.h"

#include "api/handlers.h"
#include "base/crypto.h"
#include "pipeline/directory.h"
#include "store/rule_projects.h"
#include "store/rules.h"

namespace msghub {

Result<RuleText> rule_text(const HttpRequest& request) { return body_as<RuleText>(request); }

Task<CompileResult> compile_for_owner(RuleText text, Hub& hub) {
  Directory directory = co_await directory_of(hub.user, hub.tables);
  // A large rule takes seconds, and messages arrive meanwhile.
  auto work = [text = std::move(text), directory = std::move(directory)] {
    CompileOptions options;
    options.directory = &directory;
    return compile_rule(text.markdown, options);
  };
  if (hub.compilers == nullptr) co_return work();
  co_return co_await offload(*hub.compilers, std::move(work));
}

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

HttpResponse not_right(const BuildVerdict& verdict) {
  const bool types = !verdict.problems.empty();
  const std::string detail =
      types ? "the rule's project does not pass the type checker, which is a mistake of the hub's:"
            : "the rule's examples have to pass before it can be active:";
  HttpResponse response =
      problem(422, types ? "build_failed" : "examples_failed", detail + "\n" + verdict.text());
  json::object body = parse_json(response.body)->get_object();
  body["examples"] = to_json_value(verdict.examples);
  if (types) body["problems"] = to_json_value(verdict.problems);
  response.body = to_json(body);
  return response;
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

HttpResponse changed_meanwhile() {
  return problem(409, "conflict", "somebody else changed the rule just now; try again");
}

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

Rule next_version(Rule rule, const CompiledRule& compiled, const std::string& markdown,
                  Timestamp now) {
  rule.name = compiled.name;
  rule.description.reset();
  if (!compiled.description.empty()) rule.description = compiled.description;
  rule.markdown_source = markdown;
  rule.generated_code = compiled.generated_code;
  rule.metadata = compiled.metadata;
  rule.updated_at = now;
  ++rule.code_version;
  return rule;
}

}  // namespace msghub
