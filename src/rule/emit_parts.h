#pragma once

#include "rule/emit_scope.h"

namespace msghub {

// The parts of rule.ts.

typescript::Code emit_trigger(const Trigger& trigger);
layout::Doc emit_extraction(const Extraction& extraction, EmitScope& scope);
typescript::Code emit_steps(const std::vector<Step>& steps, EmitScope& scope);
typescript::Code emit_failure(const FailurePolicy& failure, EmitScope& scope);
typescript::Members emit_settings(const Settings& settings);
typescript::Code emit_example(const ExampleCase& example, EmitScope& scope);
// A value of JSON as an expression.
typescript::Code emit_json(const JsonNode& node, EmitScope& scope);

// The members of a condition in TypeScript, without its line.
typescript::Members condition_members(const TriggerCondition& condition);

// line: 12
layout::Doc line_member(std::int64_t line);

}  // namespace msghub
