#include "app/replace_file.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include "app/client.h"
#include "app/exit_code.h"
#include "base/crypto.h"
#include "base/synced_file.h"

namespace msghub {

namespace fs = std::filesystem;

void replace_file(const std::string& path, std::string_view bytes) {
  const auto failed = [&](const std::string& why) {
    return ApiError{kFailed, "cannot write " + path + ": " + why, {}};
  };
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  if (error) throw failed(error.message());
  const fs::path fresh = target.parent_path() / ("." + target.filename().string() + "." +
                                                 random_uuid().substr(0, 8) + ".new");
  bool written = false;
  {
    const OpenFile file(fresh.string(), O_WRONLY | O_CREAT | O_EXCL);
    written = file.is_open() && file.write_all(bytes) && ::fsync(file.number()) == 0;
    if (!written) error = std::error_code(errno, std::generic_category());
  }
  if (written) fs::permissions(fresh, fs::status(target).permissions(), error);
  if (written && !error) fs::rename(fresh, target, error);
  if (!error) return;
  std::error_code ignored;
  fs::remove(fresh, ignored);
  throw failed(error.message());
}

void write_file(const std::string& path, std::string_view bytes) {
  if (fs::exists(path)) return replace_file(path, bytes);
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  if (!out.flush())
    throw ApiError{kFailed, "cannot write " + path + ": " + std::strerror(errno), {}};
}

}  // namespace msghub
