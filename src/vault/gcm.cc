#include "vault/gcm.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <memory>

#include "base/result.h"

namespace msghub::vault {

namespace {

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* in(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* out(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

[[noreturn]] void unavailable(const char* what) {
  throw Failure(Failure::Retry::Never, std::string(what) + " is not available in this OpenSSL");
}

}  // namespace

std::string encrypt(std::string_view key, std::string_view nonce, std::string_view associated,
                    std::string_view plain) {
  MSGHUB_CHECK(key.size() == kKeyBytes && nonce.size() == kNonceBytes);
  const Cipher context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string cipher(plain.size() + kTagBytes, '\0');
  int length = 0;
  const bool done =
      context &&
      EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), in(key), in(nonce), nullptr) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, in(associated),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), out(cipher), &length, in(plain),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), out(cipher) + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                          out(cipher) + plain.size()) == 1;
  if (!done) unavailable("AES-256-GCM");
  return cipher;
}

std::optional<std::string> decrypt(std::string_view key, std::string_view nonce,
                                   std::string_view associated, std::string_view cipher) {
  if (key.size() != kKeyBytes || nonce.size() != kNonceBytes || cipher.size() < kTagBytes)
    return std::nullopt;
  const Cipher context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string plain(cipher.size() - kTagBytes, '\0');
  std::string tag(cipher.substr(plain.size()));
  int length = 0;
  const bool done =
      context &&
      EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), in(key), in(nonce), nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, in(associated),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), out(plain), &length, in(cipher),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, out(tag)) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out(plain) + length, &length) == 1;
  if (!done) return std::nullopt;
  return plain;
}

std::string hkdf(Hash hash, std::string_view input, std::string_view salt, std::string_view info,
                 std::size_t length) {
  EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(
      kdf != nullptr ? EVP_KDF_CTX_new(kdf) : nullptr, EVP_KDF_CTX_free);
  EVP_KDF_free(kdf);
  std::string digest = hash == Hash::Sha256 ? "SHA256" : "SHA512";
  std::string key(input), salt_copy(salt), info_copy(info), derived(length, '\0');
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt_copy.data(), salt_copy.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info_copy.data(), info_copy.size()),
      OSSL_PARAM_construct_end()};
  if (!context || EVP_KDF_derive(context.get(), out(derived), length, parameters) != 1)
    unavailable("HKDF");
  OPENSSL_cleanse(key.data(), key.size());
  return derived;
}

}  // namespace msghub::vault
