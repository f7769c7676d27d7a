#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace msghub {

// What `source` (a TypeScript file) needs from the npm registry when it runs, by name: packages of
// `import … from '…'` and `import('…')`, without type-only imports and Node's own modules.
std::vector<std::string> imported_packages(std::string_view source);

// The exact version of each package that the hub's own workspace uses, out of its
// package-lock.json. The workspace is the folder `runtime` of the lock.
std::string locked_version(const json::object& lock, std::string_view package);

// A package-lock.json (version 3) for a project `name` with exactly these direct dependencies and
// what they need in turn, with the workspace's versions and checksums. No registry is named.
json::object lock_for(const json::object& lock, std::string_view name, std::string_view version,
                      const std::vector<std::string>& packages);

}  // namespace msghub
