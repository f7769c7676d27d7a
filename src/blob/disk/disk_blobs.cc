#include "blob/disk/disk_blobs.h"

#include "blob/disk/disk_files.h"
#include "blob/paths.h"

namespace msghub {

namespace {

class DiskBlobs final : public Blobs {
 public:
  DiskBlobs(const std::string& path, boost::asio::thread_pool& pool, std::uint64_t reserve_bytes)
      : files_(path, reserve_bytes), pool_(pool) {}

  Task<Result<void>> put(std::string path, std::string bytes) override {
    const Result<void> fine = check_blob_path(path);
    if (!fine) co_return fine;
    auto work = [&files = files_, path = std::move(path), bytes = std::move(bytes)] {
      files.put(path, bytes);
    };
    co_await offload(pool_, std::move(work));
    co_return Result<void>();
  }

  // What is no path names no blob.
  Task<std::optional<std::string>> get(std::string path) override {
    if (!check_blob_path(path)) co_return std::nullopt;
    auto work = [&files = files_, path = std::move(path)] { return files.get(path); };
    co_return co_await offload(pool_, std::move(work));
  }

  Task<std::optional<std::string>> get_range(std::string path, std::uint64_t offset,
                                             std::uint64_t length) override {
    if (!check_blob_path(path)) co_return std::nullopt;
    auto work = [&files = files_, path = std::move(path), offset, length] {
      return files.get_range(path, offset, length);
    };
    co_return co_await offload(pool_, std::move(work));
  }

  Task<std::optional<BlobInfo>> head(std::string path) override {
    if (!check_blob_path(path)) co_return std::nullopt;
    auto work = [&files = files_, path = std::move(path)] { return files.head(path); };
    co_return co_await offload(pool_, std::move(work));
  }

  Task<void> remove(std::string path) override {
    if (!check_blob_path(path)) co_return;
    auto work = [&files = files_, path = std::move(path)] { files.remove(path); };
    co_await offload(pool_, std::move(work));
  }

  Task<void> remove_all(std::vector<std::string> paths) override {
    auto work = [&files = files_, paths = std::move(paths)] {
      for (const std::string& path : paths)
        if (check_blob_path(path)) files.remove(path);
    };
    co_await offload(pool_, std::move(work));
  }

  Task<BlobPage> list(std::string prefix, std::size_t limit, std::string cursor) override {
    auto work = [&files = files_, prefix = std::move(prefix), limit, cursor = std::move(cursor)] {
      return files.list(prefix, limit, cursor);
    };
    co_return co_await offload(pool_, std::move(work));
  }

 private:
  DiskFiles files_;
  boost::asio::thread_pool& pool_;
};

}  // namespace

std::unique_ptr<Blobs> open_disk_blobs(const std::string& path, boost::asio::thread_pool& pool,
                                       std::uint64_t reserve_bytes) {
  return std::make_unique<DiskBlobs>(path, pool, reserve_bytes);
}

}  // namespace msghub
