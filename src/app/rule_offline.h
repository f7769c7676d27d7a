#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/client.h"
#include "app/install.h"
#include "rule/compile.h"

// What the commands share that work on a rule's file without a hub.
namespace msghub {

// Whether diagnostics on standard error are to be coloured.
bool colour(const Globals& globals);

// Compiles a file; bold names stay names. Prints the diagnostics; throws ApiError when there are
// errors.
CompiledRule compile_file(const std::string& file, const Globals& globals);

// The installation that runs projects. Throws ApiError when it is incomplete.
Install installed(const Globals& globals);

// A project in a temporary folder, with the runtime's packages, removed at the end.
class TemporaryProject {
 public:
  TemporaryProject(const CompiledRule& rule, const Install& install);
  ~TemporaryProject();
  TemporaryProject(const TemporaryProject&) = delete;
  TemporaryProject& operator=(const TemporaryProject&) = delete;
  std::string folder() const { return (parent_ / "project").string(); }

 private:
  std::filesystem::path parent_;
};

// Writes a project into `folder`, which must not exist yet. Throws ApiError.
void write_new_folder(const std::string& folder, const std::vector<SourceFile>& files);

// Runs Node.js on the project's entry point; gives its exit code. Its output is the command's.
int run_project(const Install& install, const std::string& folder,
                const std::vector<std::string>& arguments);

// The same, with its standard output as text.
struct ProjectRun {
  int exit_code = 0;
  std::string output;
};
ProjectRun read_project(const Install& install, const std::string& folder,
                        const std::vector<std::string>& arguments);

}  // namespace msghub
