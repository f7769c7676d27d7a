#include <filesystem>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/rule_message.h"
#include "app/rule_offline.h"

namespace msghub {

namespace fs = std::filesystem;

namespace {

void build(const std::string& file, const std::string& folder, const Globals& globals) {
  const CompiledRule rule = compile_file(file, globals);
  write_new_folder(folder, rule.project);
  if (globals.json) {
    json::array files;
    for (const SourceFile& source : rule.project) files.emplace_back(source.path);
    return print_json({{"folder", fs::absolute(folder).string()}, {"files", std::move(files)}});
  }
  std::printf("wrote %zu files to %s\nnext: cd %s && npm ci && npm test\n", rule.project.size(),
              folder.c_str(), folder.c_str());
}

void add_offline_commands(CLI::App& rule, Globals& globals, int& exit_code) {
  auto file = std::make_shared<std::string>();
  auto out = std::make_shared<std::string>();
  CLI::App* building = rule.add_subcommand("build", "Write a rule's stand-alone Node.js project");
  building->add_option("file", *file, "the rule")->required();
  building->add_option("-o,--output", *out, "a new folder")->required();
  building->footer(
      "Examples:\n  msghub rule build invoices.md -o invoices\n"
      "  msghub rule build invoices.md -o /tmp/p && cd /tmp/p && npm ci && npm test");
  building->callback([file, out, &globals] { build(*file, *out, globals); });

  auto message = std::make_shared<std::string>();
  auto dry_run = std::make_shared<bool>(false);
  CLI::App* running = rule.add_subcommand("run", "Run a rule on one message, without a hub");
  running->add_option("file", *file, "the rule")->required();
  running->add_option("-m,--message", *message, kMessageFile)->required();
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
  add_rule_check_commands(*rule, globals, exit_code);
  add_rule_diff_command(*rule, globals, exit_code);
  add_rule_fmt_command(*rule, globals, exit_code);
  add_rule_new_command(*rule, globals, exit_code);
  add_rule_trace_command(*rule, globals, exit_code);
  add_rule_test_command(*rule, globals, exit_code);
  add_offline_commands(*rule, globals, exit_code);
  add_hub_commands(*rule, globals);
  add_rule_versions_commands(*rule, globals, exit_code);
}

}  // namespace msghub
