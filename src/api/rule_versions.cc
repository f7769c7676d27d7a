#include "api/handlers.h"
#include "api/rule_answers.h"
#include "pipeline/images.h"
#include "rule/readme.h"
#include "rule/source.h"
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

// The version `wanted`, which is to be gone back to. Refuses (NotFound, Conflict).
Result<RuleProject> wanted_version(const Rule& rule, const std::vector<RuleProject>& versions,
                                   std::int64_t wanted) {
  const std::string kept = "; versions that are kept: " + listed(versions);
  const std::string name = "version " + std::to_string(wanted);
  const auto found = std::ranges::find(versions, wanted, &RuleProject::version);
  if (found == versions.end())
    return refuse(Refusal::Code::NotFound, "the rule has no " + name + kept);
  if (wanted == rule.code_version)
    return refuse(Refusal::Code::Conflict, name + " is the current one" + kept);
  if (found->build_status != BuildStatus::Success)
    return refuse(Refusal::Code::Conflict, name + " was never built with success" + kept);
  return *found;
}

// The rule as that version holds it. Refuses (Conflict) when it does not.
Task<Result<std::string>> rule_of(RuleProject version, Hub& hub) {
  const std::int64_t number = version.version;
  const Result<std::vector<SourceFile>> sources = co_await hub.projects.sources(std::move(version));
  if (!sources) co_return std::unexpected(sources.error());
  const auto readme = std::ranges::find(*sources, "README.md", &SourceFile::path);
  std::optional<std::string> markdown;
  if (readme != sources->end()) markdown = rule_of_readme(readme->content);
  if (!markdown)
    co_return refuse(Refusal::Code::Conflict,
                     "version " + std::to_string(number) + " does not hold its rule");
  co_return *markdown;
}

// The text that a rollback of `rule` goes back to: that of `wanted`, else of the newest earlier
// version that was built and has another one. Refuses (NotFound, Conflict).
Task<Result<std::string>> rollback_text(Rule rule, std::optional<std::int64_t> wanted, Hub& hub) {
  RuleProjects projects(hub.tables);
  const std::vector<RuleProject> versions = co_await projects.newest_first(rule.id);
  if (wanted) {
    const Result<RuleProject> target = wanted_version(rule, versions, *wanted);
    if (!target) co_return std::unexpected(target.error());
    co_return co_await rule_of(*target, hub);
  }
  // Projects of one text differ when several compilers made them.
  std::string own = Source(rule.markdown_source).normalized();
  if (!own.ends_with('\n')) own += '\n';
  for (const RuleProject& version : versions) {
    if (version.version >= rule.code_version || version.build_status != BuildStatus::Success)
      continue;
    const Result<std::string> text = co_await rule_of(version, hub);
    if (text && *text != own) co_return *text;
  }
  co_return refuse(Refusal::Code::NotFound,
                   "there is no other text to go back to: no earlier version that was built has "
                   "one; versions that are kept: " +
                       listed(versions));
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
    const Result<RollbackTo> read = body_as<RollbackTo>(call.request);
    if (!read) co_return refused(read.error());
    wanted = *read;
  }
  Result<std::string> markdown = co_await rollback_text(*rule, wanted.version, hub);
  if (!markdown) co_return refused(markdown.error());
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
