#include "rule/compile.h"

#include "base/crypto.h"
#include "rule/check.h"
#include "rule/emit.h"
#include "rule/lower.h"
#include "rule/parse.h"
#include "rule/wording.h"

namespace msghub {

namespace {

constexpr std::size_t kMostBytes = std::size_t{1024} * 1024;

// Whether the file is text at all.
bool readable(const Source& source, Report& report) {
  const std::string_view bytes = source.bytes();
  const std::size_t invalid = first_invalid(bytes);
  if (invalid == std::string_view::npos) return true;
  report.add({invalid, invalid + 1}, wording::not_text(bytes[invalid] == '\0'));
  return false;
}

CompiledRule build(const RuleTree& tree, const Source& source) {
  CompiledRule out;
  out.name = tree.name;
  out.description = tree.description;
  out.metadata = lower(tree);
  out.channels = channels_of(tree);
  out.connections = connections_of(tree);
  out.source_sha256 = sha256_hex(source.normalized());
  out.example_count = static_cast<std::int64_t>(tree.examples.size());
  const EmitInput input{tree, source, out.source_sha256, policy_of(out.metadata)};
  out.generated_code = emit_rule(input);
  EmittedProject project = emit_project(input, out.generated_code);
  out.project = std::move(project.files);
  out.metadata.dependencies = std::move(project.dependencies);
  return out;
}

}  // namespace

CompileResult compile_rule(std::string_view markdown, const CompileOptions& options) {
  // A file that is too large is not even split into lines.
  const Source source(markdown.size() > kMostBytes ? std::string_view{} : markdown);
  Report report(source);
  CompileResult out;
  if (markdown.size() > kMostBytes) {
    report.add({0, 0}, wording::too_large(markdown.size()));
  } else if (readable(source, report)) {
    if (const auto pieces = scan(source, report)) {
      RuleTree tree = parse(*pieces, source, report);
      if (!report.full()) check(tree, options.directory, report);
      if (!report.has_errors()) out.rule = build(tree, source);
    }
  }
  out.diagnostics = report.take();
  return out;
}

}  // namespace msghub
