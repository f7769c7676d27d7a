#pragma once

#include "rule/policy.h"
#include "store/tables.h"

namespace msghub {

// What the version that an execution is pinned to says of retries, time and failure. Of an older
// version its project says it; where that does not, since an older compiler made it, the rule as it
// is now does, but for steps of "If it fails", which such a project cannot have.
Task<RulePolicy> policy_of_version(Rule rule, std::int64_t version, Tables& tables);

}  // namespace msghub
