#include "vault/vault.h"

#include <filesystem>

#include "base/crypto.h"
#include "vault/ciphers.h"
#include "vault/key_file.h"

// A sealed text is "msghub1:" and base64url of
//
//   32  commitment to the data key
//   12  nonce, 32 data key, 16 tag      encrypted under the wrapping key
//   12  nonce,  n text,     16 tag      encrypted under the text key
//
// The wrapping key comes from the master key, commitment and text key from the data key, which is
// fresh for every sealed text; all by HKDF with a name of their own. The associated data of both
// encryptions are format version, owner, entity, id and field, each with its length before it.
// The commitment is there as GCM alone does not tie a text to one key: a text can be made that
// opens under two of them.
namespace msghub {

namespace {

using namespace vault;

constexpr std::string_view kPrefix = "msghub1:";
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kCommitmentSize = 32;
constexpr std::size_t kWrappedSize = kKeySize + kTagSize;
constexpr std::size_t kFixedSize =
    kCommitmentSize + kNonceSize + kWrappedSize + kNonceSize + kTagSize;

std::string associated_data(const SealContext& context) {
  std::string out;
  for (const std::string_view part :
       {kPrefix, std::string_view(context.owner), std::string_view(context.entity),
        std::string_view(context.id), std::string_view(context.field)}) {
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(static_cast<std::uint64_t>(part.size()) >> shift & 0xFF);
    out += part;
  }
  return out;
}

void derive(Digest digest, std::string_view from, std::string_view name, SecretKey& to) {
  hkdf(digest, from, "", name, to.bytes.data(), to.bytes.size());
}

std::string commitment_to(const SecretKey& data_key) {
  SecretKey commitment;
  derive(Digest::Sha512, data_key.view(), "msghub 1 commitment", commitment);
  return std::string(commitment.view());
}

std::unexpected<Refusal> refuse_sealed() {
  return refuse(Refusal::Code::Invalid,
                "the sealed text cannot be opened: it was changed, belongs to something else, or "
                "was sealed under another master key");
}

std::filesystem::path resolved(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path whole = fs::absolute(path, error).lexically_normal();
  fs::path real = fs::weakly_canonical(whole, error);
  if (error) real = whole;
  return real.has_filename() ? real : real.parent_path();
}

bool is_inside(const std::string& file, const std::string& folder) {
  const std::filesystem::path outer = resolved(folder);
  for (std::filesystem::path at = resolved(file); at != at.parent_path(); at = at.parent_path())
    if (at == outer) return true;
  return false;
}

}  // namespace

struct Vault::Secret {
  SecretKey wrapping_key;
};

Vault::Vault(std::unique_ptr<Secret> secret) : secret_(std::move(secret)) {}
Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&&) noexcept = default;
Vault::~Vault() = default;

Result<Vault> Vault::open(const std::string& key_file, const std::string& data_dir, bool create) {
  if (is_inside(key_file, data_dir))
    return refuse(Refusal::Code::Invalid,
                  "the master key " + key_file + " must not lie in the data folder " + data_dir +
                      ": a copy of the data would hold its key; keep it elsewhere");
  const std::string check_file = data_dir + "/vault.check";
  SecretKey master;
  Result<void> read = read_key_file(key_file, master);
  if (!read && read.error().code == Refusal::Code::NotFound) {
    std::error_code ignored;
    if (std::filesystem::exists(check_file, ignored))
      return refuse(Refusal::Code::NotFound,
                    read.error().detail + ", but the data in " + data_dir +
                        " were sealed with one; restore that file from a backup");
    if (!create) return std::unexpected(read.error());
    create_key_file(key_file);
    read = read_key_file(key_file, master);
  }
  if (!read) return std::unexpected(read.error());

  auto secret = std::make_unique<Secret>();
  derive(Digest::Sha256, master.view(), "msghub 1 wrapping key", secret->wrapping_key);
  SecretKey check;
  derive(Digest::Sha256, master.view(), "msghub 1 check value", check);
  if (!matches_check_file(check_file, std::string(kPrefix) + to_hex(check.view()) + "\n"))
    return refuse(Refusal::Code::Invalid,
                  "the master key " + key_file + " is not the one that the data in " + data_dir +
                      " were sealed with; restore the right one from a backup");
  return Vault(std::move(secret));
}

std::string Vault::seal(const SealContext& context, std::string_view plain) const {
  const std::string aad = associated_data(context);
  SecretKey data_key;
  fill_with_random(data_key);
  SecretKey text_key;
  derive(Digest::Sha512, data_key.view(), "msghub 1 text key", text_key);
  const std::string wrap_nonce = random_bytes(kNonceSize);
  const std::string text_nonce = random_bytes(kNonceSize);
  std::string bytes = commitment_to(data_key);
  bytes += wrap_nonce;
  bytes += encrypt(secret_->wrapping_key.view(), wrap_nonce, aad, data_key.view());
  bytes += text_nonce;
  bytes += encrypt(text_key.view(), text_nonce, aad, plain);
  return std::string(kPrefix) + to_base64url(bytes);
}

Result<std::string> Vault::unseal(const SealContext& context, std::string_view sealed) const {
  if (!sealed.starts_with(kPrefix)) return refuse_sealed();
  const std::optional<std::string> bytes = from_base64url(sealed.substr(kPrefix.size()));
  if (!bytes || bytes->size() < kFixedSize) return refuse_sealed();
  std::string_view rest = *bytes;
  const auto next = [&rest](std::size_t size) {
    const std::string_view part = rest.substr(0, size);
    rest.remove_prefix(size);
    return part;
  };
  const std::string_view commitment = next(kCommitmentSize);
  const std::string_view wrap_nonce = next(kNonceSize);
  const std::string_view wrapped = next(kWrappedSize);
  const std::string_view text_nonce = next(kNonceSize);

  const std::string aad = associated_data(context);
  std::optional<std::string> unwrapped =
      decrypt(secret_->wrapping_key.view(), wrap_nonce, aad, wrapped);
  if (!unwrapped) return refuse_sealed();
  SecretKey data_key;
  unwrapped->copy(reinterpret_cast<char*>(data_key.bytes.data()), kKeySize);
  OPENSSL_cleanse(unwrapped->data(), unwrapped->size());
  if (!constant_time_equal(commitment, commitment_to(data_key))) return refuse_sealed();
  SecretKey text_key;
  derive(Digest::Sha512, data_key.view(), "msghub 1 text key", text_key);
  std::optional<std::string> plain = decrypt(text_key.view(), text_nonce, aad, rest);
  if (!plain) return refuse_sealed();
  return std::move(*plain);
}

}  // namespace msghub
