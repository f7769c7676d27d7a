#include "pipeline/prune.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "store/executions.h"
#include "store/rule_projects.h"

namespace msghub {

namespace {

// Which of the versions running executions of the rule have.
Task<std::set<std::int64_t>> pinned_versions(RuleId rule, Tables& tables) {
  std::set<std::int64_t> pinned;
  Executions executions(tables);
  Paging paging;
  do {
    Result<PageOf<Execution>> page = co_await executions.list_running_executions(paging);
    MSGHUB_CHECK(page.has_value());
    for (const Execution& execution : page->items)
      if (execution.rule_id == rule) pinned.insert(execution.rule_version);
    paging.cursor = page->cursor;
  } while (!paging.cursor.empty());
  co_return pinned;
}

}  // namespace

std::vector<RuleProject> versions_to_prune(const std::vector<RuleProject>& versions,
                                           std::int64_t current, Timestamp now,
                                           std::chrono::milliseconds settle) {
  std::vector<RuleProject> out;
  bool one_is_built = false;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const RuleProject& version = versions[i];
    const bool built = version.build_status == BuildStatus::Success;
    const bool wanted = i < kKeptVersions || version.version == current || (built && !one_is_built);
    one_is_built = one_is_built || built;
    if (!wanted && versions[i - 1].created_at + settle <= now) out.push_back(version);
  }
  return out;
}

Task<bool> prune_versions(RuleId rule, std::int64_t current, Timestamp now,
                          std::chrono::milliseconds settle, Tables& tables, Blobs& blobs,
                          ProjectFolders& folders) {
  RuleProjects projects(tables);
  const std::vector<RuleProject> versions = co_await projects.newest_first(rule);
  if (versions.size() <= kKeptVersions) co_return false;
  const std::vector<RuleProject> old = versions_to_prune(versions, current, now, settle);
  const bool later =
      versions_to_prune(versions, current, now, -settle).size() > old.size();  // some are too fresh
  if (old.empty()) co_return later;
  const std::set<std::int64_t> pinned = co_await pinned_versions(rule, tables);
  std::set<std::int64_t> gone;
  for (const RuleProject& version : old)
    if (!pinned.contains(version.version)) gone.insert(version.version);
  std::set<std::string> shared;
  for (const RuleProject& version : versions)
    if (!gone.contains(version.version)) shared.insert(version.s3_artifact_key.value_or(""));
  for (const RuleProject& version : old) {
    if (!gone.contains(version.version)) continue;
    std::vector<Write> writes;
    writes.push_back(Delete{Table::RuleProjects, rule_project_key(rule, version.version), {}});
    const Result<void> removed = co_await tables.transact(std::move(writes));
    if (!removed) throw Failure(Failure::Retry::Never, removed.error().detail);
    // The item first: an archive that nobody names does no harm.
    const std::string archive = version.s3_artifact_key.value_or("");
    if (!archive.empty() && !shared.contains(archive)) co_await blobs.remove(archive);
    co_await folders.remove(rule, version.version);
    log(LogLevel::Info, "rule version removed",
        {{"ruleId", rule.value}, {"version", version.version}});
  }
  co_return later || gone.size() < old.size();
}

}  // namespace msghub
