#include "vault/vault.h"

#include <algorithm>
#include <cstdint>

#include "base/crypto.h"
#include "vault/associated_data.h"
#include "vault/ciphers.h"

// A sealed text is "msghub2:", the name of the master key, ":" and base64url of
//
//   32  commitment to the data key
//    2  length of the wrapped data key, big-endian, and these bytes, as the key ring made them
//   12  nonce,  n text,     16 tag      encrypted under the text key
//
// Commitment and text key come from the data key, which is fresh for every sealed text, by HKDF
// with a name of their own. The associated data of text and data key are format version, owner,
// entity, id and field, each with its length before it. The master key is no part of the text's,
// so that a data key can be wrapped anew while the text stays.
// The commitment is there as GCM alone does not tie a text to one key: a text can be made that
// opens under two of them.
//
// The first format, "msghub1:" and base64url, names no master key and has no length: the wrapped
// data key has 60 bytes there.
namespace msghub {

namespace {

using namespace vault;

constexpr std::size_t kCommitmentSize = 32;
constexpr std::size_t kWrappedSize1 = 60;
constexpr std::size_t kNameLimit = 256;

void derive(const SecretKey& data_key, std::string_view name, SecretKey& to) {
  hkdf(Digest::Sha512, data_key.view(), "", name, to.bytes.data(), to.bytes.size());
}

std::string commitment_to(const SecretKey& data_key) {
  SecretKey commitment;
  derive(data_key, "msghub 1 commitment", commitment);
  return std::string(commitment.view());
}

void derive_text_key(const SecretKey& data_key, SecretKey& to) {
  derive(data_key, "msghub 1 text key", to);
}

std::unexpected<Refusal> refuse_sealed() {
  return refuse(Refusal::Code::Invalid,
                "the sealed text cannot be opened: it was changed, belongs to something else, or "
                "was sealed under another master key");
}

// The parts of a sealed text of either format.
struct Parts {
  std::string_view format;
  std::string commitment;
  KeyRing::Wrapped wrapped;
  std::string nonce;
  std::string text;  // encrypted, with its tag
};

bool may_be_a_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameLimit &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F; });
}

// Where the name ends: base64url has no ':', names may.
std::size_t colon_in(std::string_view sealed) {
  const std::size_t colon = sealed.rfind(':');
  const std::size_t start = kFormat2.size();
  if (!sealed.starts_with(kFormat2) || colon < start) return std::string_view::npos;
  return may_be_a_name(sealed.substr(start, colon - start)) ? colon : std::string_view::npos;
}

std::optional<Parts> parse(std::string_view sealed) {
  Parts parts;
  const std::size_t colon = colon_in(sealed);
  if (colon != std::string_view::npos) {
    parts.format = kFormat2;
    parts.wrapped.key_name = sealed.substr(kFormat2.size(), colon - kFormat2.size());
    sealed.remove_prefix(colon + 1);
  } else if (sealed.starts_with(kFormat1)) {
    parts.format = kFormat1;
    sealed.remove_prefix(kFormat1.size());
  } else {
    return std::nullopt;
  }
  const std::optional<std::string> bytes = from_base64url(sealed);
  if (!bytes) return std::nullopt;
  std::string_view rest = *bytes;
  bool whole = true;
  const auto next = [&rest, &whole](std::size_t size) {
    whole = whole && rest.size() >= size;
    const std::string part(rest.substr(0, size));
    rest.remove_prefix(part.size());
    return part;
  };
  parts.commitment = next(kCommitmentSize);
  std::size_t wrapped_size = kWrappedSize1;
  if (parts.format == kFormat2) {
    const std::string length = next(2);
    wrapped_size = whole ? std::size_t{static_cast<unsigned char>(length[0])} << 8 |
                               static_cast<unsigned char>(length[1])
                         : 0;
  }
  parts.wrapped.bytes = next(wrapped_size);
  parts.nonce = next(kNonceSize);
  parts.text = rest;
  if (!whole || parts.text.size() < kTagSize) return std::nullopt;
  return parts;
}

std::string write_format2(const Parts& parts) {
  const std::size_t length = parts.wrapped.bytes.size();
  MSGHUB_CHECK(length <= 0xFFFF && may_be_a_name(parts.wrapped.key_name));
  std::string bytes = parts.commitment;
  bytes += static_cast<char>(length >> 8);
  bytes += static_cast<char>(length & 0xFF);
  bytes += parts.wrapped.bytes;
  bytes += parts.nonce;
  bytes += parts.text;
  return std::string(kFormat2) + parts.wrapped.key_name + ":" + to_base64url(bytes);
}

std::optional<std::string> open_text(const Parts& parts, const SealContext& context,
                                     const SecretKey& data_key) {
  if (!constant_time_equal(parts.commitment, commitment_to(data_key))) return std::nullopt;
  SecretKey text_key;
  derive_text_key(data_key, text_key);
  return decrypt(text_key.view(), parts.nonce, associated_data(parts.format, context), parts.text);
}

}  // namespace

Vault::Vault(std::unique_ptr<KeyRing> ring) : ring_(std::move(ring)) {
  MSGHUB_CHECK(ring_ != nullptr);
}

Task<std::string> Vault::seal(SealContext context, std::string plain) const {
  const std::unique_ptr<KeyRing::DataKey> data_key = co_await ring_->generate(context);
  SecretKey text_key;
  derive_text_key(data_key->key, text_key);
  Parts parts{.format = kFormat2,
              .commitment = commitment_to(data_key->key),
              .wrapped = data_key->wrapped,
              .nonce = random_bytes(kNonceSize),
              .text = {}};
  parts.text = encrypt(text_key.view(), parts.nonce, associated_data(kFormat2, context), plain);
  OPENSSL_cleanse(plain.data(), plain.size());
  co_return write_format2(parts);
}

Task<Result<std::string>> Vault::unseal(SealContext context, std::string sealed) const {
  const std::optional<Parts> parts = parse(sealed);
  if (!parts) co_return refuse_sealed();
  const Result<std::unique_ptr<SecretKey>> data_key =
      co_await ring_->unwrap(parts->wrapped, context);
  if (!data_key) co_return std::unexpected(data_key.error());
  std::optional<std::string> plain = open_text(*parts, context, **data_key);
  if (!plain) co_return refuse_sealed();
  co_return std::move(*plain);
}

Task<Result<std::string>> Vault::rewrap(SealContext context, std::string sealed) const {
  // A text that does not open is not touched: it stays as it is, for whoever has its key.
  Result<std::string> plain = co_await unseal(context, sealed);
  if (!plain) co_return std::unexpected(plain.error());
  std::optional<Parts> parts = parse(sealed);
  if (parts->format == kFormat1) {
    std::string fresh = co_await seal(std::move(context), std::move(*plain));
    co_return fresh;
  }
  OPENSSL_cleanse(plain->data(), plain->size());
  Result<KeyRing::Wrapped> wrapped = co_await ring_->rewrap(parts->wrapped, std::move(context));
  if (!wrapped) co_return std::unexpected(wrapped.error());
  parts->wrapped = std::move(*wrapped);
  co_return write_format2(*parts);
}

bool is_sealed(std::string_view text) {
  return text.starts_with(kFormat1) || text.starts_with(kFormat2);
}

std::optional<std::string> key_name_of(std::string_view sealed) {
  std::optional<Parts> parts = parse(sealed);
  if (!parts) return std::nullopt;
  return std::move(parts->wrapped.key_name);
}

}  // namespace msghub
