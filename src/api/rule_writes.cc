#include "api/handlers.h"
#include "api/rule_answers.h"
#include "pipeline/directory.h"
#include "rule/codes.h"
#include "store/rule_projects.h"
#include "store/rules.h"

namespace msghub {

namespace {

HttpResponse rule_response(unsigned status, const Rule& rule,
                           const std::vector<Diagnostic>& diagnostics, BuildStatus build) {
  json::value answer = to_json_value(rule);
  answer.get_object()["diagnostics"] = to_json_value(diagnostics);
  answer.get_object()["buildStatus"] = wire_name(build);
  return json_response(status, answer);
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
  if (!kept) co_return changed_meanwhile();
  hub.rulebook.forget_rules(hub.user);
  co_return json_response(200, to_json_value(rule));
}

// Makes `active` of `rule`, once its current version is built.
Task<HttpResponse> activate_built(Rule rule, Rule active, Hub& hub) {
  const std::optional<RuleProject> built =
      co_await hub.builds->finish(hub.user, rule.id, rule.code_version);
  if (!built || built->build_status != BuildStatus::Success)
    co_return problem(422, "build_failed",
                      "the rule can be active once it is built: " +
                          (built ? built->build_error.value_or("the build was cut off; try again")
                                 : std::string("its version is gone")));
  co_return co_await change_status(std::move(rule), std::move(active), RuleStatus::Active,
                                   "rule.activate", hub);
}

// The rule with a current version that is what this hub's compiler makes of it; a new version when
// that is another.
Task<Result<Rule>> with_current_version(Rule rule, CompiledRule compiled, Hub& hub) {
  RuleProjects projects(hub.tables);
  const std::optional<RuleProject> project =
      co_await projects.get_specific_version(rule.id, rule.code_version);
  if (project && project->source_hash == source_hash(compiled.project) &&
      project->compiler_version == hub.builds->compiler())
    co_return rule;
  const Timestamp now = std::max(hub.clock.now(), rule.updated_at + std::chrono::milliseconds(1));
  Rule next = next_version(rule, compiled, rule.markdown_source, now);
  const StoredVersion stored = co_await store_next_version(
      std::move(rule), next, std::move(compiled.project), "rule.recompile", "owner", hub);
  if (!stored.kept) co_return std::unexpected(stored.kept.error());
  co_return next;
}

// Whether a name of the rule stands for nothing, or for another kind of thing.
bool about_names(const Diagnostic& diagnostic) {
  constexpr std::array kCodes{Code::ChannelUnknown, Code::ChannelKind, Code::ConnectionUnknown,
                              Code::ConnectionKind, Code::ConnectionUndecided};
  return std::ranges::any_of(kCodes, [&](Code code) { return diagnostic.code == code_id(code); });
}

// A rule that a newer compiler made, with its names looked up again, or why it cannot be active.
// This hub's compiler may not know the rule's language: only its errors about names count.
struct NamedAgain {
  Rule rule;
  std::optional<HttpResponse> refusal;
};
Task<NamedAgain> named_again(Rule rule, std::string compiler, Hub& hub) {
  NamedAgain out{std::move(rule), std::nullopt};
  RuleText text{out.rule.markdown_source, std::nullopt};
  CompileResult compiled = co_await compile_for_owner(text, hub);
  std::erase_if(compiled.diagnostics, [](const Diagnostic& d) { return !about_names(d); });
  if (!compiled.diagnostics.empty()) {
    out.refusal = rejected(compiled.diagnostics, text);
    co_return out;
  }
  std::vector<TriggerConfig>& triggers = out.rule.metadata.triggers;
  if (compiled.rule && compiled.rule->metadata.triggers.size() == triggers.size()) {
    for (std::size_t i = 0; i < triggers.size(); ++i)
      triggers[i].channel_id = compiled.rule->metadata.triggers[i].channel_id;
    co_return out;
  }
  const Directory directory = co_await directory_of(hub.user, hub.tables);
  for (const TriggerConfig& trigger : triggers)
    if (std::ranges::count(directory.channels, trigger.channel_id, &NamedChannel::id) == 0)
      out.refusal = problem(409, "conflict",
                            "a channel that the rule listens to is gone, and this hub's compiler "
                            "is too old to look its name up again; a hub of version " +
                                compiler + " can activate the rule");
  co_return out;
}

}  // namespace

Task<StoredVersion> store_next_version(Rule before, Rule after, std::vector<SourceFile> project,
                                       std::string action, std::string actor, Hub& hub) {
  StoredVersion stored;
  const RuleProject version = hub.builds->new_version(after, std::move(project));
  stored.build_status = version.build_status;
  Result<Item> item = rule_project_item(version);
  if (!item) {
    stored.kept = std::unexpected(item.error());
    co_return stored;
  }
  std::vector<Write> writes;
  writes.push_back(rule_update(after, before.updated_at));
  writes.push_back(Put{Table::RuleProjects, std::move(*item), if_absent()});
  if (after.name != before.name) {
    writes.push_back(take_name(after));
    writes.push_back(Delete{Table::Rules, name_key(before), {}});
  }
  Deed deed{std::move(action), after.id.value,   Table::Rules,
            rule_item(before), rule_item(after), std::move(actor)};
  stored.kept = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!stored.kept) {
    stored.name_is_taken = stored.kept.error().detail.starts_with("write 2");
    co_return stored;
  }
  hub.rulebook.forget_rules(hub.user);
  hub.builds->stored(hub.user, after.id, after.code_version);
  co_return stored;
}

