#pragma once

#include <string>
#include <string_view>

#include "rule/compile.h"

namespace msghub {

struct Fixed {
  std::string markdown;
  std::size_t applied = 0;  // how many fixes
};

// The text with the first fix of each diagnostic put in; of fixes that overlap, the first by place.
// A mended mistake may show the next one, so callers compile again (see fix_rule). Pure.
Fixed apply_fixes(std::string_view markdown, const std::vector<Diagnostic>& diagnostics);

// Compiles and mends, until nothing is left that can be mended; at most 10 rounds. Pure, total.
Fixed fix_rule(std::string_view markdown, const CompileOptions& options = {});

}  // namespace msghub
