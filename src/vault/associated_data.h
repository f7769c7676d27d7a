#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "vault/key_ring.h"

namespace msghub::vault {

// Parts with their lengths before them, so that no two lists of parts give the same bytes.
inline std::string joined(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) {
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(static_cast<std::uint64_t>(part.size()) >> shift & 0xFF);
    out += part;
  }
  return out;
}

inline std::string associated_data(std::string_view format, const SealContext& context) {
  return joined({format, context.owner, context.entity, context.id, context.field});
}

inline constexpr std::string_view kFormat1 = "msghub1:";
inline constexpr std::string_view kFormat2 = "msghub2:";

}  // namespace msghub::vault