HttpResponse not_stored(const StoredVersion& stored, const Rule& rule) {
  if (stored.name_is_taken) return name_taken(rule);
  const bool changed = stored.kept.error().code == Refusal::Code::Conflict;
  return changed ? changed_meanwhile() : refused(stored.kept.error());
}

Task<HttpResponse> replace_with(Rule before, RuleText text, std::string action, Hub& hub) {
  CompileResult compiled = co_await compile_for_owner(text, hub);
  if (!compiled.rule) co_return rejected(compiled.diagnostics, text);
  if (before.status == RuleStatus::Active) {
    const BuildVerdict verdict = co_await hub.builds->check(compiled.rule->project);
    if (!verdict.good()) co_return not_right(verdict);
  }
  const Timestamp now = std::max(hub.clock.now(), before.updated_at + std::chrono::milliseconds(1));
  const Rule rule = next_version(before, *compiled.rule, text.markdown, now);
  const StoredVersion stored = co_await store_next_version(
      std::move(before), rule, std::move(compiled.rule->project), std::move(action), "owner", hub);
  if (!stored.kept) co_return not_stored(stored, rule);
  co_return rule_response(200, rule, compiled.diagnostics, stored.build_status);
}

Task<HttpResponse> create_rule(Call call, Hub& hub) {
  const Result<RuleText> text = rule_text(call.request);
  if (!text) co_return refused(text.error());
  CompileResult compiled = co_await compile_for_owner(*text, hub);
  if (!compiled.rule) co_return rejected(compiled.diagnostics, *text);
  Rule fresh;
  fresh.id = RuleId::random();
  fresh.user_id = hub.user;
  fresh.created_at = hub.clock.now();
  const Rule rule = next_version(fresh, *compiled.rule, text->markdown, fresh.created_at);
  const RuleProject version = hub.builds->new_version(rule, std::move(compiled.rule->project));
  Result<Item> item = rule_project_item(version);
  if (!item) co_return refused(item.error());
  std::vector<Write> writes;
  writes.push_back(take_name(rule));
  writes.push_back(Put{Table::Rules, rule_item(rule), if_absent()});
  writes.push_back(Put{Table::RuleProjects, std::move(*item), if_absent()});
  Deed deed{"rule.create", rule.id.value, Table::Rules, {}, rule_item(rule)};
  const Result<void> kept = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!kept && kept.error().detail.starts_with("write 0")) co_return name_taken(rule);
  if (!kept) co_return refused(kept.error());
  hub.builds->stored(hub.user, rule.id, rule.code_version);
  co_return rule_response(201, rule, compiled.diagnostics, version.build_status);
}

Task<HttpResponse> replace_rule(Call call, Hub& hub) {
  std::optional<Rule> before = co_await own_rule(call, hub);
  if (!before) co_return no_rule(call);
  Result<RuleText> text = rule_text(call.request);
  if (!text) co_return refused(text.error());
  co_return co_await replace_with(std::move(*before), std::move(*text), "rule.replace", hub);
}

Task<HttpResponse> activate_rule(Call call, Hub& hub) {
  const std::optional<Rule> rule = co_await own_rule(call, hub);
  if (!rule) co_return no_rule(call);
  if (rule->status == RuleStatus::Active) co_return json_response(200, to_json_value(*rule));
  RuleProjects projects(hub.tables);
  const std::optional<RuleProject> version =
      co_await projects.get_specific_version(rule->id, rule->code_version);
  // An older compiler does not take back what a newer one made.
  if (version && age_of_compiler(*version, hub.builds->compiler()) == CompilerAge::Newer) {
    NamedAgain named = co_await named_again(*rule, version->compiler_version.value_or(""), hub);
    if (named.refusal) co_return *named.refusal;
    co_return co_await activate_built(*rule, std::move(named.rule), hub);
  }
  // Names are looked up again: a channel may have been removed since the rule was written.
  RuleText text{rule->markdown_source, std::nullopt};
  CompileResult compiled = co_await compile_for_owner(text, hub);
  if (!compiled.rule) co_return rejected(compiled.diagnostics, text);
  const BuildVerdict verdict = co_await hub.builds->check(compiled.rule->project);
  if (!verdict.good()) co_return not_right(verdict);
  const RuleMetadata metadata = compiled.rule->metadata;
  const Result<Rule> current = co_await with_current_version(*rule, std::move(*compiled.rule), hub);
  if (!current && current.error().code == Refusal::Code::Conflict) co_return changed_meanwhile();
  if (!current) co_return refused(current.error());
  Rule active = *current;
  active.metadata = metadata;
  co_return co_await activate_built(*current, std::move(active), hub);
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

}  // namespace msghub
