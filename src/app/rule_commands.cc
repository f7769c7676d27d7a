#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "app/commands.h"
#include "app/config.h"
#include "app/exit_code.h"
#include "app/install.h"
#include "app/output.h"
#include "pipeline/projects.h"
#include "rule/compile.h"

extern char** environ;

namespace msghub {

namespace fs = std::filesystem;

namespace {

bool colour(const Globals& globals) {
  return !globals.no_color && std::getenv("NO_COLOR") == nullptr && ::isatty(STDERR_FILENO) != 0;
}

std::size_t errors_in(const std::vector<Diagnostic>& diagnostics) {
  return static_cast<std::size_t>(
      std::ranges::count(diagnostics, Severity::Error, &Diagnostic::severity));
}

// Compiles a file without a hub: bold names stay names. Prints the diagnostics; throws when there
// are errors.
CompiledRule compile_file(const std::string& file, const Globals& globals) {
  const std::string markdown = read_file(file);
  CompileOptions options;
  options.file_name = fs::path(file).filename().string();
  CompileResult result = compile_rule(markdown, options);
  const std::string text = render_diagnostics(markdown, file, result.diagnostics, colour(globals));
  if (!globals.json || !result.rule) std::fputs(text.c_str(), stderr);
  if (!result.rule) throw ApiError{kRuleErrors, file + " has errors", {}};
  return std::move(*result.rule);
}

// A project in a temporary folder, with the runtime's packages, removed at the end.
class TemporaryProject {
 public:
  TemporaryProject(const CompiledRule& rule, const Install& install)
      : parent_(fs::temp_directory_path() / ("msghub-" + random_uuid())) {
    fs::create_directories(parent_);
    fs::permissions(parent_, fs::perms::owner_all);
    fs::create_directory_symlink(install.packages, parent_ / "node_modules");
    const Result<void> written = write_project(folder(), rule.project);
    if (!written) throw Failure(Failure::Retry::Never, written.error().detail);
  }
  ~TemporaryProject() {
    std::error_code ignored;
    fs::remove_all(parent_, ignored);
  }
  std::string folder() const { return (parent_ / "project").string(); }

 private:
  fs::path parent_;
};

// Runs Node.js on the project's entry point; gives its exit code. Its output is the command's.
int run_project(const Install& install, const std::string& folder,
                const std::vector<std::string>& arguments) {
  std::vector<std::string> words{install.node, folder + "/src/main.ts"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, install.node.c_str(), nullptr, nullptr, argv.data(), environ);
  if (error != 0)
    throw Failure(Failure::Retry::Never,
                  "cannot start " + install.node + ": " + std::strerror(error));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
}

Install installed(const Globals& globals) {
  const Result<Config> config = load_config(globals.config, globals.data);
  if (!config) throw ApiError{kUsage, config.error().detail, {}};
  Result<Install> install = find_install(*config);
  if (!install) throw ApiError{kFailed, install.error().detail, {}};
  return std::move(*install);
}

void check(const std::vector<std::string>& files, const Globals& globals, int& exit_code) {
  json::array report;
  std::size_t errors = 0, warnings = 0;
  for (const std::string& file : files) {
    const std::string markdown = read_file(file);
    CompileOptions options;
    options.file_name = fs::path(file).filename().string();
    const CompileResult result = compile_rule(markdown, options);
    errors += errors_in(result.diagnostics);
    warnings += result.diagnostics.size() - errors_in(result.diagnostics);
    if (globals.json) {
      json::object entry{{"file", file}, {"diagnostics", to_json_value(result.diagnostics)}};
      if (result.rule) entry["name"] = result.rule->name;
      report.push_back(std::move(entry));
    } else {
      const std::string text =
          render_diagnostics(markdown, file, result.diagnostics, colour(globals));
      std::fputs(text.c_str(), stderr);
    }
  }
  if (globals.json)
    print_json(report);
  else
    std::printf("%zu file%s checked: %zu error%s, %zu warning%s\n", files.size(),
                files.size() == 1 ? "" : "s", errors, errors == 1 ? "" : "s", warnings,
                warnings == 1 ? "" : "s");
  exit_code = errors > 0 ? kRuleErrors : kOk;
}

void build(const std::string& file, const std::string& folder, const Globals& globals) {
  const CompiledRule rule = compile_file(file, globals);
  const Result<void> written = write_project(folder, rule.project);
  if (!written) throw ApiError{kConflict, written.error().detail, {}};
  if (globals.json) {
    json::array files;
    for (const SourceFile& source : rule.project) files.emplace_back(source.path);
    return print_json({{"folder", fs::absolute(folder).string()}, {"files", std::move(files)}});
  }
  std::printf("wrote %zu files to %s\nnext: cd %s && npm ci && npm test\n", rule.project.size(),
              folder.c_str(), folder.c_str());
}

void add_offline_commands(CLI::App& rule, Globals& globals, int& exit_code) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* checking = rule.add_subcommand("check", "Compile rules and say what is wrong");
  checking->add_option("files", *files, "the rules")->required();
  checking->footer(
      "Examples:\n  msghub rule check invoices.md\n  msghub rule check rules/*.md --json");
  checking->callback([files, &globals, &exit_code] { check(*files, globals, exit_code); });

