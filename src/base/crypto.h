#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msghub {

// Thin calls onto OpenSSL 3. All take and give raw bytes in std::string unless a name says hex or
// base64. Thread-safe. They throw Failure(Never) only when OpenSSL itself fails.

std::string sha256(std::string_view bytes);                             // 32 bytes
std::string sha256_hex(std::string_view bytes);                         // 64 characters
std::string hmac_sha256(std::string_view key, std::string_view bytes);  // 32 bytes

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);
std::string to_base64(std::string_view bytes);                  // with padding
std::optional<std::string> from_base64(std::string_view text);  // strict, padding needed
std::string to_base64url(std::string_view bytes);               // without padding
// Strict: no padding, and only the one spelling that to_base64url gives.
std::optional<std::string> from_base64url(std::string_view text);

// Equal length and equal bytes, in time that depends on the length only.
bool constant_time_equal(std::string_view a, std::string_view b);

// `count` bytes from the system's secure generator.
std::string random_bytes(std::size_t count);

// A random UUID (version 4) and a UUID (version 8) made of the first 128 bits of SHA-256(name):
// the same name gives the same id on every hub.
std::string random_uuid();
std::string uuid_of(std::string_view name);

}  // namespace msghub
