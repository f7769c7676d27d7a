#include "api/recompile.h"

#include "api/rule_answers.h"
#include "base/log.h"
#include "store/rule_projects.h"
#include "store/rules.h"

namespace msghub {

namespace {

std::string first_error(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics)
    if (diagnostic.severity == Severity::Error)
      return diagnostic.code + ": line " + std::to_string(diagnostic.start.line) + ": " +
             diagnostic.message;
  return "the rule does not compile";
}

Task<void> change_version(RuleProject version, Changes changes, Hub& hub) {
  std::vector<Write> writes;
  writes.push_back(Update{Table::RuleProjects, rule_project_key(version.rule_id, version.version),
                          std::move(changes), if_present()});
  const Result<void> kept = co_await hub.tables.transact(std::move(writes));
  if (!kept && kept.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Never, kept.error().detail);
}

Task<void> stay_on(RuleProject version, std::string why, Hub& hub) {
  log(LogLevel::Warn, "rule stays on the version of an earlier compiler",
      {{"ruleId", version.rule_id.value},
       {"version", version.version},
       {"compiler", hub.builds->compiler()},
       {"reason", why}});
  const std::string text = hub.builds->compiler() + ": " + why;
  Changes changes{.set = {{"recompileError", text}}};
  co_await change_version(std::move(version), std::move(changes), hub);
}

}  // namespace

Task<void> recompile_rule(RuleId id, Hub& hub) {
  Rules rules(hub.tables);
  RuleProjects projects(hub.tables);
  std::optional<Rule> rule = co_await rules.get_rule_by_id(id);
  if (!rule || rule->status != RuleStatus::Active) co_return;
  const std::vector<RuleProject> kept = co_await projects.newest_first(id);
  const auto current = std::ranges::find(kept, rule->code_version, &RuleProject::version);
  if (current == kept.end() || !is_to_recompile(*current, kept, hub.builds->compiler())) co_return;
  std::optional<RuleProject> version = *current;
  RuleText text{rule->markdown_source, std::nullopt};
  CompileResult compiled = co_await compile_for_owner(text, hub);
  if (!compiled.rule) {
    std::string why = first_error(compiled.diagnostics);
    co_await stay_on(std::move(*version), std::move(why), hub);
    co_return;
  }
  const BuildVerdict verdict = co_await hub.builds->check(compiled.rule->project);
  if (!verdict.good()) {
    std::string why = verdict.text();
    co_await stay_on(std::move(*version), std::move(why), hub);
    co_return;
  }
  if (version->source_hash == source_hash(compiled.rule->project)) {
    Changes same{.set = {{"compilerVersion", hub.builds->compiler()}},
                 .remove = {"recompileError"}};
    co_await change_version(std::move(*version), std::move(same), hub);
    co_return;
  }
  const Timestamp now = std::max(hub.clock.now(), rule->updated_at + std::chrono::milliseconds(1));
  Rule next = next_version(*rule, *compiled.rule, rule->markdown_source, now);
  const StoredVersion stored = co_await store_next_version(std::move(*rule), std::move(next),
                                                           std::move(compiled.rule->project),
                                                           "rule.recompile", "system", hub);
  if (stored.kept)
    log(LogLevel::Info, "rule recompiled",
        {{"ruleId", id.value}, {"compiler", hub.builds->compiler()}});
  else if (stored.kept.error().code != Refusal::Code::Conflict)  // somebody just replaced it
    co_await stay_on(std::move(*version), stored.kept.error().detail, hub);
}

}  // namespace msghub
