#include <algorithm>
#include <cstdio>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/replace_file.h"
#include "app/rule_offline.h"
#include "rule/format.h"

namespace msghub {

namespace {

struct FmtFlags {
  std::vector<std::string> files;
  bool check = false;
  bool from_stdin = false;
};

// What a rule with mistakes does not say clearly stays as it is; its author should know.
void note_errors(const std::string& file, const std::string& text) {
  const CompileResult result = compile_rule(text);
  if (result.rule) return;
  std::fprintf(stderr, "%s has errors, so parts of it stay as they are: msghub rule check %s\n",
               file.c_str(), file.c_str());
}

// Names the files that are not formatted, and leaves them as they are.
void check_files(const FmtFlags& flags, const Globals& globals, int& exit_code) {
  json::array unformatted;
  for (const std::string& file : flags.files) {
    const std::string text = read_file(file);
    note_errors(file, text);
    if (format_rule(text) == text) continue;
    unformatted.emplace_back(file);
    if (!globals.json) std::printf("%s\n", file.c_str());
  }
  if (!unformatted.empty()) exit_code = kNotFormatted;
  if (globals.json) print_json({{"unformatted", std::move(unformatted)}});
}

void format_files(const FmtFlags& flags, const Globals& globals) {
  json::array changed;
  for (const std::string& file : flags.files) {
    const std::string text = read_file(file);
    const std::string formatted = format_rule(text);
    note_errors(file, text);
    if (formatted == text) continue;
    replace_file(file, formatted);
    changed.emplace_back(file);
    if (!globals.json) std::printf("%s\n", file.c_str());
  }
  if (globals.json) print_json({{"formatted", std::move(changed)}});
}

void format(FmtFlags flags, const Globals& globals, int& exit_code) {
  const bool reads_stdin = flags.from_stdin || std::ranges::count(flags.files, "-") > 0;
  if (reads_stdin ? flags.files.size() > (flags.from_stdin ? 0U : 1U) : flags.files.empty())
    throw ApiError{kUsage, "give files, or --stdin (- for short) alone", {}};
  if (reads_stdin) flags.files = {"-"};
  if (flags.check) return check_files(flags, globals, exit_code);
  if (!reads_stdin) return format_files(flags, globals);
  const std::string formatted = format_rule(read_file("-"));
  std::fwrite(formatted.data(), 1, formatted.size(), stdout);
}

}  // namespace

void add_rule_fmt_command(CLI::App& rule, Globals& globals, int& exit_code) {
  auto flags = std::make_shared<FmtFlags>();
  CLI::App* formatting =
      rule.add_subcommand("fmt", "Set rules in their canonical form; names the changed files");
  formatting->add_option("files", flags->files, "the rules (- for standard input)");
  formatting->add_flag("--check", flags->check,
                       "change nothing; name the files that are not formatted, exit code 7");
  formatting->add_flag("--stdin", flags->from_stdin,
                       "format standard input, and write it to standard output");
  formatting->footer(
      "Examples:\n  msghub rule fmt rules/*.md\n  msghub rule fmt --check rules/*.md\n"
      "  msghub rule fmt --stdin < invoices.md");
  formatting->callback([flags, &globals, &exit_code] { format(*flags, globals, exit_code); });
}

}  // namespace msghub
