#include "blob/disk/disk_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <ranges>
#include <utility>

#include "base/crypto.h"
#include "base/sync_folder.h"
#include "base/synced_file.h"
#include "blob/paths.h"

namespace msghub {

namespace {

constexpr std::string_view kMagic{"MSGBLOB\x01", 8};  // the last byte is the version
constexpr std::size_t kHead = 8 + 32;
constexpr std::size_t kDurableKept = 10'000;  // folders remembered; forgetting costs an fsync
constexpr int kTries = 16;
constexpr std::chrono::seconds kNamesKept{60};  // between two pages of a list

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

std::uint64_t content_size(const struct stat& about) {
  const auto size = static_cast<std::uint64_t>(about.st_size);
  return size < kHead ? 0 : size - kHead;
}

bool is_head(std::string_view head) { return head.size() == kHead && head.starts_with(kMagic); }

BlobInfo info_of(const std::string& path, const struct stat& about) {
  const std::chrono::milliseconds written(std::int64_t{about.st_mtim.tv_sec} * 1000 +
                                          about.st_mtim.tv_nsec / 1'000'000);
  return {path, content_size(about), Timestamp(written), ""};
}

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
  const OpenFile file(temporary, O_WRONLY | O_CREAT | O_EXCL);
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

void DiskFiles::fail_as_damaged(const std::string& path) {
  throw Failure(Failure::Retry::Never, "the blob " + path +
                                           " is damaged: its checksum is wrong; restore " +
                                           file_of(path) + " from a backup");
}

std::optional<std::string> DiskFiles::get(const std::string& path) {
  const OpenFile file(file_of(path), O_RDONLY);
  if (!file.is_open() && errno == ENOENT) return std::nullopt;
  struct stat about{};
  std::string head, content;
  if (!file.is_open() || !file.look(about) || !file.read(head, 0, kHead) ||
      !file.read(content, kHead, content_size(about)))
    fail(errno, "read", path);
  if (!is_head(head) || head.substr(kMagic.size()) != sha256(content)) fail_as_damaged(path);
  return content;
}

std::optional<std::string> DiskFiles::get_range(const std::string& path, std::uint64_t offset,
                                                std::uint64_t length) {
  const OpenFile file(file_of(path), O_RDONLY);
  if (!file.is_open() && errno == ENOENT) return std::nullopt;
  struct stat about{};
  std::string head, content;
  if (!file.is_open() || !file.look(about) || !file.read(head, 0, kHead)) fail(errno, "read", path);
  if (!is_head(head)) fail_as_damaged(path);
  offset = std::min(offset, content_size(about));
  if (!file.read(content, kHead + offset, std::min(length, content_size(about) - offset)))
    fail(errno, "read", path);
  return content;
}

std::optional<BlobInfo> DiskFiles::head(const std::string& path) {
  const OpenFile file(file_of(path), O_RDONLY);
  if (!file.is_open() && errno == ENOENT) return std::nullopt;
  struct stat about{};
  std::string head;
  if (!file.is_open() || !file.look(about) || !file.read(head, 0, kHead)) fail(errno, "read", path);
  if (!is_head(head)) fail_as_damaged(path);
  BlobInfo info = info_of(path, about);
  info.sha256_hex = to_hex(std::string_view(head).substr(kMagic.size()));
  return info;
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

struct DiskFiles::Listing {
  const std::string& prefix;
  const std::string& cursor;
  std::size_t limit;
  Names before;  // what the page before has left
  Names left;
  BlobPage page;

  bool is_full() const { return page.blobs.size() > limit; }  // one more than asked: there is more
  bool wants_file(const std::string& path) const {
    return path.starts_with(prefix) && path > cursor;
  }
  bool wants_folder(const std::string& slashed) const {
    return (slashed.starts_with(prefix) || prefix.starts_with(slashed)) &&
           (slashed > cursor || cursor.starts_with(slashed));
  }
};

BlobPage DiskFiles::list(const std::string& prefix, std::size_t limit, const std::string& cursor) {
  Listing listing{prefix, cursor, std::clamp<std::size_t>(limit, 1, Blobs::kPageLimit),
                  take_kept_names(prefix, cursor)};
  const std::size_t slash = prefix.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : prefix.substr(0, slash);
  if (slash == std::string::npos || check_blob_path(folder)) collect(folder, listing);
  if (listing.is_full()) {
    listing.page.blobs.pop_back();
    listing.page.cursor = listing.page.blobs.back().path;
    const std::lock_guard lock(stop_mutex_);
    stop_ = {prefix, listing.page.cursor, std::chrono::steady_clock::now(),
             std::move(listing.left)};
  }
  return std::move(listing.page);
}

DiskFiles::Names DiskFiles::take_kept_names(const std::string& prefix, const std::string& cursor) {
  const std::lock_guard lock(stop_mutex_);
  Stop stop = std::exchange(stop_, {});
  const bool is_next = !cursor.empty() && stop.prefix == prefix && stop.cursor == cursor;
  if (!is_next || std::chrono::steady_clock::now() - stop.at > kNamesKept) return {};
  return std::move(stop.names);
}

// Blobs and, with "/" behind, folders that the listing wants, in descending order. In this spelling
// the order of names is the order of the paths below them.
std::vector<std::string> DiskFiles::names_in(const std::string& folder, Listing& listing) {
  if (auto kept = listing.before.extract(folder)) return std::move(kept.mapped());
  std::vector<std::string> names;
  const std::string real = folder.empty() ? objects_ : objects_ + "/" + folder;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(real.c_str()), ::closedir);
  if (!entries) {
    if (errno == ENOENT) return names;  // it went in the meantime and has no blobs
    fail(errno, "list", folder);
  }
  const std::string before = folder.empty() ? "" : folder + "/";
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(entries.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    const bool is_file = name.ends_with('~');
    if (is_file) name.pop_back();
    if (!check_blob_path(name)) continue;  // not ours: "lost+found"
    if (!is_file) name += '/';
    if (is_file ? listing.wants_file(before + name) : listing.wants_folder(before + name))
      names.push_back(std::move(name));
  }
  if (errno != 0) fail(errno, "list", folder);
  std::ranges::sort(names, std::greater());
  return names;
}

void DiskFiles::collect(const std::string& folder, Listing& listing) {
  std::vector<std::string> names = names_in(folder, listing);
  while (!names.empty()) {
    const std::string& name = names.back();
    const std::string path = folder.empty() ? name : folder + "/" + name;
    struct stat about{};
    if (name.ends_with('/'))
      collect(parent_of(path), listing);
    else if (::stat(file_of(path).c_str(), &about) == 0)
      listing.page.blobs.push_back(info_of(path, about));
    else if (errno != ENOENT)
      fail(errno, "list", path);
    if (listing.is_full()) {
      listing.left[folder] = std::move(names);
      return;
    }
    names.pop_back();
  }
}

}  // namespace msghub
