#include "app/change_export.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/sync_folder.h"
#include "base/synced_file.h"

namespace msghub {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void give_up(const std::string& what, const std::string& file) {
  throw Failure(Failure::Retry::Never, "cannot " + what + " " + file + ": " + std::strerror(errno));
}

// Up to the last line that was written whole.
void cut_to_lines(const std::string& path) {
  OpenFile file(path, O_RDWR | O_CREAT);
  if (!file.is_open()) give_up("write", path);
  off_t size = ::lseek(file.number(), 0, SEEK_END);
  char last = '\n';
  while (size > 0) {
    if (::pread(file.number(), &last, 1, size - 1) != 1) give_up("read", path);
    if (last == '\n') break;
    --size;
  }
  if (size < 0 || ::ftruncate(file.number(), size) != 0) give_up("write", path);
}

std::string folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

std::string read_cursor(const std::string& path) {
  if (path.empty() || !fs::exists(path)) return {};
  const OpenFile file(path, O_RDONLY);
  std::string text;
  if (!file.is_open() || !file.read_all(text)) give_up("read", path);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty() || text.find('\n') != std::string::npos)
    throw Failure(Failure::Retry::Never, path + " holds no cursor; remove it to begin again");
  return text;
}

}  // namespace

ChangeExport::ChangeExport(const std::string& output, std::string cursor_file)
    : output_(output),
      cursor_file_(std::move(cursor_file)),
      kept_cursor_(read_cursor(cursor_file_)),
      file_(stdout) {
  if (output_.empty()) return;
  cut_to_lines(output_);
  file_ = std::fopen(output_.c_str(), "ae");
  if (file_ == nullptr) give_up("write", output_);
  if (!sync_folder(folder_of(output_))) give_up("sync the folder of", output_);
}

ChangeExport::~ChangeExport() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

bool ChangeExport::write(const std::vector<json::object>& changes, const std::string& cursor) {
  bool written = true;
  for (const json::object& change : changes) {
    const std::string line = to_json(change) + "\n";
    written = written && std::fwrite(line.data(), 1, line.size(), file_) == line.size();
  }
  written = written && std::fflush(file_) == 0;
  if (!written && file_ == stdout && errno == EPIPE) return false;
  const bool synced = file_ == stdout || changes.empty() || ::fsync(::fileno(file_)) == 0;
  if (!written || !synced) give_up("write", output_.empty() ? "standard output" : output_);
  if (!cursor_file_.empty() && cursor != kept_cursor_) keep(cursor);
  return true;
}

void ChangeExport::keep(const std::string& cursor) {
  const std::string fresh = cursor_file_ + ".new";
  {
    const OpenFile file(fresh, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open() || !file.write_all(cursor + "\n") || !file.sync()) give_up("write", fresh);
  }
  if (::rename(fresh.c_str(), cursor_file_.c_str()) != 0 || !sync_folder(folder_of(cursor_file_)))
    give_up("write", cursor_file_);
  kept_cursor_ = cursor;
}

}  // namespace msghub
