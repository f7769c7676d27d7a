#pragma once

#include <map>

#include "model/channel.h"
#include "model/message.h"
#include "pipeline/projects.h"
#include "rule/policy.h"
#include "vault/vault.h"
#include "workers/worker_pool.h"

namespace msghub {

// What a job is made with; all of it outlives the call.
struct JobServices {
  Tables& tables;
  Blobs& blobs;
  ProjectFolders& projects;
  const Vault& vault;
};

// Everything a worker needs for one try of the execution, or, once it has failed for good, of the
// steps of "If it fails". Refuses what will not get better: no project (NotFound), a message that
// cannot be read or credentials that cannot be opened (Invalid), attachments beyond what a worker
// can be given (TooLarge).
Task<Result<Job>> prepare_job(Execution execution, Rule rule, RulePolicy policy, Message message,
                              Channel channel, JobServices services);

// The order of the action at which the execution failed; nothing when it was none. Pure.
std::optional<std::int64_t> failed_order(const Execution& execution);

// Outputs of the attachments that all attempts so far got done, by the order of their action. Pure.
std::map<std::int64_t, json::array> items_done(const Execution& execution);

}  // namespace msghub
