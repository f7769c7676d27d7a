#pragma once

#include <openssl/crypto.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace msghub::vault {

// 32 secret bytes that are wiped when they go.
struct SecretKey {
  std::array<unsigned char, 32> bytes{};
  SecretKey() = default;
  ~SecretKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;

  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

inline constexpr std::size_t kNonceSize = 12;
inline constexpr std::size_t kTagSize = 16;

// AES-256-GCM. The ciphertext with its tag behind it.
std::string encrypt(std::string_view key, std::string_view nonce, std::string_view aad,
                    std::string_view plain);
// Nothing when the tag does not fit.
std::optional<std::string> decrypt(std::string_view key, std::string_view nonce,
                                   std::string_view aad, std::string_view cipher_and_tag);

enum class Digest { Sha256, Sha512 };
// HKDF (RFC 5869): fills `out`.
void hkdf(Digest digest, std::string_view key, std::string_view salt, std::string_view info,
          unsigned char* out, std::size_t size);

void fill_with_random(SecretKey& key);
// The key with these 32 bytes, which are wiped where they were.
std::unique_ptr<SecretKey> take_key(std::string& bytes);

// All throw Failure(Never), only when OpenSSL itself fails.

}  // namespace msghub::vault
