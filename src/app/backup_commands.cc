#include <cstdio>
#include <filesystem>
#include <thread>

#include "app/commands.h"
#include "app/config.h"
#include "app/engines.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/version.h"
#include "move/backup.h"

namespace msghub {

namespace fs = std::filesystem;

namespace {

constexpr const char* kKeyWarning =
    "\nThe master key is NOT in the backup. Without it nobody can open the passwords and tokens in "
    "it,\nand a hub does not start on it. Print the key once and keep it apart: `msghub key "
    "recovery-kit`\n";

std::string absolute(const std::string& folder) {
  std::string path = fs::absolute(folder).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

Config config_of(const Globals& globals) {
  Result<Config> config = load_config(globals.config, globals.data);
  if (!config) throw ApiError{kUsage, config.error().detail, {}};
  return std::move(*config);
}

int exit_code_of(const Refusal& refusal) {
  if (refusal.code == Refusal::Code::NotFound) return kNotFound;
  return refusal.code == Refusal::Code::Conflict ? kConflict : kFailed;
}

[[noreturn]] void refuse_command(const Refusal& refusal) {
  throw ApiError{exit_code_of(refusal), refusal.detail, {}};
}

void print_manifest(const json::value& manifest, const std::string& folder,
                    const Globals& globals) {
  if (globals.json) return print_json(manifest);
  std::vector<std::vector<std::string>> rows;
  for (const json::value& table : manifest.at("tables").as_array())
    rows.push_back({shown_table(cell(table, "table")), to_json(table.at("items"))});
  rows.push_back({"blobs", to_json(manifest.at("blobs"))});
  std::printf("%s%s, made at %s by %s: %s files, %s bytes\n",
              table({"WHAT", "NUMBER"}, rows).c_str(), folder.c_str(),
              cell(manifest, "createdAt").c_str(), cell(manifest, "program").c_str(),
              to_json(manifest.at("files")).c_str(), to_json(manifest.at("bytes")).c_str());
}

bool hub_answers(const Globals& globals) {
  try {
    ApiClient(globals).get("/healthz");
    return true;
  } catch (const Failure&) {
    return false;
  }
}

json::value backup_by_hub(const Globals& globals, const std::string& folder) {
  const ApiClient hub(globals);
  json::value run = hub.post("/v1/backups", json::object{{"folder", folder}});
  while (cell(run, "status") == "running") {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    run = hub.get("/v1/backups/" + cell(run, "id"));
  }
  if (cell(run, "status") != "done") throw ApiError{kFailed, cell(run, "error"), {}};
  return run.at("manifest");
}

json::value backup_alone(const Globals& globals, const std::string& folder) {
  const Config config = config_of(globals);
  if (config.store_engine != "embedded")
    throw ApiError{kUsage, "only the embedded store is backed up so; AWS backs DynamoDB up", {}};
  if (!fs::exists(config.data + "/store"))
    throw ApiError{kNotFound, "there is no hub's data in " + config.data + "; see --data", {}};
  Offline offline(config);
  Engines& engines = offline.engines();
  BackupSource source{*engines.rocks(),
                      engines.blobs(),
                      config.blobs_engine == "disk" ? config.data + "/blobs" : "",
                      config.data,
                      std::string("msghub ") + kVersion,
                      offline.clock(),
                      offline.pool()};
  const Result<BackupManifest> made = offline.run(make_backup(source, folder));
  if (!made) refuse_command(made.error());
  return to_json_value(*made);
}

void backup(const Globals& globals, const std::string& folder) {
  const std::string path = absolute(folder);
  const json::value manifest =
      hub_answers(globals) ? backup_by_hub(globals, path) : backup_alone(globals, path);
  print_manifest(manifest, path, globals);
  for (const json::value& missing : manifest.at("missing").as_array())
    std::fprintf(stderr, "the blob %s was gone before: an item points to it\n",
                 std::string(missing.as_string()).c_str());
  std::fputs(kKeyWarning, stderr);
}

int verify(const Globals& globals, const std::string& folder) {
  const Result<BackupCheck> check = verify_backup(absolute(folder));
  if (!check) refuse_command(check.error());
  if (globals.json) {
    json::array problems;
    for (const std::string& problem : check->problems) problems.emplace_back(problem);
    print_json(json::object{{"manifest", to_json_value(check->manifest)},
                            {"problems", std::move(problems)}});
  } else {
    print_manifest(to_json_value(check->manifest), absolute(folder), globals);
    for (const std::string& problem : check->problems) std::printf("  %s\n", problem.c_str());
    std::printf(check->problems.empty() ? "every file, item, index and pointer to a blob is sound\n"
                                        : "the backup is damaged\n");
  }
  return check->problems.empty() ? kOk : kFailed;
}

void restore(const Globals& globals, const std::string& folder) {
  const Config config = config_of(globals);
  boost::asio::thread_pool pool(1);
  boost::asio::io_context loop;
  const SystemClock clock;
  std::optional<Result<BackupManifest>> restored;
  std::exception_ptr failed;
  boost::asio::co_spawn(loop, restore_backup(absolute(folder), config.data, clock, pool),
                        [&](std::exception_ptr error, Result<BackupManifest> manifest) {
                          failed = error;
                          if (!error) restored = std::move(manifest);
                        });
  loop.run();
  pool.join();
  if (failed) std::rethrow_exception(failed);
  if (!*restored) refuse_command(restored->error());
  print_manifest(to_json_value(**restored), config.data, globals);
  if (globals.json) return;
  const std::string layout = (*restored)->layout;
  if (layout != config.store_layout)
    std::printf("its configuration has to say store.layout=%s\n", layout.c_str());
  std::printf(
      "restored into %s, paused: it answers the API, but takes no message and runs no rule.\n"
      "  1. put the master key at %s (`msghub key recovery-kit` tells how)\n"
      "  2. `msghub serve`, and look at it. It has a new API token\n"
      "  3. see that the hub that was backed up runs no more, then `msghub resume`\n",
      config.data.c_str(), config.key_file.c_str());
}

void resume(const Globals& globals) {
  const json::value answer = ApiClient(globals).post("/v1/resume");
  if (globals.json) return print_json(answer);
  const bool resumed = answer.at("resumed").as_bool();
  std::printf(resumed ? "the hub works again\n" : "the hub was not paused\n");
}

}  // namespace

void add_backup_commands(CLI::App& root, Globals& globals, int& exit_code) {
  auto folder = std::make_shared<std::string>();
  CLI::App* backup_command =
      root.add_subcommand("backup", "Copy all that an embedded hub keeps, while it works");
  backup_command->add_option("folder", *folder, "a folder that is not there yet")->required();
  backup_command->footer("Examples:\n  msghub backup /backups/monday");
  backup_command->callback([&globals, folder] { backup(globals, *folder); });

  CLI::App* verify_command =
      root.add_subcommand("verify", "Check every byte of a backup without changing it");
  verify_command->add_option("folder", *folder, "the backup")->required();
  verify_command->footer("Examples:\n  msghub verify /backups/monday");
  verify_command->callback(
      [&globals, &exit_code, folder] { exit_code = verify(globals, *folder); });

  CLI::App* restore_command =
      root.add_subcommand("restore", "Make a data folder of a backup; its hub starts paused");
  restore_command->add_option("folder", *folder, "the backup")->required();
  restore_command->footer("Examples:\n  msghub restore /backups/monday --data ./hub-again");
  restore_command->callback([&globals, folder] { restore(globals, *folder); });

  CLI::App* resume_command =
      root.add_subcommand("resume", "Let a paused hub take messages and run rules");
  resume_command->footer("Examples:\n  msghub resume");
  resume_command->callback([&globals] { resume(globals); });
}

}  // namespace msghub
