#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

namespace msghub {

// Makes a folder's entries (new, renamed and removed files) durable. False: errno says why.
inline bool sync_folder(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return false;
  const bool synced = ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  errno = error;
  return synced;
}

// The same for a folder that was just made and all above it, as some may have been made with it.
// What we may not open or sync at all was there before; only a disk that fails counts.
inline bool sync_new_folder(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::path at = std::filesystem::absolute(folder, ignored).lexically_normal();
  for (;; at = at.parent_path()) {
    const bool synced = sync_folder(at.string());
    if (!synced && (errno == EIO || errno == ENOSPC || errno == EDQUOT)) return false;
    if (at == at.parent_path()) return true;
  }
}

}  // namespace msghub
