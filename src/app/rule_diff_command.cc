#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/rule_diff_stored.h"
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

struct DiffFlags {
  std::string before, after;
  bool stored = false;
  std::size_t last = 1000;
};

void diff(const DiffFlags& flags, const Globals& globals, int& exit_code) {
  const auto& [before, after, with_stored, last] = flags;
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
  std::optional<StoredDifference> stored;
  if (with_stored)
    stored = stored_difference(*compile_rule(old).rule, *compile_rule(fresh).rule, last,
                               ApiClient(globals));
  if (globals.json) {
    json::object out{{"summary", summary_of(*changes)}, {"changes", to_json_value(*changes)}};
    if (stored) out["stored"] = to_json_value(*stored);
    return print_json(out);
  }
  std::puts(summary_of(*changes).c_str());
  for (const RuleChange& change : *changes) {
    const char* mark = change.kind == RuleChange::Kind::Wider      ? "+"
                       : change.kind == RuleChange::Kind::Narrower ? "-"
                                                                   : "~";
    std::printf("  %s %s\n", mark, change.text.c_str());
  }
  if (stored) std::fputs(stored_difference_text(*stored).c_str(), stdout);
}

}  // namespace

void add_rule_diff_command(CLI::App& rule, Globals& globals, int& exit_code) {
  auto flags = std::make_shared<DiffFlags>();
  CLI::App* command = rule.add_subcommand("diff", "What a changed rule does differently, in words");
  command->add_option("before", flags->before, "a file, or a rule of the hub")->required();
  command->add_option("after", flags->after, "a file, or a rule of the hub")->required();
  command->add_flag("--stored", flags->stored,
                    "also which of the hub's stored messages only one of them matches");
  command->add_option("--last", flags->last, "how many of the newest messages --stored looks at")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->footer(
      "Examples:\n  msghub rule diff old.md new.md\n"
      "  msghub rule diff \"File Acme invoices\" invoices.md --stored\n\n"
      "Exit code 0: they mean the same; 7: they differ.");
  command->callback([flags, &globals, &exit_code] { diff(*flags, globals, exit_code); });
}

}  // namespace msghub
