#include "api/handlers.h"
#include "api/rule_answers.h"
#include "pipeline/images.h"
#include "rule/readme.h"
#include "store/rule_projects.h"
#include "store/rules.h"

namespace msghub {

namespace {

struct RollbackTo {
  std::optional<std::int64_t> version;
};
BOOST_DESCRIBE_STRUCT(RollbackTo, (), (version))

// What a list shows of a version: all but the files.
json::object summary(const RuleProject& version, const Rule& rule, const Hub& hub) {
  json::object out = to_json_value(version).as_object();
  for (const char* large : {"packageJson", "dockerfileContent", "sourceFiles"}) out.erase(large);
  out["current"] = version.version == rule.code_version;
  if (age_of_compiler(version, hub.builds->compiler()) == CompilerAge::Newer)
    out["newerCompiler"] = true;
  return out;
}

std::string listed(const std::vector<RuleProject>& versions) {
  std::string out;
  for (const RuleProject& version : versions)
    out += (out.empty() ? "" : ", ") + std::to_string(version.version);
  return out.empty() ? "none" : out;
}

// The version that the path names.
struct Named {
  std::optional<Rule> rule;
  std::optional<RuleProject> version;
};
Task<Named> named_version(const Call& call, Hub& hub) {
  Named named;
  named.rule = co_await own_rule(call, hub);
  const std::string text = call.path_value("version");
  const bool number = !text.empty() && text.size() < 10 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  RuleProjects projects(hub.tables);
  if (named.rule && number)
    named.version = co_await projects.get_specific_version(named.rule->id, std::stoll(text));
  co_return named;
}

HttpResponse no_version(const Call& call, const Named& named) {
  if (!named.rule) return no_rule(call);
  return problem(404, "not_found", "the rule has no version " + call.path_value("version"));
}

// The version that a rollback of `rule` goes to. Refuses (NotFound, Conflict).
Result<RuleProject> rollback_target(const Rule& rule, const std::vector<RuleProject>& versions,
                                    std::optional<std::int64_t> wanted) {
  const auto current = std::ranges::find(versions, rule.code_version, &RuleProject::version);
  const std::string kept = "; versions that are kept: " + listed(versions);
  for (const RuleProject& version : versions) {
    const bool built = version.build_status == BuildStatus::Success;
    if (wanted && version.version != *wanted) continue;
    if (wanted && version.version == rule.code_version)
      return refuse(Refusal::Code::Conflict,
                    "version " + std::to_string(*wanted) + " is the current one" + kept);
    if (wanted && !built)
      return refuse(Refusal::Code::Conflict,
                    "version " + std::to_string(*wanted) + " was never built with success" + kept);
    const bool other = current == versions.end() || version.source_hash != current->source_hash;
    if (wanted || (built && other && version.version < rule.code_version)) return version;
  }
  if (wanted)
    return refuse(Refusal::Code::NotFound,
                  "the rule has no version " + std::to_string(*wanted) + kept);
  return refuse(Refusal::Code::NotFound,
                "no earlier version with another text was built with success" + kept);
}

}  // namespace

Task<HttpResponse> list_rule_versions(Call call, Hub& hub) {
  const std::optional<Rule> rule = co_await own_rule(call, hub);
  if (!rule) co_return no_rule(call);
  RuleProjects projects(hub.tables);
  const std::vector<RuleProject> versions = co_await projects.newest_first(rule->id);
  json::array data;
  for (const RuleProject& version : versions) data.push_back(summary(version, *rule, hub));
  co_return page_response(std::move(data), "");
}

Task<HttpResponse> get_rule_version(Call call, Hub& hub) {
  Named named = co_await named_version(call, hub);
  if (!named.version) co_return no_version(call, named);
  Result<std::vector<SourceFile>> sources = co_await hub.projects.sources(*named.version);
  if (!sources) co_return refused(sources.error());
  named.version->source_files = std::move(*sources);
  co_return json_response(200, to_json_value(*named.version));
}

Task<HttpResponse> get_rule_artefact(Call call, Hub& hub) {
  const Named named = co_await named_version(call, hub);
  if (!named.version) co_return no_version(call, named);
  std::optional<std::string> bytes;
  if (named.version->s3_artifact_key)
    bytes = co_await hub.blobs.get(*named.version->s3_artifact_key);
  if (!bytes)
    co_return problem(404, "not_found",
                      "version " + call.path_value("version") +
                          " has no archive; its buildStatus is " +
                          std::string(wire_name(named.version->build_status)));
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "application/gzip");
  response.body = std::move(*bytes);
  co_return response;
}

Task<HttpResponse> rollback_rule(Call call, Hub& hub) {
  std::optional<Rule> rule = co_await own_rule(call, hub);
  if (!rule) co_return no_rule(call);
  RollbackTo wanted;
  if (!call.request.body.empty()) {
    const Result<json::object> body = json_body(call.request);
    if (!body) co_return refused(body.error());
    const Result<RollbackTo> read = from_json_value<RollbackTo>(*body);
    if (!read) co_return refused(read.error());
    wanted = *read;
  }
  RuleProjects projects(hub.tables);
  const std::vector<RuleProject> versions = co_await projects.newest_first(rule->id);
  const Result<RuleProject> target = rollback_target(*rule, versions, wanted.version);
  if (!target) co_return refused(target.error());
  const Result<std::vector<SourceFile>> sources = co_await hub.projects.sources(*target);
  if (!sources) co_return refused(sources.error());
  std::optional<std::string> markdown;
  for (const SourceFile& file : *sources)
    if (file.path == "README.md") markdown = rule_of_readme(file.content);
  if (!markdown)
    co_return problem(409, "conflict",
                      "version " + std::to_string(target->version) + " does not hold its rule");
  RuleText text{std::move(*markdown), std::nullopt};
  co_return co_await replace_with(std::move(*rule), std::move(text), "rule.rollback", hub);
}

Task<HttpResponse> build_rule_image(Call call, Hub& hub) {
  Named named = co_await named_version(call, hub);
  if (!named.version) co_return no_version(call, named);
  const Result<ImageRun> run = co_await hub.images->start(std::move(*named.version));
  if (!run && run.error().code == Refusal::Code::Unsupported)
    co_return problem(409, "no_image_builder", run.error().detail);
  if (!run) co_return refused(run.error());
  const Item item = rule_item(*named.rule);  // an image changes nothing of the rule
  Deed deed{"rule.image", named.rule->id.value, Table::Rules, item, item};
  const Result<void> noted = co_await transact_for_owner(hub, std::move(deed), {});
  if (!noted) co_return refused(noted.error());
  co_return json_response(202, to_json_value(*run));
}

Task<HttpResponse> get_rule_image(Call call, Hub& hub) {
  const Named named = co_await named_version(call, hub);
  if (!named.version) co_return no_version(call, named);
  const std::optional<ImageRun> run = hub.images->find(named.rule->id, named.version->version);
  if (!run)
    co_return problem(404, "not_found",
                      "no image of this version was asked for since the hub's start");
  co_return json_response(200, to_json_value(*run));
}

}  // namespace msghub
