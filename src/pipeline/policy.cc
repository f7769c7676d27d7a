#include "pipeline/policy.h"

#include "store/rule_projects.h"

namespace msghub {

Task<RulePolicy> policy_of_version(Rule rule, std::int64_t version, Tables& tables) {
  RulePolicy policy = policy_of(rule.metadata);
  if (rule.code_version == version) co_return policy;
  RuleProjects projects(tables);
  const std::optional<RuleProject> project =
      co_await projects.get_specific_version(rule.id, version);
  if (project) {
    if (const json::value* said = project->package_json.if_contains("msghub")) {
      const Result<RulePolicy> read = from_json_value<RulePolicy>(*said);
      if (read) co_return *read;
    }
  }
  policy.failure_steps.reset();
  co_return policy;
}

}  // namespace msghub
