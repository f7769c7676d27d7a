#pragma once

#include <optional>
#include <string_view>

namespace msghub {

// The page docs/diagnostics/CODE.md of a code ("R0214", in any case), built into the program.
std::optional<std::string_view> diagnostic_page(std::string_view code);

}  // namespace msghub
