#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace msghub::vault {

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kNonceBytes = 12;
inline constexpr std::size_t kTagBytes = 16;

// AES-256-GCM (NIST SP 800-38D) with a 96-bit nonce; the 16-byte tag follows the cipher text.
std::string encrypt(std::string_view key, std::string_view nonce, std::string_view associated,
                    std::string_view plain);
// Nothing when the tag does not fit.
std::optional<std::string> decrypt(std::string_view key, std::string_view nonce,
                                   std::string_view associated, std::string_view cipher);

// HKDF-SHA-256 (RFC 5869) and HKDF-SHA-512.
enum class Hash { Sha256, Sha512 };
std::string hkdf(Hash hash, std::string_view input, std::string_view salt, std::string_view info,
                 std::size_t length);

}  // namespace msghub::vault
