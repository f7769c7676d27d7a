#include "tests/contract/power_cut_fs.h"

#include <filesystem>

namespace msghub::testing {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().lexically_normal().string();
}

IOStatus no_power() { return IOStatus::IOError("the power was cut"); }

}  // namespace

class PowerCutFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  PowerCutFile(PowerCutFs& fs, std::string path, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), fs_(fs), path_(std::move(path)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const std::lock_guard lock(fs_.mutex_);
    // The write that is cut leaves some of its bytes.
    const bool was_on = !fs_.cut_;
    const IOStatus fine = fs_.append(path_, data.size(), GetIOPriority() == rocksdb::Env::IO_LOW);
    if (fine.ok()) return target()->Append(data, options, debug);
    if (was_on && fs_.cut_) {
      const Slice half(data.data(), data.size() / 2);
      if (target()->Append(half, options, debug).ok()) fs_.files_[path_].written += half.size();
    }
    return fine;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    const std::lock_guard lock(fs_.mutex_);
    const IOStatus fine = fs_.work();
    if (!fine.ok()) return fine;
    PowerCutFs::Bytes& bytes = fs_.files_[path_];
    bytes.written = size;
    bytes.synced = std::min(bytes.synced, size);
    return target()->Truncate(size, options, debug);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(fs_.mutex_);
    const IOStatus fine = fs_.work();
    if (fine.ok()) fs_.sync_file(path_);
    return fine;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // It promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  PowerCutFs& fs_;
  const std::string path_;
};

class PowerCutFolder final : public rocksdb::FSDirectoryWrapper {
 public:
  PowerCutFolder(PowerCutFs& fs, std::string path, std::unique_ptr<rocksdb::FSDirectory> folder)
      : FSDirectoryWrapper(std::move(folder)), fs_(fs), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(fs_.mutex_);
    const IOStatus fine = fs_.work();
    if (fine.ok()) fs_.sync_folder(path_);
    return fine;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  PowerCutFs& fs_;
  const std::string path_;
};

PowerCutFs::PowerCutFs(std::string attic, std::string lie_about)
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      attic_(std::move(attic)),
      lie_about_(std::move(lie_about)) {
  std::filesystem::create_directories(attic_);
}

void PowerCutFs::cut_at(int operation) {
  const std::lock_guard lock(mutex_);
  until_cut_ = operation;
}

bool PowerCutFs::is_cut() const {
  const std::lock_guard lock(mutex_);
  return cut_;
}

void PowerCutFs::fill_for(Full full) {
  const std::lock_guard lock(mutex_);
  full_for_ = full;
}

int PowerCutFs::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

IOStatus PowerCutFs::work() {
  if (until_cut_ > 0 && --until_cut_ == 0) cut_ = true;
  return cut_ ? no_power() : IOStatus::OK();
}

IOStatus PowerCutFs::append(const std::string& path, std::uint64_t bytes, bool merging) {
  const IOStatus fine = work();
  if (!fine.ok()) return fine;
  const bool full = full_for_ == Full::Tables || (full_for_ == Full::MergedTables && merging);
  if (full && path.ends_with(".sst")) {
    ++refused_;
    return IOStatus::NoSpace("No space left on device");
  }
  files_[path].written += bytes;
  return fine;
}

void PowerCutFs::sync_file(const std::string& path) {
  if (!lie_about_.empty() && path.ends_with(lie_about_)) return;
  Bytes& bytes = files_[path];
  bytes.synced = bytes.written;
}

void PowerCutFs::sync_folder(const std::string& folder) {
  std::erase_if(changes_, [&](const NameChange& change) {
    const bool here = folder_of(change.from) == folder || folder_of(change.to) == folder;
    if (here && !change.saved.empty()) std::filesystem::remove(change.saved);
    return here;
  });
}

// Moves the file out of the way; its name in the attic.
std::string PowerCutFs::save(const std::string& path) {
  std::string saved = attic_ + "/" + std::to_string(saved_++);
  std::filesystem::rename(path, saved);
  return saved;
}

void PowerCutFs::move(const std::string& from, const std::string& to) {
  std::filesystem::rename(from, to);
  const auto bytes = files_.extract(from);
  files_.erase(to);
  if (!bytes.empty()) files_[to] = bytes.mapped();
}

