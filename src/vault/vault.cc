#include "vault/vault.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/crypto.h"
#include "vault/gcm.h"

namespace msghub {

namespace fs = std::filesystem;
using namespace vault;

// A sealed text is "msghub1:" and base64 of
//   nonce (12) | wrapped data key (32 + 16) | commitment (32) | nonce (12) | cipher text + tag (16)
// The data key is used once. The commitment, derived from the data key, makes sure that a sealed
// text opens under one key only. Everything is bound to its SealContext by the associated data.
struct Vault::Secret {
  std::string master;  // 32 bytes
  ~Secret() { OPENSSL_cleanse(master.data(), master.size()); }
};

namespace {

constexpr std::string_view kFormat = "msghub1:";
constexpr std::string_view kCheckText = "msghub master key";
constexpr std::size_t kWrappedBytes = kKeyBytes + kTagBytes;
constexpr std::size_t kCommitmentBytes = 32;

// Each part with its length in front, so that no two contexts give the same bytes.
std::string associated_data(std::string_view purpose, const SealContext& context) {
  std::string out;
  for (std::string_view part :
       {std::string_view("1"), purpose, std::string_view(context.owner),
        std::string_view(context.entity), std::string_view(context.id),
        std::string_view(context.field)}) {
    for (int shift : {24, 16, 8, 0}) out += static_cast<char>((part.size() >> shift) & 0xff);
    out += part;
  }
  return out;
}

std::string derive(std::string_view data_key, std::string_view info) {
  return hkdf(Hash::Sha512, data_key, "", info, kKeyBytes);
}

bool lies_inside(const fs::path& file, const fs::path& folder) {
  const fs::path inner = fs::weakly_canonical(file), outer = fs::weakly_canonical(folder);
  const fs::path relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

// New bytes in a new file that only its owner may read, synced; false when it is there already.
bool create_private(const std::string& path, std::string_view bytes) {
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) return false;
  const bool written = fd >= 0 &&
                       ::write(fd, bytes.data(), bytes.size()) ==
                           static_cast<ssize_t>(bytes.size()) &&
                       ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!written)
    throw Failure(Failure::Retry::Later, "cannot write " + path + ": " + std::strerror(error));
  const int folder = ::open(fs::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return true;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file) throw Failure(Failure::Retry::Later, "cannot read " + path);
  return bytes.str();
}

const SealContext kCheckContext{"hub", "vault", "", "check"};

}  // namespace

Result<Vault> Vault::open(const std::string& key_file, const std::string& data_dir, bool create) {
  if (lies_inside(key_file, data_dir))
    return refuse(Refusal::Code::Invalid,
                  "the key file " + key_file + " lies inside the data folder " + data_dir +
                      ": a copy of the data would carry its own key; name another place with "
                      "key_file");
  const std::string check_file = data_dir + "/vault.check";
  const bool has_data = fs::exists(check_file);
  if (!fs::exists(key_file)) {
    if (has_data)
      return refuse(Refusal::Code::NotFound,
                    "the master key " + key_file + " is gone, and what is sealed in " + data_dir +
                        " cannot be opened without it; put it back from its copy");
    if (!create)
      return refuse(Refusal::Code::NotFound, "there is no master key at " + key_file);
    const fs::path folder = fs::path(key_file).parent_path();
    if (!folder.empty()) fs::create_directories(folder);
    create_private(key_file, random_bytes(kKeyBytes));
  }
  struct stat file {};
  if (::stat(key_file.c_str(), &file) != 0)
    throw Failure(Failure::Retry::Later, "cannot read " + key_file + ": " + std::strerror(errno));
  if ((file.st_mode & 077) != 0)
    return refuse(Refusal::Code::Forbidden,
                  "the key file " + key_file + " can be read by others; chmod 600 " + key_file);
  auto secret = std::make_unique<Secret>();
  secret->master = read_file(key_file);
  if (secret->master.size() != kKeyBytes)
    return refuse(Refusal::Code::Invalid, "the key file " + key_file + " has " +
                                              std::to_string(secret->master.size()) +
                                              " bytes; a key has 32");
  Vault opened(std::move(secret));
  if (!has_data) {
    fs::create_directories(data_dir);
    create_private(check_file, opened.seal(kCheckContext, kCheckText));
  }
  const Result<std::string> checked = opened.unseal(kCheckContext, read_file(check_file));
  if (!checked || *checked != kCheckText)
    return refuse(Refusal::Code::Invalid, "the key in " + key_file +
                                              " is not the one that the data in " + data_dir +
                                              " was sealed with");
  return opened;
}

Vault::Vault(std::unique_ptr<Secret> secret) : secret_(std::move(secret)) {}
Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&&) noexcept = default;
Vault::~Vault() = default;

std::string Vault::seal(const SealContext& context, std::string_view plain) const {
  std::string data_key = random_bytes(kKeyBytes);
  const std::string wrap_nonce = random_bytes(kNonceBytes), nonce = random_bytes(kNonceBytes);
  std::string bytes = wrap_nonce;
  bytes += encrypt(secret_->master, wrap_nonce, associated_data("key", context), data_key);
  bytes += derive(data_key, "msghub commit");
  bytes += nonce;
  std::string sealing_key = derive(data_key, "msghub seal");
  bytes += encrypt(sealing_key, nonce, associated_data("text", context), plain);
  OPENSSL_cleanse(data_key.data(), data_key.size());
  OPENSSL_cleanse(sealing_key.data(), sealing_key.size());
  return std::string(kFormat) + to_base64(bytes);
}

Result<std::string> Vault::unseal(const SealContext& context, std::string_view sealed) const {
  const auto refused = [&] {
    return refuse(Refusal::Code::Invalid, "the " + context.field + " of " + context.entity + " " +
                                              context.id +
                                              " cannot be opened: sealed with another key or for "
                                              "something else, or damaged");
  };
  constexpr std::size_t kHead = kNonceBytes + kWrappedBytes + kCommitmentBytes + kNonceBytes;
  if (!sealed.starts_with(kFormat)) return refused();
  const auto bytes = from_base64(sealed.substr(kFormat.size()));
  // One text has one encoding: bits that base64 ignores at its end must not be changed either.
  if (!bytes || bytes->size() < kHead + kTagBytes ||
      to_base64(*bytes) != sealed.substr(kFormat.size()))
    return refused();
  std::string_view rest(*bytes);
  const auto take = [&rest](std::size_t count) {
    const std::string_view part = rest.substr(0, count);
    rest.remove_prefix(count);
    return part;
  };
  const std::string_view wrap_nonce = take(kNonceBytes), wrapped = take(kWrappedBytes);
  const std::string_view commitment = take(kCommitmentBytes), nonce = take(kNonceBytes);
  auto data_key = decrypt(secret_->master, wrap_nonce, associated_data("key", context), wrapped);
  if (!data_key || !constant_time_equal(derive(*data_key, "msghub commit"), commitment))
    return refused();
  std::string sealing_key = derive(*data_key, "msghub seal");
  auto plain = decrypt(sealing_key, nonce, associated_data("text", context), rest);
  OPENSSL_cleanse(data_key->data(), data_key->size());
  OPENSSL_cleanse(sealing_key.data(), sealing_key.size());
  if (!plain) return refused();
  return std::move(*plain);
}

}  // namespace msghub
