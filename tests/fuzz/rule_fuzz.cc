// Any bytes as a rule: the compiler, the formatter and the editing aids must give a result, with
// places inside the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "rule/assist.h"
#include "rule/compile.h"
#include "rule/fixes.h"
#include "rule/format.h"

namespace {

void check(bool good) {
  if (!good) std::abort();
}

std::vector<std::string> codes_of(const msghub::CompileResult& result) {
  std::vector<std::string> out;
  for (const msghub::Diagnostic& diagnostic : result.diagnostics) out.push_back(diagnostic.code);
  std::sort(out.begin(), out.end());
  return out;
}

void check_format(std::string_view text, const msghub::CompileResult& compiled) {
  const std::string formatted = msghub::format_rule(text);
  check(msghub::format_rule(formatted) == formatted);
  check(codes_of(msghub::compile_rule(formatted)) == codes_of(compiled));
}

void check_symbols(const std::vector<msghub::Symbol>& symbols, std::size_t size) {
  for (const msghub::Symbol& symbol : symbols) {
    check(symbol.range.begin <= symbol.selection.begin);
    check(symbol.selection.end <= symbol.range.end && symbol.range.end <= size);
    check_symbols(symbol.children, size);
  }
}

void check_aids(std::string_view text, std::size_t at) {
  for (const msghub::Completion& completion : msghub::completions(text, at))
    check(completion.range.begin <= completion.range.end && completion.range.end <= text.size());
  if (const auto hover = msghub::hover_text(text, at)) check(hover->range.end <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const msghub::CompileResult result = msghub::compile_rule(text);
  for (const msghub::Diagnostic& diagnostic : result.diagnostics)
    check(diagnostic.start.offset >= 0 && diagnostic.start.offset <= diagnostic.end.offset &&
          diagnostic.end.offset <= static_cast<std::int64_t>(size));
  msghub::render_diagnostics(text, "rule.md", result.diagnostics, true);
  // One of the costly questions a run, chosen by the input.
  switch (size % 4) {
    case 0:
      msghub::fix_rule(text);
      break;
    case 1:
      check_symbols(msghub::outline(text), size);
      check_aids(text, size);
      for (std::size_t i = 0; i < std::min<std::size_t>(size, 4); ++i)
        check_aids(text, (data[i] * size) / 256);
      break;
    default:
      check_format(text, result);
      break;
  }
  return 0;
}
