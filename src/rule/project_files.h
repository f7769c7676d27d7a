#pragma once

#include <span>
#include <string_view>

namespace msghub {

// Files that generated projects are made of, built into the program (see embed.cmake).
struct ProjectFile {
  std::string_view path;  // in the project: "src/lib/rule.ts"
  std::string_view content;
};
std::span<const ProjectFile> project_files();  // by path

// The package-lock.json of the hub's own npm workspace.
std::string_view workspace_lock();

}  // namespace msghub
