#pragma once

#include <string>

#include "rule/emit_scope.h"

namespace msghub {

// The parts of rule.ts; each is one item of a list of the rule, at its indent.

std::string emit_trigger(const Trigger& trigger);
std::string emit_extraction(const Extraction& extraction, EmitScope& scope);
std::string emit_step(const Step& step, EmitScope& scope);
// The properties onFailure and settings of the rule, each with its line end; "" for what the rule
// does not say.
std::string emit_failure(const FailurePolicy& failure, EmitScope& scope);
std::string emit_settings(const Settings& settings);
std::string emit_example(const ExampleCase& example, EmitScope& scope);
// A value of JSON as an expression, for code that begins in column `before` of a line.
std::string emit_json(const JsonNode& node, EmitScope& scope, std::size_t indent,
                      std::size_t before);

// The properties of a condition in TypeScript, without its line.
std::vector<std::string> condition_properties(const TriggerCondition& condition);

}  // namespace msghub