  auto file = std::make_shared<std::string>();
  auto out = std::make_shared<std::string>();
  CLI::App* building = rule.add_subcommand("build", "Write a rule's stand-alone Node.js project");
  building->add_option("file", *file, "the rule")->required();
  building->add_option("-o,--output", *out, "a new folder")->required();
  building->footer(
      "Examples:\n  msghub rule build invoices.md -o invoices\n"
      "  msghub rule build invoices.md -o /tmp/p && cd /tmp/p && npm ci && npm test");
  building->callback([file, out, &globals] { build(*file, *out, globals); });

  CLI::App* testing =
      rule.add_subcommand("test", "Run a rule's examples; nothing leaves the machine");
  testing->add_option("file", *file, "the rule")->required();
  testing->footer(
      "Examples:\n  msghub rule test invoices.md\n  msghub rule test invoices.md --json");
  testing->callback([file, &globals, &exit_code] {
    const Install install = installed(globals);
    const TemporaryProject project(compile_file(*file, globals), install);
    std::vector<std::string> arguments{"--examples"};
    if (globals.json) arguments.emplace_back("--json");
    exit_code = run_project(install, project.folder(), arguments);
  });

  auto message = std::make_shared<std::string>();
  auto dry_run = std::make_shared<bool>(false);
  CLI::App* running = rule.add_subcommand("run", "Run a rule on one message, without a hub");
  running->add_option("file", *file, "the rule")->required();
  running->add_option("-m,--message", *message, "mail.eml, or a webhook's body (.json, .txt)")
      ->required();
  running->add_flag("--dry-run", *dry_run, "show what would be done, and do nothing");
  running->footer(
      "Examples:\n  msghub rule run invoices.md --message mail.eml --dry-run\n"
      "  ERP_URL=postgres://me:secret@localhost/erp msghub rule run invoices.md -m mail.eml\n\n"
      "Connections come from environment variables: **ERP** from ERP_URL, **Office mail** from\n"
      "OFFICE_MAIL_URL.");
  running->callback([file, message, dry_run, &globals, &exit_code] {
    const Install install = installed(globals);
    const TemporaryProject project(compile_file(*file, globals), install);
    std::vector<std::string> arguments{*message};
    if (*dry_run) arguments.emplace_back("--dry-run");
    if (globals.json) arguments.emplace_back("--json");
    exit_code = run_project(install, project.folder(), arguments);
  });
}

void print_rule(const json::value& rule, const Globals& globals) {
  if (globals.json) return print_json(rule);
  std::printf("%s  %s  %s  version %s\n", cell(rule, "id").c_str(), cell(rule, "status").c_str(),
              cell(rule, "name").c_str(), cell(rule, "codeVersion").c_str());
}

json::object rule_body(const std::string& file) {
  return {{"markdown", read_file(file)}, {"fileName", fs::path(file).filename().string()}};
}

void add_hub_commands(CLI::App& rule, Globals& globals) {
  auto file = std::make_shared<std::string>();
  auto target = std::make_shared<std::string>();
  CLI::App* adding = rule.add_subcommand("add", "Give a rule to the hub, as a draft");
  adding->add_option("file", *file, "the rule")->required();
  adding->footer("Examples:\n  msghub rule add invoices.md\n  msghub rule add invoices.md --json");
  adding->callback([file, &globals] {
    print_rule(ApiClient(globals).post("/v1/rules", rule_body(*file)), globals);
  });

  auto which = std::make_shared<std::string>();
  CLI::App* replacing = rule.add_subcommand("replace", "Give the hub a new version of a rule");
  replacing->add_option("file", *file, "the rule")->required();
  replacing->add_option("--rule", *which, "id or name of the old one (default: the file's title)");
  replacing->footer(
      "Examples:\n  msghub rule replace invoices.md\n"
      "  msghub rule replace renamed.md --rule \"File Acme invoices\"\n\n"
      "An active rule stays active when the new version's examples pass; else nothing changes.");
  replacing->callback([file, which, &globals] {
    const ApiClient client(globals);
    const json::object body = rule_body(*file);
    std::string old = *which;
    if (old.empty()) {
      const json::value compiled = client.post("/v1/rules:compile", body);
      old = string_or(compiled.as_object(), "name");
      if (old.empty()) throw ApiError{kRuleErrors, *file + " has errors", compiled.as_object()};
    }
    print_rule(client.put("/v1/rules/" + client.resolve("rules", "name", old), body), globals);
  });

  for (const auto& [verb, help] :
       {std::pair{"activate", "Make a rule act on new messages; its examples must pass"},
        std::pair{"pause", "Stop a rule for now"}}) {
    CLI::App* command = rule.add_subcommand(verb, help);
    command->add_option("rule", *target, "the rule's id or name")->required();
    command->footer(std::string("Examples:\n  msghub rule ") + verb +
                    " \"File Acme invoices\"\n  msghub rule " + verb +
                    " 6f9c1c6e-0f3a-4a55-9d36-2b7f5c1f8f10 --json");
    command->callback([target, name = std::string(verb), &globals] {
      const ApiClient client(globals);
      const std::string id = client.resolve("rules", "name", *target);
      print_rule(client.post("/v1/rules/" + id + ":" + name), globals);
    });
  }

  CLI::App* listing = rule.add_subcommand("list", "List the hub's rules");
  listing->footer("Examples:\n  msghub rule list\n  msghub rule list --json");
  listing->callback([&globals] {
    const json::array rules = ApiClient(globals).list("/v1/rules", 10'000);
    if (globals.json) return print_json(rules);
    std::vector<std::vector<std::string>> rows;
    for (const json::value& entry : rules)
      rows.push_back({cell(entry, "id"), cell(entry, "status"), cell(entry, "executionCount"),
                      cell(entry, "errorCount"), cell(entry, "name")});
    std::fputs(table({"ID", "STATUS", "RUNS", "ERRORS", "NAME"}, rows).c_str(), stdout);
  });

  CLI::App* showing = rule.add_subcommand("show", "Print a rule's Markdown");
  auto code = std::make_shared<bool>(false);
  showing->add_option("rule", *target, "the rule's id or name")->required();
  showing->add_flag("--code", *code, "its generated src/rule.ts instead");
  showing->footer(
      "Examples:\n  msghub rule show \"File Acme invoices\"\n  msghub rule show ID --code");
  showing->callback([target, code, &globals] {
    const ApiClient client(globals);
    const json::value found = client.get("/v1/rules/" + client.resolve("rules", "name", *target));
    if (globals.json) return print_json(found);
    std::fputs(cell(found, *code ? "generatedCode" : "markdownSource").c_str(), stdout);
  });

  CLI::App* removing = rule.add_subcommand("remove", "Delete a rule; its executions stay readable");
  removing->add_option("rule", *target, "the rule's id or name")->required();
  removing->footer("Examples:\n  msghub rule remove \"Old rule\"\n  msghub rule remove ID");
  removing->callback([target, &globals] {
    const ApiClient client(globals);
    client.remove("/v1/rules/" + client.resolve("rules", "name", *target));
  });
}

}  // namespace

void add_rule_commands(CLI::App& root, Globals& globals, int& exit_code) {
  CLI::App* rule = root.add_subcommand("rule", "Write, try and activate rules");
  rule->require_subcommand(1);
  add_offline_commands(*rule, globals, exit_code);
  add_hub_commands(*rule, globals);
}

}  // namespace msghub
