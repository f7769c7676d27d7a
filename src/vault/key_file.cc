#include "vault/key_file.h"

#include <cstring>
#include <filesystem>

#include "base/crypto.h"
#include "base/sync_folder.h"
#include "base/synced_file.h"

namespace msghub::vault {

namespace {

constexpr std::string_view kHead = "msghub-keys 1\n";
constexpr std::size_t kKeySize = 32;
constexpr off_t kSizeLimit = 64 * 1024;  // bytes; a line of a key has about 67

// Text that holds keys: wiped when it goes. Reserved once, so that growing leaves no copy behind.
struct SecretText {
  std::string text;
  SecretText() { text.reserve(kSizeLimit); }
  ~SecretText() { OPENSSL_cleanse(text.data(), text.capacity()); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
};

[[noreturn]] void fail(const std::string& doing, const std::string& file) {
  throw Failure(Failure::Retry::Never,
                "could not " + doing + " " + file + ": " + std::strerror(errno));
}

std::string folder_of(const std::string& file) {
  const std::string folder = std::filesystem::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

// A synced file beside `file`, for moving into its place.
std::string write_beside(const std::string& file, std::string_view content) {
  const std::string fresh = file + ".new-" + to_hex(random_bytes(8));
  const OpenFile made(fresh, O_WRONLY | O_CREAT | O_EXCL);
  if (!made.is_open()) fail("make", fresh);
  if (made.write_all(content) && made.sync()) return fresh;
  const int error = errno;
  ::unlink(fresh.c_str());
  errno = error;
  fail("write", fresh);
}

void create_file(const std::string& file, std::string_view content) {
  const std::string fresh = write_beside(file, content);
  // A link, as a rename would replace the file of another process that was faster.
  const bool placed = ::link(fresh.c_str(), file.c_str()) == 0 || errno == EEXIST;
  const int error = errno;
  ::unlink(fresh.c_str());
  errno = error;
  if (!placed) fail("make", file);
  if (!sync_folder(folder_of(file))) fail("sync", folder_of(file));
}

void replace_file(const std::string& file, std::string_view content) {
  const std::string fresh = write_beside(file, content);
  if (::rename(fresh.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    errno = error;
    fail("replace", file);
  }
  if (!sync_folder(folder_of(file))) fail("sync", folder_of(file));
}

void write_keys(const MasterKeys& keys, std::string& out) {
  out = kHead;
  for (const auto& key : keys) {
    std::string text = to_base64url(key->view());
    out += name_of(*key) + " " + text + "\n";
    OPENSSL_cleanse(text.data(), text.size());
  }
}

// Nothing when the line is no key, or its name says that it is another.
std::unique_ptr<SecretKey> key_of_line(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return nullptr;
  std::optional<std::string> bytes = from_base64url(line.substr(space + 1));
  if (!bytes || bytes->size() != kKeySize) return nullptr;
  std::unique_ptr<SecretKey> key = take_key(*bytes);
  if (name_of(*key) != line.substr(0, space)) return nullptr;
  return key;
}

// Nothing when the text is damaged.
MasterKeys keys_of(std::string_view text) {
  MasterKeys keys;
  if (text.size() == kKeySize && !text.starts_with(kHead)) {
    std::string bytes(text);
    keys.push_back(take_key(bytes));
    return keys;
  }
  if (!text.starts_with(kHead)) return keys;
  text.remove_prefix(kHead.size());
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    keys.push_back(key_of_line(text.substr(0, end)));
    if (keys.back() == nullptr) return {};
    text.remove_prefix(end + 1);
  }
  return keys;
}

std::unexpected<Refusal> refuse_file(const std::string& file, const std::string& why) {
  return refuse(Refusal::Code::Invalid, "the master key " + file + " " + why);
}

std::string derived(const SecretKey& master, std::string_view name, std::size_t size) {
  SecretKey out;
  hkdf(Digest::Sha256, master.view(), "", name, out.bytes.data(), out.bytes.size());
  return to_hex(out.view().substr(0, size));
}

std::string check_line_of(const SecretKey& master) {
  return "msghub1:" + check_value_of(master) + "\n";
}

}  // namespace

std::unique_ptr<SecretKey> random_key() {
  auto key = std::make_unique<SecretKey>();
  fill_with_random(*key);
  return key;
}

std::string name_of(const SecretKey& master) {
  return "local-" + derived(master, "msghub 2 key name", 8);
}

std::string check_value_of(const SecretKey& master) {
  return derived(master, "msghub 1 check value", 32);
}

Result<MasterKeys> read_key_file(const std::string& file) {
  const OpenFile opened(file, O_RDONLY);
  if (!opened.is_open() && errno == ENOENT)
    return refuse(Refusal::Code::NotFound, "there is no master key " + file);
  if (!opened.is_open())
    return refuse_file(file, std::string("cannot be read: ") + std::strerror(errno));
  struct stat about{};
  if (::fstat(opened.number(), &about) != 0) fail("look at", file);
  if (!S_ISREG(about.st_mode)) return refuse_file(file, "is no plain file");
  if ((about.st_mode & 077) != 0)
    return refuse_file(file, "may be read by others; run: chmod 600 " + file);
  if (about.st_uid != ::geteuid() && about.st_uid != 0)
    return refuse_file(file, "belongs to another user; give it to the one that runs msghub");
  MasterKeys keys;
  if (about.st_size <= kSizeLimit) {
    SecretText secret;
    if (!opened.read_all(secret.text)) fail("read", file);
    keys = keys_of(secret.text);
  }
  if (keys.empty())
    return refuse_file(file, "is damaged or no key file (" + std::to_string(about.st_size) +
                                 " bytes); restore the right one from a backup or a recovery kit");
  return keys;
}

void create_key_file(const std::string& file, const MasterKeys& keys) {
  const std::string folder = folder_of(file);
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) {
    std::filesystem::create_directories(folder, error);
    if (error)
      throw Failure(Failure::Retry::Never, "could not make " + folder + ": " + error.message());
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (!sync_new_folder(folder)) fail("sync", folder);
  }
  SecretText secret;
  write_keys(keys, secret.text);
  create_file(file, secret.text);
}

void replace_key_file(const std::string& file, const MasterKeys& keys) {
  SecretText secret;
  write_keys(keys, secret.text);
  replace_file(file, secret.text);
}

bool matches_check_file(const std::string& file, const MasterKeys& keys) {
  MSGHUB_CHECK(!keys.empty());
  if (!OpenFile(file, O_RDONLY).is_open()) {
    if (errno != ENOENT) fail("read", file);
    std::error_code error;
    std::filesystem::create_directories(folder_of(file), error);
    create_file(file, check_line_of(*keys.front()));
  }
  // Read back even when just made: another process may have been faster.
  const OpenFile opened(file, O_RDONLY);
  std::string found;
  if (!opened.is_open() || !opened.read_all(found)) fail("read", file);
  for (const auto& key : keys)
    if (constant_time_equal(found, check_line_of(*key))) return true;
  return false;
}

void replace_check_file(const std::string& file, const SecretKey& key) {
  replace_file(file, check_line_of(key));
}

}  // namespace msghub::vault
