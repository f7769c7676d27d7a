#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/version.h"
#include "rule/nearest.h"

namespace msghub {

namespace {

constexpr const char* kExamples = R"(Examples:
  msghub serve                                    start a hub on this machine
  msghub rule check invoices.md                   what is wrong with a rule, and how to mend it

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 conflict,
6 the rule has errors, 7 examples failed or not formatted, 8 no hub answers, 130 interrupted.)";

void collect_names(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    collect_names(*command, names);
  }
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
}

// CLI11 says what it did not understand; people also want to know what they probably meant.
int report_usage(const CLI::App& root, const CLI::ParseError& error, int argc, char** argv) {
  if (error.get_exit_code() == 0) {
    root.exit(error);
    return kOk;
  }
  std::fprintf(stderr, "msghub: %s\n", error.what());
  std::vector<std::string> names;
  // A value that does not fit is no slip of a command's name.
  if (error.get_name() != "ValidationError" && error.get_name() != "ConversionError")
    collect_names(root, names);
  for (int i = 1; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (std::ranges::find(names, word) != names.end()) continue;
    const std::string near = nearest(word, names);
    if (near.empty()) continue;
    std::fprintf(stderr, "  did you mean %s instead of %s?\n", near.c_str(), word.c_str());
    break;
  }
  std::fprintf(stderr, "  `msghub --help` lists the commands\n");
  return kUsage;
}

void report(const ApiError& error, const Globals& globals) {
  if (globals.json) {
    json::object problem = error.problem;
    if (!problem.contains("detail")) problem["detail"] = error.detail;
    std::fprintf(stderr, "%s\n", to_json(problem).c_str());
    return;
  }
  const std::string rendered = string_or(error.problem, "rendered");
  std::fprintf(stderr, "%smsghub: %s\n", rendered.c_str(), error.detail.c_str());
}

// The first of a command's own examples; "" when it has none.
std::string first_example(const CLI::App& command) {
  constexpr std::string_view kTitle = "Examples:\n";
  const std::string footer = command.get_footer();
  if (!footer.starts_with(kTitle)) return "";
  const std::size_t begin = kTitle.size();
  std::size_t end = footer.find('\n', begin);
  while (end != std::string::npos && footer[end - 1] == '\\') end = footer.find('\n', end + 1);
  return footer.substr(begin, end - begin);
}

// Groups of commands would show the program's examples: each shows the first one of each of its
// commands instead.
std::vector<std::string> give_groups_examples(CLI::App& app) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  if (commands.empty()) return {first_example(app)};
  std::vector<std::string> examples;
  for (CLI::App* command : commands)
    for (std::string& example : give_groups_examples(*command))
      examples.push_back(std::move(example));
  std::string footer = "Examples:";
  for (const std::string& example : examples) footer += "\n" + example;
  if (app.get_parent() != nullptr) app.footer(footer);
  return examples;
}

int run(int argc, char** argv) {
  Globals globals;
  int exit_code = kOk;
  CLI::App root{"Message Automation Hub: rules written as Markdown, run on every message."};
  root.name("msghub");
  root.set_version_flag("--version", std::string("msghub ") + kVersion);
  root.footer(kExamples);
  root.require_subcommand(1);
  root.fallthrough();
  root.add_option("--data", globals.data,
                  "the hub's data folder (default: $MSGHUB_DATA, else ~/.local/share/msghub)");
  root.add_option("--url", globals.url, "the hub's address, instead of the one in the data folder");
  root.add_option("--config", globals.config, "configuration file (default: DATA/msghub.toml)");
  root.add_flag("--json", globals.json, "print JSON instead of text");
  root.add_flag("--no-color", globals.no_color, "no colours (also with NO_COLOR set)");
  add_serve_command(root, globals, exit_code);
  add_rule_commands(root, globals, exit_code);
  add_lsp_command(root, globals, exit_code);
  add_channel_commands(root, globals, exit_code);
  add_connection_commands(root, globals, exit_code);
  add_message_commands(root, globals, exit_code);
  add_execution_commands(root, globals, exit_code);
  add_doctor_command(root, globals, exit_code);
  add_key_commands(root, globals, exit_code);
  add_cost_command(root, globals, exit_code);
  add_archive_commands(root, globals, exit_code);
  add_audit_commands(root, globals, exit_code);
  add_changes_command(root, globals, exit_code);
  add_tables_commands(root, globals, exit_code);
  add_backup_commands(root, globals, exit_code);
  add_migrate_command(root, globals, exit_code);
  add_api_commands(root, globals, exit_code);
  give_groups_examples(root);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_usage(root, error, argc, argv);
  } catch (const ApiError& error) {
    report(error, globals);
    return error.exit_code;
  } catch (const Failure& failure) {
    const bool unreachable = failure.retry == Failure::Retry::Later;
    report({unreachable ? kUnreachable : kFailed, failure.what(), {}}, globals);
    return unreachable ? kUnreachable : kFailed;
  } catch (const std::exception& error) {
    report({kFailed, error.what(), {}}, globals);
    return kFailed;
  }
  return exit_code;
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ostringstream bytes;
  if (path == "-") {
    bytes << std::cin.rdbuf();
    return bytes.str();
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) throw ApiError{kUsage, "cannot read the file " + path, {}};
  bytes << in.rdbuf();
  if (in.bad() || bytes.fail()) {
    if (in.peek() == std::ifstream::traits_type::eof() && !in.bad()) return {};
    throw ApiError{kUsage, "cannot read the file " + path, {}};
  }
  return bytes.str();
}

std::string read_secret(const std::string& file) {
  std::string text;
  if (!file.empty()) {
    text = read_file(file);
  } else if (const char* variable = std::getenv("MSGHUB_PASSWORD")) {
    text = variable;
  } else {
    throw ApiError{kUsage,
                   "give the password with --password-file FILE (- for standard input) or in the "
                   "variable MSGHUB_PASSWORD",
                   {}};
  }
  text = text.substr(0, text.find('\n'));
  if (!text.empty() && text.back() == '\r') text.pop_back();
  return text;
}

}  // namespace msghub

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return msghub::run(argc, argv);
}
