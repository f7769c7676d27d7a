#include <algorithm>
#include <chrono>
#include <thread>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/rule_offline.h"

namespace msghub {

namespace {

std::string path_of(const ApiClient& client, const std::string& rule) {
  return "/v1/rules/" + client.resolve("rules", "name", rule);
}

// Of the rule's current version when none is named.
std::string version_path(const ApiClient& client, const std::string& rule, std::int64_t version) {
  const std::string path = path_of(client, rule);
  const std::string number =
      version > 0 ? std::to_string(version) : cell(client.get(path), "codeVersion");
  return path + "/versions/" + number;
}

void print_versions(const json::value& versions, const Globals& globals) {
  if (globals.json) return print_json(versions);
  std::vector<std::vector<std::string>> rows;
  std::string notes;
  for (const json::value& version : versions.as_array()) {
    const std::string number = cell(version, "version");
    const bool current = version.at("current").as_bool();
    rows.push_back({number + (current ? " (current)" : ""), cell(version, "buildStatus"),
                    cell(version, "builtAt"), cell(version, "compilerVersion"),
                    cell(version, "sourceHash").substr(0, 12), cell(version, "dockerImageTag")});
    for (const auto& [member, what] : {std::pair{"buildError", "was not built: "},
                                       std::pair{"recompileError", "stays as it is; compiler "}})
      if (const std::string why = cell(version, member); why != "-")
        notes += "\nVersion " + number + " " + what + why + "\n";
    if (version.as_object().contains("newerCompiler"))
      notes += "\nVersion " + number +
               " was made by a newer compiler than this hub's, which uses it as it is.\n";
  }
  std::fputs(table({"VERSION", "BUILD", "BUILT AT", "COMPILER", "SOURCE", "IMAGE"}, rows).c_str(),
             stdout);
  std::fputs(notes.c_str(), stdout);
}

void add_versions(CLI::App& rule, Globals& globals) {
  auto target = std::make_shared<std::string>();
  CLI::App* command =
      rule.add_subcommand("versions", "List the versions of a rule and their builds");
  command->add_option("rule", *target, "the rule's id or name")->required();
  command->footer(
      "Examples:\n  msghub rule versions \"File Acme invoices\"\n  msghub rule versions ID "
      "--json\n\n"
      "The newest three are kept, and older ones while an execution still runs with them.");
  command->callback([target, &globals] {
    const ApiClient client(globals);
    print_versions(client.get(path_of(client, *target) + "/versions").at("data"), globals);
  });
}

void add_rollback(CLI::App& rule, Globals& globals) {
  auto target = std::make_shared<std::string>();
  auto version = std::make_shared<std::int64_t>(0);
  CLI::App* command =
      rule.add_subcommand("rollback", "Make an earlier version of a rule current again");
  command->add_option("rule", *target, "the rule's id or name")->required();
  command
      ->add_option("--to", *version,
                   "a version that is kept (default: the last built one with another text)")
      ->check(CLI::PositiveNumber);
  command->footer(
      "Examples:\n  msghub rule rollback \"File Acme invoices\"\n"
      "  msghub rule rollback \"File Acme invoices\" --to 2\n\n"
      "The text of that version becomes a new version, so the history stays a line; what was "
      "built\n"
      "of it is used again. An active rule stays active.");
  command->callback([target, version, &globals] {
    const ApiClient client(globals);
    json::object body;
    if (*version > 0) body["version"] = *version;
    const json::value now = client.post(path_of(client, *target) + ":rollback", body);
    if (globals.json) return print_json(now);
    std::printf("%s  %s  %s  version %s\n", cell(now, "id").c_str(), cell(now, "status").c_str(),
                cell(now, "name").c_str(), cell(now, "codeVersion").c_str());
  });
}

void write_version(const std::string& rule, std::int64_t version, const std::string& folder,
                   const Globals& globals) {
  const ApiClient client(globals);
  const json::value found = client.get(version_path(client, rule, version));
  const Result<std::vector<SourceFile>> files =
      from_json_value<std::vector<SourceFile>>(found.at("sourceFiles"));
  if (!files) throw ApiError{kFailed, files.error().detail, {}};
  write_new_folder(folder, *files);
  if (globals.json)
    return print_json(
        {{"folder", folder}, {"version", found.at("version")}, {"files", files->size()}});
  std::printf("wrote version %s, %zu files, to %s\nnext: cd %s && npm ci && npm test\n",
              cell(found, "version").c_str(), files->size(), folder.c_str(), folder.c_str());
}

void add_project(CLI::App& rule, Globals& globals) {
  auto target = std::make_shared<std::string>();
  auto version = std::make_shared<std::int64_t>(0);
  auto folder = std::make_shared<std::string>();
  CLI::App* command =
      rule.add_subcommand("project", "Take a version's stand-alone Node.js project out of the hub");
  command->add_option("rule", *target, "the rule's id or name")->required();
  command->add_option("--version", *version, "a version that is kept (default: the current one)")
      ->check(CLI::PositiveNumber);
  command->add_option("-o,--output", *folder, "a new folder")->required();
  command->footer(
      "Examples:\n  msghub rule project \"File Acme invoices\" -o invoices\n"
      "  msghub rule project ID --version 2 -o /tmp/invoices-2");
  command->callback(
      [target, version, folder, &globals] { write_version(*target, *version, *folder, globals); });
}

// Prints the lines of the program as they come, to standard error.
json::value follow_image(const ApiClient& client, const std::string& path) {
  std::vector<std::string> shown;
  for (;;) {
    json::value run = client.get(path + "/image");
    std::vector<std::string> lines;
    for (const json::value& line : run.at("log").as_array()) lines.emplace_back(line.as_string());
    // The log is a window that moves on: what follows its longest overlap with the last one is new.
    std::size_t overlap = std::min(shown.size(), lines.size());
    while (overlap > 0 && !std::equal(lines.begin(), lines.begin() + static_cast<long>(overlap),
                                      shown.end() - static_cast<long>(overlap)))
      --overlap;
    for (std::size_t i = overlap; i < lines.size(); ++i)
      std::fprintf(stderr, "%s\n", lines[i].c_str());
    shown = std::move(lines);
    if (cell(run, "status") != "building") return run;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

void add_image(CLI::App& rule, Globals& globals, int& exit_code) {
  auto target = std::make_shared<std::string>();
  auto version = std::make_shared<std::int64_t>(0);
  CLI::App* command = rule.add_subcommand("image", "Build a container image of a rule's project");
  command->add_option("rule", *target, "the rule's id or name")->required();
  command->add_option("--version", *version, "a version that is kept (default: the current one)")
      ->check(CLI::PositiveNumber);
  command->footer(
      "Examples:\n  msghub rule image \"File Acme invoices\"\n"
      "  msghub rule image \"File Acme invoices\" --version 2 --json\n\n"
      "The hub's machine needs docker, podman or buildah; the first that works builds it, and the\n"
      "image stays there. A build takes at most 15 minutes.");
  command->callback([target, version, &globals, &exit_code] {
    const ApiClient client(globals);
    const std::string path = version_path(client, *target, *version);
    const json::value begun = client.post(path + ":image");
    if (!globals.json)
      std::fprintf(stderr, "building %s with %s\n", cell(begun, "tag").c_str(),
                   cell(begun, "program").c_str());
    const json::value run = follow_image(client, path);
    const bool built = cell(run, "status") == "success";
    exit_code = built ? kOk : kFailed;
    if (globals.json) return print_json(run);
    if (built)
      std::printf("%s\n", cell(run, "tag").c_str());
    else
      std::fprintf(stderr, "msghub: the image was not built: %s\n", cell(run, "error").c_str());
  });
}

}  // namespace

void add_rule_versions_commands(CLI::App& rule, Globals& globals, int& exit_code) {
  add_versions(rule, globals);
  add_rollback(rule, globals);
  add_project(rule, globals);
  add_image(rule, globals, exit_code);
}

}  // namespace msghub
