// Any bytes as a rule: compile_rule and render_diagnostics must give a result.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "rule/compile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const msghub::CompileResult result = msghub::compile_rule(text);
  for (const msghub::Diagnostic& diagnostic : result.diagnostics) {
    const bool inside = diagnostic.start.offset >= 0 &&
                        diagnostic.start.offset <= diagnostic.end.offset &&
                        diagnostic.end.offset <= static_cast<std::int64_t>(size);
    if (!inside) std::abort();
  }
  msghub::render_diagnostics(text, "rule.md", result.diagnostics, true);
  return 0;
}
