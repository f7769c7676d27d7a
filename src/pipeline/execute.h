#pragma once

#include <chrono>

#include "base/time.h"
#include "blob/blobs.h"
#include "pipeline/projects.h"
#include "pipeline/retry.h"
#include "pipeline/rulebook.h"
#include "vault/vault.h"
#include "workers/worker_pool.h"

namespace msghub {

// What execution needs; all of it outlives the corridor.
struct ExecuteServices {
  Tables& tables;
  Blobs& blobs;
  Clock& clock;
  Rulebook& rulebook;
  ProjectFolders& projects;
  WorkerPool& workers;
  const Vault& vault;
  RetryPolicy retry;
};

// Steps 3 and 4 of the corridor: one try of one execution in a worker, its journal, and its end.
// Before an action does anything outside, its attempt is on disk; so is its result before the next
// one starts. An attempt that an earlier try left open is marked "unknown" first.
// Gives the pause before the next try, or nothing when the execution is final (now or before).
Task<std::optional<std::chrono::milliseconds>> run_execution(ExecutionId id,
                                                             ExecuteServices& services);

// Success, partial (some actions succeeded) or failed. Pure.
ExecutionStatus final_status(const Execution& execution, bool rule_ended_well);

}  // namespace msghub
