#pragma once

#include <string>

namespace msghub {

// Whether `path` is `folder` or lies in it, with links followed as far as the paths are there.
bool is_inside(const std::string& path, const std::string& folder);

}  // namespace msghub
