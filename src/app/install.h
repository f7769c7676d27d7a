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

}  // namespace msghub
