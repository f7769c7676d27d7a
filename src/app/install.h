#pragma once

#include <string>

#include "app/config.h"

namespace msghub {

// Where the parts of the installation lie.
struct Install {
  std::string node;      // Node.js 24
  std::string runtime;   // folder with host/ and mailroom/
  std::string packages;  // node_modules with what actions import
};

// Finds them from the configuration, else beside or above the running program. Refuses (NotFound)
// with what is missing and how to get it.
Result<Install> find_install(const Config& config);

// "v24.1.0": what the program says of itself. Refuses (Unsupported) one that is not Node.js 24.
// Starts it and waits for its answer.
Result<std::string> node_version(const Install& install);

}  // namespace msghub
