#include "vault/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/crypto.h"
#include "base/sync_folder.h"

namespace msghub::vault {

namespace {

constexpr std::size_t kCheckLimit = 4096;  // bytes; a check file has about 80

class File {
 public:
  File(const std::string& path, int flags) : file_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (file_ >= 0) ::close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool is_open() const { return file_ >= 0; }
  int number() const { return file_; }

 private:
  int file_;
};

[[noreturn]] void fail(const std::string& doing, const std::string& file) {
  throw Failure(Failure::Retry::Never,
                "could not " + doing + " " + file + ": " + std::strerror(errno));
}

std::string folder_of(const std::string& file) {
  const std::string folder = std::filesystem::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

// Puts a file in place whole and synced, unless there is one.
void create_file(const std::string& file, std::string_view content) {
  const std::string folder = folder_of(file);
  const std::string fresh = file + ".new-" + to_hex(random_bytes(8));
  {
    const File made(fresh, O_WRONLY | O_CREAT | O_EXCL);
    if (!made.is_open()) fail("make", fresh);
    const bool written = ::write(made.number(), content.data(), content.size()) ==
                             static_cast<ssize_t>(content.size()) &&
                         ::fsync(made.number()) == 0;
    if (!written) {
      ::unlink(fresh.c_str());
      fail("write", fresh);
    }
  }
  // A link, as a rename would replace the file of another process that was faster.
  const bool placed = ::link(fresh.c_str(), file.c_str()) == 0 || errno == EEXIST;
  const int error = errno;
  ::unlink(fresh.c_str());
  errno = error;
  if (!placed) fail("make", file);
  if (!sync_folder(folder)) fail("sync", folder);
}

std::unexpected<Refusal> refuse_file(const std::string& file, const std::string& why) {
  return refuse(Refusal::Code::Invalid, "the master key " + file + " " + why);
}

}  // namespace

Result<void> read_key_file(const std::string& file, SecretKey& key) {
  const File opened(file, O_RDONLY);
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
  if (about.st_size != static_cast<off_t>(key.bytes.size()))
    return refuse_file(file, "has " + std::to_string(about.st_size) + " bytes and not " +
                                 std::to_string(key.bytes.size()) +
                                 "; restore the right one from a backup");
  if (::read(opened.number(), key.bytes.data(), key.bytes.size()) !=
      static_cast<ssize_t>(key.bytes.size()))
    fail("read", file);
  return {};
}

void create_key_file(const std::string& file) {
  const std::string folder = folder_of(file);
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) {
    std::filesystem::create_directories(folder, error);
    if (error)
      throw Failure(Failure::Retry::Never, "could not make " + folder + ": " + error.message());
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (!sync_new_folder(folder)) fail("sync", folder);
  }
  SecretKey key;
  fill_with_random(key);
  create_file(file, key.view());
}

bool matches_check_file(const std::string& file, const std::string& check) {
  if (!File(file, O_RDONLY).is_open()) {
    if (errno != ENOENT) fail("read", file);
    std::error_code error;
    std::filesystem::create_directories(folder_of(file), error);
    create_file(file, check);
  }
  // Read back even when just made: another process may have been faster.
  const File opened(file, O_RDONLY);
  std::string found(kCheckLimit, '\0');
  const ssize_t size = opened.is_open() ? ::read(opened.number(), found.data(), found.size()) : -1;
  if (size < 0) fail("read", file);
  found.resize(static_cast<std::size_t>(size));
  return constant_time_equal(found, check);
}

}  // namespace msghub::vault
