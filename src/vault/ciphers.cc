#include "vault/ciphers.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <climits>
#include <memory>

#include "base/result.h"

namespace msghub::vault {

namespace {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeKdf {
  void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* in(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
int length(std::string_view bytes) {
  MSGHUB_CHECK(bytes.size() <= INT_MAX);
  return static_cast<int>(bytes.size());
}

void need(bool worked, const char* what) {
  if (!worked)
    throw Failure(Failure::Retry::Never, std::string(what) + " is not available in this OpenSSL");
}

// With key and nonce set and `aad` taken in.
Cipher start(bool encrypting, std::string_view key, std::string_view nonce, std::string_view aad) {
  MSGHUB_CHECK(key.size() == 32 && nonce.size() == kNonceSize);
  Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool worked = cipher != nullptr &&
                      EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, in(key),
                                        in(nonce), encrypting ? 1 : 0) == 1 &&
                      EVP_CipherUpdate(cipher.get(), nullptr, &size, in(aad), length(aad)) == 1;
  need(worked, "AES-256-GCM");
  return cipher;
}

}  // namespace

std::string encrypt(std::string_view key, std::string_view nonce, std::string_view aad,
                    std::string_view plain) {
  const Cipher cipher = start(true, key, nonce, aad);
  std::string sealed(plain.size() + kTagSize, '\0');
  int size = 0;
  int rest = 0;
  const bool worked =
      EVP_CipherUpdate(cipher.get(), out(sealed), &size, in(plain), length(plain)) == 1 &&
      EVP_CipherFinal_ex(cipher.get(), out(sealed) + size, &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTagSize),
                          out(sealed) + plain.size()) == 1;
  need(worked, "AES-256-GCM");
  return sealed;
}

std::optional<std::string> decrypt(std::string_view key, std::string_view nonce,
                                   std::string_view aad, std::string_view cipher_and_tag) {
  if (cipher_and_tag.size() < kTagSize) return std::nullopt;
  const std::string_view text = cipher_and_tag.substr(0, cipher_and_tag.size() - kTagSize);
  std::string tag(cipher_and_tag.substr(text.size()));
  const Cipher cipher = start(false, key, nonce, aad);
  std::string plain(text.size(), '\0');
  int size = 0;
  int rest = 0;
  const bool worked =
      EVP_CipherUpdate(cipher.get(), out(plain), &size, in(text), length(text)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTagSize),
                          out(tag)) == 1;
  need(worked, "AES-256-GCM");
  if (EVP_CipherFinal_ex(cipher.get(), out(plain) + size, &rest) == 1) return plain;
  OPENSSL_cleanse(plain.data(), plain.size());
  return std::nullopt;
}

void hkdf(Digest digest, std::string_view key, std::string_view salt, std::string_view info,
          unsigned char* to, std::size_t size) {
  const std::unique_ptr<EVP_KDF, FreeKdf> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  need(kdf != nullptr, "HKDF");
  const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(EVP_KDF_CTX_new(kdf.get()));
  std::string name = digest == Digest::Sha256 ? "SHA256" : "SHA512";
  const auto octets = [](const char* what, std::string_view bytes) {
    return OSSL_PARAM_construct_octet_string(what, const_cast<char*>(bytes.data()), bytes.size());
  };
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name.data(), 0),
      octets(OSSL_KDF_PARAM_KEY, key), octets(OSSL_KDF_PARAM_SALT, salt),
      octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  need(context != nullptr && EVP_KDF_derive(context.get(), to, size, parameters) == 1, "HKDF");
}

void fill_with_random(SecretKey& key) {
  need(RAND_bytes(key.bytes.data(), static_cast<int>(key.bytes.size())) == 1, "a random generator");
}

std::unique_ptr<SecretKey> take_key(std::string& bytes) {
  auto key = std::make_unique<SecretKey>();
  MSGHUB_CHECK(bytes.size() == key->bytes.size());
  bytes.copy(reinterpret_cast<char*>(key->bytes.data()), key->bytes.size());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

}  // namespace msghub::vault
