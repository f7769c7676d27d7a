#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace msghub {

// The project's own files that `source`, the file at `path` of the project, imports: types too, as
// paths in the project ("src/lib/json.ts").
std::vector<std::string> imported_files(std::string_view path, std::string_view source);

// What a file imports, by its path; null for a file that is none of the project's.
using ImportsOf = std::function<const std::vector<std::string>*(const std::string& path)>;

// The files that `roots` and everything they import need, in order of their paths, the roots among
// them. A file that is none of the project's is passed over.
std::vector<std::string> reached_files(const ImportsOf& imports_of,
                                       const std::vector<std::string>& roots);

}  // namespace msghub
