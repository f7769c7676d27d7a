#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/rule_offline.h"
#include "rule/diff.h"

namespace msghub {

namespace {

// A file, or the name or id of a rule of the hub.
std::string rule_text(const std::string& what, const Globals& globals) {
  if (what == "-" || std::filesystem::exists(what)) return read_file(what);
  if (what.ends_with(".md")) throw ApiError{kUsage, "cannot read the file " + what, {}};
  const ApiClient client(globals);
  return cell(client.get("/v1/rules/" + client.resolve("rules", "name", what)), "markdownSource");
}

void diff(const std::string& before, const std::string& after, const Globals& globals,
          int& exit_code) {
  const std::string old = rule_text(before, globals), fresh = rule_text(after, globals);
  const Result<std::vector<RuleChange>> changes = diff_rules(old, fresh);
  if (!changes) {
    const bool first = changes.error().detail == "before";
    const std::string& file = first ? before : after;
    const std::string& markdown = first ? old : fresh;
    const CompileResult result = compile_rule(markdown);
    std::fputs(render_diagnostics(markdown, file, result.diagnostics, colour(globals)).c_str(),
               stderr);
    throw ApiError{kRuleErrors, file + " has errors", {}};
  }
  exit_code = changes->empty() ? kOk : kExamplesFailed;
  if (globals.json)
    return print_json({{"summary", summary_of(*changes)}, {"changes", to_json_value(*changes)}});
  std::puts(summary_of(*changes).c_str());
  for (const RuleChange& change : *changes) {
    const char* mark = change.kind == RuleChange::Kind::Wider      ? "+"
                       : change.kind == RuleChange::Kind::Narrower ? "-"
                                                                   : "~";
    std::printf("  %s %s\n", mark, change.text.c_str());
  }
}

}  // namespace

void add_rule_diff_command(CLI::App& rule, Globals& globals, int& exit_code) {
  auto before = std::make_shared<std::string>();
  auto after = std::make_shared<std::string>();
  CLI::App* command = rule.add_subcommand("diff", "What a changed rule does differently, in words");
  command->add_option("before", *before, "a file, or a rule of the hub")->required();
  command->add_option("after", *after, "a file, or a rule of the hub")->required();
  command->footer(
      "Examples:\n  msghub rule diff old.md new.md\n"
      "  msghub rule diff \"File Acme invoices\" invoices.md\n\n"
      "Exit code 0: they mean the same; 7: they differ.");
  command->callback(
      [before, after, &globals, &exit_code] { diff(*before, *after, globals, exit_code); });
}

}  // namespace msghub
