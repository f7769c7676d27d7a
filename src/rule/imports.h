#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace msghub {

// The project's own files that `source`, the file at `path` of the project, imports: types too, as
// paths in the project ("src/lib/json.ts").
std::vector<std::string> imported_files(std::string_view path, std::string_view source);

// The files of `all` (contents by path) that `roots` and everything they import need, in order of
// their paths, the roots among them. A file that is not in `all` is passed over.
std::vector<std::string> reached_files(const std::map<std::string, std::string_view>& all,
                                       const std::vector<std::string>& roots);

}  // namespace msghub
