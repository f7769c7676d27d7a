#pragma once

namespace msghub {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace msghub
