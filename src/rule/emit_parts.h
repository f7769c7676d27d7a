#pragma once

#include <string>

#include "rule/emit_scope.h"

namespace msghub {

// The parts of rule.ts; each is one item of a list of the rule, at its indent.

std::string emit_trigger(const Trigger& trigger);
std::string emit_extraction(const Extraction& extraction, EmitScope& scope);
std::string emit_step(const Step& step, EmitScope& scope);
std::string emit_example(const ExampleCase& example);

}  // namespace msghub
