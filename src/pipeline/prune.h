#pragma once

#include <chrono>
#include <vector>

#include "base/time.h"
#include "blob/blobs.h"
#include "model/rule_project.h"
#include "pipeline/projects.h"
#include "store/tables.h"

namespace msghub {

// So many versions of a rule are kept, the newest ones; beside them the rule's current version, and
// the newest that was built when none of those was.
inline constexpr std::size_t kKeptVersions = 3;

// Which of the versions (newest first) may go: older than those, and out of use for at least
// `settle`, so that no execution can be begun with them any more. Pure.
std::vector<RuleProject> versions_to_prune(const std::vector<RuleProject>& versions,
                                           std::int64_t current, Timestamp now,
                                           std::chrono::milliseconds settle);

// Removes those of a rule whose `current` version is this, but for versions that a running
// execution pins: item, archive (unless a version that stays shares it) and folder on this machine.
// True when some have to be looked at again later.
Task<bool> prune_versions(RuleId rule, std::int64_t current, Timestamp now,
                          std::chrono::milliseconds settle, Tables& tables, Blobs& blobs,
                          ProjectFolders& folders);

}  // namespace msghub
