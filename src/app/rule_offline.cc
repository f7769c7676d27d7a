#include "app/rule_offline.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "app/commands.h"
#include "app/config.h"
#include "app/exit_code.h"
#include "pipeline/projects.h"

extern char** environ;

namespace msghub {

namespace fs = std::filesystem;

namespace {

// Starts Node.js on the project's entry point; with `output` that descriptor is its standard
// output. Gives its process id.
pid_t start_project(const Install& install, const std::string& folder,
                    const std::vector<std::string>& arguments, int output) {
  std::vector<std::string> words{install.node, folder + "/src/main.ts"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (output >= 0) ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, install.node.c_str(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw Failure(Failure::Retry::Never,
                  "cannot start " + install.node + ": " + std::strerror(error));
  return pid;
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
}

}  // namespace

bool colour(const Globals& globals) {
  return !globals.no_color && std::getenv("NO_COLOR") == nullptr && ::isatty(STDERR_FILENO) != 0;
}

CompiledRule compile_file(const std::string& file, const Globals& globals) {
  const std::string markdown = read_file(file);
  CompileResult result = compile_rule(markdown);
  const std::string text = render_diagnostics(markdown, file, result.diagnostics, colour(globals));
  if (!globals.json || !result.rule) std::fputs(text.c_str(), stderr);
  if (!result.rule) throw ApiError{kRuleErrors, file + " has errors", {}};
  return std::move(*result.rule);
}

Install installed(const Globals& globals) {
  const Result<Config> config = load_config(globals.config, globals.data);
  if (!config) throw ApiError{kUsage, config.error().detail, {}};
  Result<Install> install = find_install(*config);
  if (!install) throw ApiError{kFailed, install.error().detail, {}};
  return std::move(*install);
}

TemporaryProject::TemporaryProject(const CompiledRule& rule, const Install& install)
    : parent_(fs::temp_directory_path() / ("msghub-" + random_uuid())) {
  fs::create_directories(parent_);
  fs::permissions(parent_, fs::perms::owner_all);
  fs::create_directory_symlink(install.packages, parent_ / "node_modules");
  const Result<void> written = write_project(folder(), rule.project);
  if (!written) throw Failure(Failure::Retry::Never, written.error().detail);
}

TemporaryProject::~TemporaryProject() {
  std::error_code ignored;
  fs::remove_all(parent_, ignored);
}

void write_new_folder(const std::string& folder, const std::vector<SourceFile>& files) {
  if (folder.empty())
    throw ApiError{kUsage, "-o is empty; name a new folder, as in -o my-rule", {}};
  const Result<void> written = write_project(folder, files);
  if (!written) throw ApiError{kConflict, written.error().detail, {}};
}

int run_project(const Install& install, const std::string& folder,
                const std::vector<std::string>& arguments) {
  return exit_code_of(start_project(install, folder, arguments, -1));
}

ProjectRun read_project(const Install& install, const std::string& folder,
                        const std::vector<std::string>& arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw Failure(Failure::Retry::Never,
                  std::string("cannot make a pipe: ") + std::strerror(errno));
  pid_t pid = 0;
  try {
    pid = start_project(install, folder, arguments, ends[1]);
  } catch (const Failure&) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw;
  }
  ::close(ends[1]);
  ProjectRun run;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(ends[0], buffer, sizeof buffer);
    if (count > 0) run.output.append(buffer, static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR)) break;
  }
  ::close(ends[0]);
  run.exit_code = exit_code_of(pid);
  return run;
}

}  // namespace msghub
