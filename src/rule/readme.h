#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace msghub {

// The rule as it stands in the README.md of a project, with LF line ends and one at its end: what
// the project was made from. Nothing when that is no README of a project.
std::optional<std::string> rule_of_readme(std::string_view readme);

}  // namespace msghub
