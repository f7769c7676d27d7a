#pragma once

#include "model/rule_project.h"
#include "store/items.h"

namespace msghub {

// A project larger than this as JSON text does not fit an item beside what later updates add.
inline constexpr std::size_t kProjectLimit = 300 * 1024;  // bytes

// Refuses (TooLarge) a project over kProjectLimit: its files belong into a blob.
Result<Item> rule_project_item(const RuleProject& project);

// Refuses as rule_project_item does.
Result<Update> rule_project_update(const RuleProject& project, Condition condition = if_present());

inline Key rule_project_key(const RuleId& rule, std::int64_t version) {
  return {"PROJECT#" + rule.value, "VERSION#" + std::to_string(version)};
}

// Moves a version along model/transitions.h and changes nothing else of it. Refused (Conflict)
// where there is no edge, or no such version.
Update build_status_update(const RuleId& rule, std::int64_t version, BuildStatus status);

// Access patterns of RuleProjects. The tables must outlive the repository's tasks.
class RuleProjects {
 public:
  explicit RuleProjects(Tables& tables) : tables_(tables) {}

  Task<std::optional<RuleProject>> get_latest_project_version(RuleId rule);
  Task<std::optional<RuleProject>> get_specific_version(RuleId rule, std::int64_t version);
  // In the order of the sort key, where 10 stands before 2.
  Task<Result<PageOf<RuleProject>>> list_all_versions(RuleId rule, Paging paging);
  // All of them, the newest first.
  Task<std::vector<RuleProject>> newest_first(RuleId rule);

 private:
  Tables& tables_;
};

}  // namespace msghub
