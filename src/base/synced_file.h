#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

namespace msghub {

// A file descriptor that closes itself. Made files have mode 0600. Where a call gives false, errno
// says why.
class OpenFile {
 public:
  OpenFile(const std::string& path, int flags)
      : file_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~OpenFile() {
    if (file_ >= 0) ::close(file_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

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
  // Up to `count` bytes from `offset` on; fewer at the end of the file.
  bool read(std::string& bytes, std::uint64_t offset, std::size_t count) const {
    bytes.resize(count);
    std::size_t done = 0;
    while (done < count) {
      const ssize_t got =
          ::pread(file_, bytes.data() + done, count - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return false;
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return true;
  }
  // The whole file; a file that shrinks meanwhile gives what was there.
  bool read_all(std::string& bytes) const {
    struct stat about{};
    return look(about) && read(bytes, 0, static_cast<std::size_t>(about.st_size));
  }
  bool look(struct stat& about) const { return ::fstat(file_, &about) == 0; }
  bool sync() const { return ::fsync(file_) == 0; }

 private:
  int file_;
};

}  // namespace msghub
