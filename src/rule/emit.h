#pragma once

#include <string>
#include <vector>

#include "rule/ast.h"
#include "rule/compile.h"
#include "rule/policy.h"

namespace msghub {

inline constexpr std::string_view kCompilerVersion = MSGHUB_VERSION;

struct EmitInput {
  const RuleTree& tree;
  const Source& source;
  std::string sha256;  // of the rule's text
  RulePolicy policy;   // for the hub that runs the project
};

// The rule as TypeScript: src/rule.ts of the project.
std::string emit_rule(const EmitInput& input);

struct EmittedProject {
  std::vector<SourceFile> files;          // by path
  std::vector<std::string> dependencies;  // "name@version", by name
};

// The stand-alone project around it.
EmittedProject emit_project(const EmitInput& input, const std::string& rule_code);

}  // namespace msghub
