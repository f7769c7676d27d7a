#include "blob/disk/disk_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <ranges>

#include "base/crypto.h"
#include "base/sync_folder.h"
#include "blob/paths.h"

namespace msghub {

namespace {

constexpr std::string_view kMagic{"MSGBLOB\x01", 8};  // the last byte is the version
constexpr std::size_t kHead = 8 + 32;
constexpr std::size_t kDurableKept = 10'000;  // folders remembered; forgetting costs an fsync
constexpr int kTries = 16;

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

  bool write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  bool read_all(std::string& bytes) const {
    struct stat about{};
    if (::fstat(file_, &about) != 0) return false;
    bytes.resize(static_cast<std::size_t>(about.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t count = ::read(file_, bytes.data() + done, bytes.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    bytes.resize(done);
    return true;
  }

 private:
  int file_;
};

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

DiskFiles::DiskFiles(const std::string& root, std::uint64_t reserve_bytes)
    : objects_(root + "/objects"), temporaries_(root + "/tmp"), space_(root, reserve_bytes) {
  std::error_code error;
  for (const std::string& folder : {objects_, temporaries_}) {
    std::filesystem::create_directories(folder, error);
    if (error) fail(error.value(), "make the folder of", folder);
  }
  for (const auto& leftover : std::filesystem::directory_iterator(temporaries_, error))
    ::unlink(leftover.path().c_str());
  if (error) fail(error.value(), "look into the folder of", temporaries_);
  if (!sync_new_folder(root)) fail(errno, "sync the folder of", root);
  durable_.insert(objects_);
}

void DiskFiles::fail(int error, const std::string& doing, const std::string& path) {
  const std::string what = "could not " + doing + " the blob " + path + ": " + std::strerror(error);
  if (error == ENOSPC || error == EDQUOT)
    throw Failure(Failure::Retry::Later, space_.complaint() + " (" + what + ")");
  if (error == EACCES || error == EPERM || error == EROFS)
    throw Failure(Failure::Retry::Later,
                  what + "; see that this user can write to " + parent_of(objects_));
  throw Failure(Failure::Retry::Later, what);
}

void DiskFiles::put(const std::string& path, const std::string& bytes) {
  if (is_message_blob(path) && space_.below_reserve())
    throw Failure(Failure::Retry::Later, space_.complaint());
  const std::string temporary = write_temporary(path, bytes);
  try {
    int tries = 0;
    while (!move_to_place(temporary, path))
      if (++tries == kTries) fail(ENOENT, "put", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  const std::string folder = parent_of(file_of(path));
  // No folder: the blob was removed since, and with it the folder.
  if (!sync_folder(folder) && errno != ENOENT) fail(errno, "sync", path);
}

std::string DiskFiles::write_temporary(const std::string& path, const std::string& bytes) {
  const std::string temporary = temporaries_ + "/" + std::to_string(next_temporary_++);
  const File file(temporary, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open()) fail(errno, "put", path);
  const std::string head = std::string(kMagic) + sha256(bytes);
  if (file.write_all(head) && file.write_all(bytes) && ::fsync(file.number()) == 0)
    return temporary;
  const int error = errno;
  ::unlink(temporary.c_str());
  fail(error, "put", path);
}

// False when a folder on the way went with its last blob in between.
bool DiskFiles::move_to_place(const std::string& temporary, const std::string& path) {
  const std::string file = file_of(path);
  ensure_folder(parent_of(file));
  if (::rename(temporary.c_str(), file.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  fail(errno, "put", path);
}

void DiskFiles::ensure_folder(const std::string& folder) {
  const std::lock_guard lock(folders_mutex_);
  std::vector<std::string> missing;
  for (std::string at = folder; !durable_.contains(at) && at != objects_; at = parent_of(at))
    missing.push_back(at);
  if (durable_.size() > kDurableKept) durable_.clear();
  for (const std::string& at : std::views::reverse(missing)) {
    if (::mkdir(at.c_str(), 0700) != 0 && errno != EEXIST) fail(errno, "make the folder of", at);
    if (!sync_folder(parent_of(at))) fail(errno, "sync the folder of", at);
    durable_.insert(at);
  }
}

std::optional<std::string> DiskFiles::get(const std::string& path) {
  const File file(file_of(path), O_RDONLY);
  if (!file.is_open() && errno == ENOENT) return std::nullopt;
  std::string content;
  if (!file.is_open() || !file.read_all(content)) fail(errno, "read", path);
  const std::string_view view = content;
  if (view.size() < kHead || !view.starts_with(kMagic) ||
      view.substr(kMagic.size(), 32) != sha256(view.substr(kHead)))
    throw Failure(Failure::Retry::Never, "the blob " + path +
                                             " is damaged: its checksum is wrong; restore " +
                                             file_of(path) + " from a backup");
  content.erase(0, kHead);
  return content;
}

void DiskFiles::remove(const std::string& path) {
  const std::string file = file_of(path);
  if (::unlink(file.c_str()) != 0) {
    if (errno == ENOENT) return;
    fail(errno, "remove", path);
  }
  const std::string folder = parent_of(file);
  if (!sync_folder(folder) && errno != ENOENT) fail(errno, "remove", path);
  prune_folders(folder);
}

// Empty folders need not go durably: one that comes back is only found empty again.
void DiskFiles::prune_folders(std::string folder) {
  const std::lock_guard lock(folders_mutex_);
  for (; folder != objects_; folder = parent_of(folder)) {
    if (::rmdir(folder.c_str()) != 0) return;
    durable_.erase(folder);
  }
}

std::vector<std::string> DiskFiles::list(const std::string& prefix) {
  const std::size_t slash = prefix.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : prefix.substr(0, slash);
  std::vector<std::string> found;
  if (slash == std::string::npos || check_blob_path(folder)) collect(folder, prefix, found);
  std::ranges::sort(found);
  return found;
}

void DiskFiles::collect(const std::string& folder, const std::string& prefix,
                        std::vector<std::string>& found) {
  std::error_code error;
  std::filesystem::directory_iterator at(folder.empty() ? objects_ : objects_ + "/" + folder,
                                         error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::string path = folder.empty() ? name : folder + "/" + name;
    if (name.ends_with('~')) {
      path.pop_back();
      if (path.starts_with(prefix)) found.push_back(std::move(path));
    } else if (std::string_view(path).substr(0, prefix.size()) ==
               std::string_view(prefix).substr(0, path.size())) {
      collect(path, prefix, found);
    }
  }
  // A folder that went in the meantime has no blobs.
  if (error && error != std::errc::no_such_file_or_directory) fail(error.value(), "list", folder);
}

}  // namespace msghub
