#pragma once

#include <chrono>

#include "pipeline/projects.h"
#include "pipeline/retry.h"
#include "pipeline/services.h"
#include "vault/vault.h"
#include "workers/worker_pool.h"

namespace msghub {

// What execution needs beside that.
struct ExecuteServices : Services {
  ProjectFolders& projects;
  WorkerPool& workers;
  const Vault& vault;
  RetryPolicy retry;
};

// Steps 3 and 4 of the corridor: one try of one execution in a worker, its journal, and its end.
// Before an action does anything outside, its attempt is on disk; so is its result before the next
// one starts. An attempt that an earlier try left open is marked "unknown" first.
// An execution of a hub that is gone becomes this one's first.
struct TryEnd {
  enum class Kind { Final, Again, NotOurs };  // final now or before; NotOurs: another hub's
  Kind kind = Kind::Final;
  std::chrono::milliseconds pause{};  // before the next try, with Again
  std::chrono::milliseconds ran{};    // how long it kept a worker
};
Task<TryEnd> run_execution(ExecutionId id, ExecuteServices& services);

// Success, partial (some actions succeeded) or failed. Pure.
ExecutionStatus final_status(const Execution& execution, bool rule_ended_well);

}  // namespace msghub
