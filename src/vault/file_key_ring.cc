#include "vault/file_key_ring.h"

#include <filesystem>

#include "base/crypto.h"
#include "base/inside.h"
#include "vault/associated_data.h"

// A wrapped data key is 12 bytes of nonce and the 32 of the key with their tag (16), encrypted
// under a wrapping key that HKDF makes from the master key. The associated data are format version,
// the master key's name, and the context; the first format had no names.
namespace msghub {

using namespace vault;

namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kWrappedSize = kNonceSize + kKeySize + kTagSize;

std::string check_file_in(const std::string& data_dir) { return data_dir + "/vault.check"; }

std::string wrapping_data(const std::string& key_name, const SealContext& context) {
  if (key_name.empty()) return associated_data(kFormat1, context);
  return joined({kFormat2, key_name}) + associated_data(kFormat2, context);
}

Result<MasterKeys> read_or_make(const std::string& key_file, const std::string& data_dir,
                                bool create) {
  Result<MasterKeys> keys = read_key_file(key_file);
  if (keys || keys.error().code != Refusal::Code::NotFound) return keys;
  std::error_code ignored;
  if (std::filesystem::exists(check_file_in(data_dir), ignored))
    return refuse(Refusal::Code::NotFound,
                  keys.error().detail + ", but the data in " + data_dir +
                      " were sealed with one; restore that file from a backup or a recovery kit");
  if (!create) return keys;
  MasterKeys fresh;
  fresh.push_back(random_key());
  create_key_file(key_file, fresh);
  return read_key_file(key_file);
}

Result<void> lies_outside(const std::string& key_file, const std::string& data_dir) {
  if (!is_inside(key_file, data_dir)) return {};
  return refuse(Refusal::Code::Invalid,
                "the master key " + key_file + " must not lie in the data folder " + data_dir +
                    ": a copy of the data would hold its key; keep it elsewhere");
}

std::unexpected<Refusal> another_key(const std::string& key_file, const std::string& data_dir) {
  return refuse(Refusal::Code::Invalid,
                "the master key " + key_file + " is not the one that the data in " + data_dir +
                    " were sealed with; restore the right one from a backup or a recovery kit. "
                    "Was a hub started here once without its key? Then remove " +
                    check_file_in(data_dir) + " and start it with the right one");
}

}  // namespace

struct FileKeyRing::Entry {
  std::string name;
  SecretKey wrapping_key;
};

FileKeyRing::FileKeyRing(std::string file, const MasterKeys& keys) : file_(std::move(file)) {
  for (const auto& key : keys) {
    auto entry = std::make_unique<Entry>();
    entry->name = name_of(*key);
    hkdf(Digest::Sha256, key->view(), "", "msghub 1 wrapping key", entry->wrapping_key.bytes.data(),
         kKeySize);
    entries_.push_back(std::move(entry));
  }
}
FileKeyRing::~FileKeyRing() = default;

Result<std::unique_ptr<FileKeyRing>> FileKeyRing::open(const std::string& key_file,
                                                       const std::string& data_dir, bool create) {
  if (const Result<void> outside = lies_outside(key_file, data_dir); !outside)
    return std::unexpected(outside.error());
  const Result<MasterKeys> keys = read_or_make(key_file, data_dir, create);
  if (!keys) return std::unexpected(keys.error());
  if (!matches_check_file(check_file_in(data_dir), *keys)) return another_key(key_file, data_dir);
  return std::unique_ptr<FileKeyRing>(new FileKeyRing(key_file, *keys));
}

std::vector<std::string> FileKeyRing::names() const {
  std::vector<std::string> out;
  for (const auto& entry : entries_) out.push_back(entry->name);
  return out;
}

KeyRing::Wrapped FileKeyRing::wrap(const SecretKey& data_key, const SealContext& context) const {
  const Entry& current = *entries_.front();
  const std::string nonce = random_bytes(kNonceSize);
  return {current.name, nonce + encrypt(current.wrapping_key.view(), nonce,
                                        wrapping_data(current.name, context), data_key.view())};
}

Result<std::unique_ptr<SecretKey>> FileKeyRing::open_wrapped(const Wrapped& wrapped,
                                                             const SealContext& context) const {
  const std::string_view bytes = wrapped.bytes;
  bool known = wrapped.key_name.empty();
  for (const auto& entry : entries_) {
    if (!wrapped.key_name.empty() && wrapped.key_name != entry->name) continue;
    known = true;
    if (bytes.size() != kWrappedSize) break;
    std::optional<std::string> plain =
        decrypt(entry->wrapping_key.view(), bytes.substr(0, kNonceSize),
                wrapping_data(wrapped.key_name, context), bytes.substr(kNonceSize));
    if (plain) return take_key(*plain);
  }
  if (!known)
    return refuse(Refusal::Code::NotFound,
                  "the sealed text needs the master key " + wrapped.key_name + ", which " + file_ +
                      " does not have; restore it from a backup or a recovery kit");
  return refuse(Refusal::Code::Invalid,
                "the sealed text cannot be opened: it was changed, belongs to something else, or "
                "was sealed under another master key");
}

Task<std::string> FileKeyRing::current_key() { co_return entries_.front()->name; }

Task<std::unique_ptr<KeyRing::DataKey>> FileKeyRing::generate(SealContext context) {
  auto made = std::make_unique<DataKey>();
  fill_with_random(made->key);
  made->wrapped = wrap(made->key, context);
  co_return made;
}

Task<Result<std::unique_ptr<SecretKey>>> FileKeyRing::unwrap(Wrapped wrapped, SealContext context) {
  co_return open_wrapped(wrapped, context);
}

Task<Result<KeyRing::Wrapped>> FileKeyRing::rewrap(Wrapped wrapped, SealContext context) {
  if (wrapped.key_name.empty())
    co_return refuse(Refusal::Code::Invalid, "a data key of the first format stays as it is");
  const Result<std::unique_ptr<SecretKey>> key = open_wrapped(wrapped, context);
  if (!key) co_return std::unexpected(key.error());
  co_return wrap(**key, context);
}

Result<bool> check_key_file(const std::string& key_file, const std::string& data_dir) {
  if (const Result<void> outside = lies_outside(key_file, data_dir); !outside)
    return std::unexpected(outside.error());
  std::error_code ignored;
  const bool sealed = std::filesystem::exists(check_file_in(data_dir), ignored);
  const Result<MasterKeys> keys = read_or_make(key_file, data_dir, false);
  if (!keys && !sealed && keys.error().code == Refusal::Code::NotFound) return false;
  if (!keys) return std::unexpected(keys.error());
  if (sealed && !matches_check_file(check_file_in(data_dir), *keys))
    return another_key(key_file, data_dir);
  return true;
}

Result<void> add_master_key(const std::string& key_file) {
  Result<MasterKeys> keys = read_key_file(key_file);
  if (!keys) return std::unexpected(keys.error());
  keys->insert(keys->begin(), random_key());
  replace_key_file(key_file, *keys);
  return {};
}

Result<void> drop_older_master_keys(const std::string& key_file, const std::string& data_dir) {
  Result<MasterKeys> keys = read_key_file(key_file);
  if (!keys) return std::unexpected(keys.error());
  // The check value first: killed in between, the current key, which is in both files, still fits.
  replace_check_file(check_file_in(data_dir), *keys->front());
  keys->resize(1);
  replace_key_file(key_file, *keys);
  return {};
}

}  // namespace msghub
