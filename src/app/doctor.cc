#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "app/commands.h"
#include "app/doctor.h"
#include "app/exit_code.h"
#include "app/install.h"
#include "app/output.h"
#include "base/crypto.h"
#include "vault/file_key_ring.h"

namespace msghub {

namespace fs = std::filesystem;

namespace {

Finding check_node(const Config& config) {
  const Result<Install> install = find_install(config);
  if (!install) return {"runtime", "fail", install.error().detail, "script/setup"};
  const Result<std::string> version = node_version(*install);
  if (!version) return {"runtime", "fail", version.error().detail, "script/setup"};
  return {"runtime", "ok", "Node.js " + *version + " at " + install->node, ""};
}

Finding check_data(const Config& config) {
  std::error_code error;
  fs::path existing(config.data);
  while (!fs::exists(existing, error) && existing.has_parent_path() &&
         existing != existing.parent_path())
    existing = existing.parent_path();
  if (::access(existing.c_str(), W_OK) != 0)
    return {"data folder", "fail", config.data + " cannot be written",
            "chown it, or name another folder with --data"};
  const fs::perms perms = fs::status(config.data, error).permissions();
  if (fs::exists(config.data, error) &&
      (perms & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none)
    return {"data folder", "warn", config.data + " is open to others", "chmod 700 " + config.data};
  return {"data folder", "ok", config.data, ""};
}

Finding check_space(const Config& config) {
  struct statvfs disk{};
  fs::path existing(config.data);
  while (::statvfs(existing.c_str(), &disk) != 0 && existing != existing.parent_path())
    existing = existing.parent_path();
  const std::uint64_t free_mib = disk.f_bavail * disk.f_frsize / (1024 * 1024);
  const std::string text = std::to_string(free_mib) + " MiB free";
  if (free_mib < config.store_reserve)
    return {"disk space", "fail",
            text + "; intake stops below " + std::to_string(config.store_reserve) + " MiB",
            "free some space"};
  if (free_mib < 2 * config.store_reserve) return {"disk space", "warn", text, "free some space"};
  return {"disk space", "ok", text, ""};
}

// How long the disk takes to promise that bytes are on it: the floor of every acknowledgement.
Finding check_sync(const Config& config) {
  std::error_code error;
  const fs::path folder =
      fs::exists(config.data, error) ? fs::path(config.data) : fs::temp_directory_path();
  const std::string path = (folder / (".doctor-" + random_uuid())).string();
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return {"disk sync", "warn", "cannot write to " + folder.string(), ""};
  const std::string block(4096, 'x');
  constexpr int kTimes = 20;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kTimes; ++i)
    if (::write(fd, block.data(), block.size()) < 0 || ::fdatasync(fd) != 0) break;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::steady_clock::now() - start) /
                    kTimes;
  ::close(fd);
  ::unlink(path.c_str());
  const std::string text = std::to_string(took.count()) + " us for write and fdatasync";
  if (took > std::chrono::milliseconds(50))
    return {"disk sync", "warn", text, "a slower disk makes every acknowledgement slower"};
  return {"disk sync", "ok", text, ""};
}

Finding check_key(const Config& config) {
  struct stat file{};
  if (::stat(config.key_file.c_str(), &file) == 0 && (file.st_mode & 077) != 0)
    return {"master key", "fail", config.key_file + " can be read by others",
            "chmod 600 " + config.key_file};
  const Result<bool> fits = check_key_file(config.key_file, config.data);
  if (!fits) return {"master key", "fail", fits.error().detail, "see docs/operations/keys.md"};
  if (!*fits) return {"master key", "ok", "none yet; the first start makes " + config.key_file, ""};
  return {"master key", "ok", config.key_file + "; keep a copy somewhere safe", ""};
}

Finding check_hub(const Globals& globals) {
  try {
    const ApiClient client(globals);
    const json::value status = client.get("/v1/status");
    const std::string store = cell(status, "store");
    if (store.starts_with("the hub is paused")) return {"hub", "warn", store, "msghub resume"};
    if (store != "ok") return {"hub", "fail", store, "see the hub's log"};
    return {"hub", "ok", "version " + cell(status, "version") + " answers at " + client.url(), ""};
  } catch (const ApiError& error) {
    return {"hub", "fail", error.detail, "check --url, --data and the token"};
  } catch (const Failure& failure) {
    return {"hub", "warn", failure.what(), "msghub serve"};
  }
}

}  // namespace

void add_doctor_command(CLI::App& root, Globals& globals, int& exit_code) {
  CLI::App* command = root.add_subcommand("doctor", "Check this machine and the hub on it");
  command->footer("Examples:\n  msghub doctor\n  msghub doctor --data ./hub --json");
  command->callback([&globals, &exit_code] {
    const Result<Config> config = load_config(globals.config, globals.data);
    if (!config) throw ApiError{kUsage, config.error().detail, {}};
    std::vector<Finding> findings{check_node(*config), check_data(*config), check_space(*config),
                                  check_sync(*config), check_hub(globals)};
    if (config->keyring_engine == "file") findings.push_back(check_key(*config));
    for (Finding& finding : check_aws(*config)) findings.push_back(std::move(finding));
    json::array out;
    std::vector<std::vector<std::string>> rows;
    for (const Finding& finding : findings) {
      if (finding.state == "fail") exit_code = kFailed;
      out.push_back(json::object{{"check", finding.check},
                                 {"state", finding.state},
                                 {"detail", finding.detail},
                                 {"fix", finding.fix}});
      rows.push_back({finding.state, finding.check, finding.detail,
                      finding.fix.empty() ? "" : "fix: " + finding.fix});
    }
    if (globals.json) return print_json(out);
    std::fputs(table({"STATE", "CHECK", "DETAIL", ""}, rows).c_str(), stdout);
  });
}

}  // namespace msghub
