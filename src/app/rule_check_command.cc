#include <algorithm>
#include <cstring>
#include <filesystem>

#include "app/commands.h"
#include "app/diagnostic_formats.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/replace_file.h"
#include "app/rule_offline.h"
#include "rule/codes.h"
#include "rule/fixes.h"
#include "rule/nearest.h"
#include "rule/pages.h"

namespace msghub {

namespace {

namespace fs = std::filesystem;

struct CheckFlags {
  std::vector<std::string> files;
  std::string format = "text";
  bool fix = false;
  bool deny_warnings = false;
};

std::size_t count_of(const std::vector<CheckedFile>& files, Severity severity) {
  std::size_t count = 0;
  for (const CheckedFile& file : files)
    count += static_cast<std::size_t>(
        std::ranges::count(file.diagnostics, severity, &Diagnostic::severity));
  return count;
}

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

// Mends the file in place; gives its new text.
std::string mend(const std::string& file, std::string markdown, std::size_t& fixes) {
  Fixed fixed = fix_rule(markdown);
  if (fixed.applied == 0) return markdown;
  if (file == "-")
    throw ApiError{kUsage, "--fix writes files; standard input cannot be mended in place", {}};
  replace_file(file, fixed.markdown);
  fixes += fixed.applied;
  return std::move(fixed.markdown);
}

void check(const CheckFlags& flags, const Globals& globals, int& exit_code) {
  std::vector<CheckedFile> checked;
  json::array report;
  std::size_t fixes = 0;
  const std::string format = globals.json ? "json" : flags.format;
  for (const std::string& file : flags.files) {
    std::string markdown = read_file(file);
    if (flags.fix) markdown = mend(file, std::move(markdown), fixes);
    CompileResult result = compile_rule(markdown);
    if (format == "text") {
      const std::string text =
          render_diagnostics(markdown, file, result.diagnostics, colour(globals));
      std::fputs(text.c_str(), stderr);
    }
    json::object entry{{"file", file}, {"diagnostics", to_json_value(result.diagnostics)}};
    if (result.rule) entry["name"] = result.rule->name;
    report.push_back(std::move(entry));
    checked.push_back({file, std::move(result.diagnostics)});
  }
  const std::size_t errors = count_of(checked, Severity::Error);
  const std::size_t warnings = count_of(checked, Severity::Warning);
  if (format == "json") print_json(report);
  if (format == "sarif") print_json(sarif_of(checked));
  if (format == "github") std::fputs(github_lines(checked).c_str(), stdout);
  if (format == "text") {
    const std::string mended = flags.fix ? counted(fixes, "mistake") + " mended; " : "";
    std::printf("%s checked: %s%s, %s\n", counted(flags.files.size(), "file").c_str(),
                mended.c_str(), counted(errors, "error").c_str(),
                counted(warnings, "warning").c_str());
    const bool fixable = std::ranges::any_of(checked, [](const CheckedFile& file) {
      return std::ranges::any_of(file.diagnostics,
                                 [](const Diagnostic& d) { return !d.fixes.empty(); });
    });
    if (fixable && !flags.fix) std::puts("`msghub rule check --fix` mends what has a fix");
  }
  exit_code = errors > 0 || (flags.deny_warnings && warnings > 0) ? kRuleErrors : kOk;
}

void explain(const std::string& code, const Globals& globals) {
  const std::optional<std::string_view> page = diagnostic_page(code);
  if (!page) {
    std::vector<std::string> codes;
    for (const CodeInfo& info : all_codes()) codes.push_back(code_id(info.code));
    const std::string near = nearest(code, codes);
    throw ApiError{kNotFound,
                   "there is no code " + code +
                       (near.empty() ? "; `msghub rule explain` lists them all"
                                     : "; did you mean " + near + "?"),
                   {}};
  }
  if (globals.json) return print_json({{"code", code}, {"page", *page}});
  std::fwrite(page->data(), 1, page->size(), stdout);
}

void list_codes(const Globals& globals) {
  json::array codes;
  std::vector<std::vector<std::string>> rows;
  for (const CodeInfo& info : all_codes()) {
    codes.push_back(json::object{{"code", code_id(info.code)},
                                 {"severity", wire_name(info.severity)},
                                 {"title", info.title}});
    rows.push_back(
        {code_id(info.code), std::string(wire_name(info.severity)), std::string(info.title)});
  }
  if (globals.json) return print_json(codes);
  std::fputs(table({"CODE", "SEVERITY", "MISTAKE"}, rows).c_str(), stdout);
}

}  // namespace

void add_rule_check_commands(CLI::App& rule, Globals& globals, int& exit_code) {
  auto flags = std::make_shared<CheckFlags>();
  CLI::App* checking = rule.add_subcommand("check", "Compile rules and say what is wrong");
  checking->add_option("files", flags->files, "the rules (- for standard input)")->required();
  checking->add_flag("--fix", flags->fix, "mend in the files what has a fix");
  checking->add_option("--format", flags->format, "text, json, sarif or github")
      ->check(CLI::IsMember({"text", "json", "sarif", "github"}))
      ->capture_default_str();
  checking->add_flag("--deny-warnings", flags->deny_warnings, "exit code 6 for warnings, too");
  checking->footer(
      "Examples:\n  msghub rule check invoices.md\n  msghub rule check rules/*.md --fix\n"
      "  msghub rule check rules/*.md --format sarif > rules.sarif");
  checking->callback([flags, &globals, &exit_code] { check(*flags, globals, exit_code); });

  auto code = std::make_shared<std::string>();
  CLI::App* explaining =
      rule.add_subcommand("explain", "What a diagnostic means, with a wrong and a right rule");
  explaining->add_option("code", *code, "R0214; without it: the list of all");
  explaining->footer("Examples:\n  msghub rule explain R0102\n  msghub rule explain");
  explaining->callback([code, &globals] {
    if (code->empty())
      list_codes(globals);
    else
      explain(*code, globals);
  });
}

}  // namespace msghub
