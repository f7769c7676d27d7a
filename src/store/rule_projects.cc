#include "store/rule_projects.h"

namespace msghub {

namespace {

Result<void> check_project(const RuleProject& project) {
  const std::size_t bytes = to_json(to_json_value(project)).size();
  if (bytes <= kProjectLimit) return {};
  return refuse(Refusal::Code::TooLarge,
                "version " + std::to_string(project.version) + " of the project of rule " +
                    project.rule_id.value + " has " + std::to_string(bytes) +
                    " bytes with its files; at most " + std::to_string(kProjectLimit) +
                    " can be stored, shorten the rule or split it into several");
}

}  // namespace

Result<Item> rule_project_item(const RuleProject& project) {
  const Result<void> fits = check_project(project);
  if (!fits) return std::unexpected(fits.error());
  return item_of(Table::RuleProjects, project);
}

Result<Update> rule_project_update(const RuleProject& project, Condition condition) {
  const Result<void> fits = check_project(project);
  if (!fits) return std::unexpected(fits.error());
  condition.push_back(edge_clause(project.build_status, "buildStatus"));
  return Update{Table::RuleProjects, rule_project_key(project.rule_id, project.version),
                changes_to(Table::RuleProjects, project), std::move(condition)};
}

Update build_status_update(const RuleId& rule, std::int64_t version, BuildStatus status) {
  return {Table::RuleProjects,
          rule_project_key(rule, version),
          Changes{.set = {{"buildStatus", wire_name(status)}}},
          {edge_clause(status, "buildStatus")}};
}

// The data model writes the version as it is, so VERSION#10 sorts before VERSION#2 and "sort by SK
// descending, limit 1" would find version 9 for ever. The latest is the greatest number among all,
// which are few, as old versions are pruned.
Task<std::optional<RuleProject>> RuleProjects::get_latest_project_version(RuleId rule) {
  std::vector<RuleProject> all = co_await newest_first(rule);
  if (all.empty()) co_return std::nullopt;
  co_return std::move(all.front());
}

Task<std::vector<RuleProject>> RuleProjects::newest_first(RuleId rule) {
  std::vector<RuleProject> all;
  Paging paging;
  do {
    Result<PageOf<RuleProject>> page = co_await list_all_versions(rule, paging);
    MSGHUB_CHECK(page.has_value());
    for (RuleProject& project : page->items) all.push_back(std::move(project));
    paging.cursor = page->cursor;
  } while (!paging.cursor.empty());
  std::ranges::sort(all, std::ranges::greater(), &RuleProject::version);
  co_return all;
}

Task<std::optional<RuleProject>> RuleProjects::get_specific_version(RuleId rule,
                                                                    std::int64_t version) {
  co_return co_await get_entity<RuleProject>(tables_, Table::RuleProjects,
                                             rule_project_key(rule, version));
}

Task<Result<PageOf<RuleProject>>> RuleProjects::list_all_versions(RuleId rule, Paging paging) {
  Query query{.table = Table::RuleProjects,
              .pk = "PROJECT#" + rule.value,
              .begins_with = "VERSION#",
              .limit = paging.limit,
              .cursor = std::move(paging.cursor)};
  co_return co_await list_entities<RuleProject>(tables_, std::move(query));
}

}  // namespace msghub