IOStatus PowerCutFs::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                     std::unique_ptr<rocksdb::FSWritableFile>* file,
                                     IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  IOStatus status = work();
  if (!status.ok()) return status;
  NameChange change{.from = "", .to = path, .saved = "", .saved_bytes = files_[path]};
  if (std::filesystem::exists(path)) change.saved = save(path);
  std::unique_ptr<rocksdb::FSWritableFile> real;
  status = target()->NewWritableFile(path, options, &real, debug);
  if (!status.ok()) return status;
  files_[path] = {};
  changes_.push_back(std::move(change));
  *file = std::make_unique<PowerCutFile>(*this, path, std::move(real));
  return status;
}

IOStatus PowerCutFs::ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                                        std::unique_ptr<rocksdb::FSWritableFile>*,
                                        IODebugContext*) {
  return IOStatus::NotSupported("no file of a store is written a second time");
}

IOStatus PowerCutFs::NewDirectory(const std::string& path, const IOOptions& options,
                                  std::unique_ptr<rocksdb::FSDirectory>* folder,
                                  IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> real;
  const IOStatus status = target()->NewDirectory(path, options, &real, debug);
  if (status.ok())
    *folder = std::make_unique<PowerCutFolder>(*this, folder_of(path + "/x"), std::move(real));
  return status;
}

IOStatus PowerCutFs::RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                                IODebugContext*) {
  const std::lock_guard lock(mutex_);
  const IOStatus fine = work();
  if (!fine.ok()) return fine;
  if (!std::filesystem::exists(from)) return IOStatus::PathNotFound(from);
  NameChange change{.from = from, .to = to, .saved = "", .saved_bytes = {}};
  if (std::filesystem::exists(to)) {
    change.saved_bytes = files_[to];
    change.saved = save(to);
  }
  move(from, to);
  changes_.push_back(std::move(change));
  return fine;
}

IOStatus PowerCutFs::LinkFile(const std::string& from, const std::string& to,
                              const IOOptions& options, IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  const IOStatus fine = work();
  if (!fine.ok()) return fine;
  changes_.push_back({.from = "", .to = to, .saved = "", .saved_bytes = {}});
  return target()->LinkFile(from, to, options, debug);
}

IOStatus PowerCutFs::DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) {
  const std::lock_guard lock(mutex_);
  const IOStatus fine = work();
  if (!fine.ok()) return fine;
  if (!std::filesystem::exists(path)) return IOStatus::PathNotFound(path);
  NameChange change{.from = path, .to = "", .saved = "", .saved_bytes = files_[path]};
  change.saved = save(path);
  files_.erase(path);
  changes_.push_back(std::move(change));
  return fine;
}

IOStatus PowerCutFs::LockFile(const std::string& path, const IOOptions& options,
                              rocksdb::FileLock** lock, IODebugContext* debug) {
  if (is_cut()) return no_power();
  return target()->LockFile(path, options, lock, debug);
}

void PowerCutFs::undo(const NameChange& change) {
  const std::string& place = change.to.empty() ? change.from : change.to;
  if (!change.to.empty()) {
    if (!change.from.empty()) {
      move(change.to, change.from);
    } else {
      std::filesystem::remove(change.to);
      files_.erase(change.to);
    }
  }
  if (change.saved.empty()) return;
  std::filesystem::rename(change.saved, place);
  files_[place] = change.saved_bytes;
}

void PowerCutFs::lose(std::mt19937& random, bool torn) {
  const std::lock_guard lock(mutex_);
  const auto up_to = [&random](std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(0, most)(random);
  };
  const std::size_t kept = torn ? up_to(changes_.size()) : 0;
  for (std::size_t i = changes_.size(); i > kept; --i) undo(changes_[i - 1]);
  changes_.clear();
  for (const auto& [path, bytes] : files_) {
    if (bytes.written <= bytes.synced || !std::filesystem::exists(path)) continue;
    const std::uint64_t rest = torn ? up_to(bytes.written - bytes.synced) : 0;
    std::filesystem::resize_file(path, bytes.synced + rest);
  }
  files_.clear();
}

}  // namespace msghub::testing
