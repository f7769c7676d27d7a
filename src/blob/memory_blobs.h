#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/crypto.h"
#include "blob/blobs.h"
#include "blob/paths.h"

namespace msghub {

// Blobs in memory, for tests that need no disk. Thread-safe.
class MemoryBlobs final : public Blobs {
 public:
  struct Kept {
    std::string bytes;
    Timestamp written_at;
  };

  Task<Result<void>> put(std::string path, std::string bytes) override {
    const Result<void> fine = check_blob_path(path);
    if (!fine) co_return fine;
    const std::lock_guard lock(mutex_);
    kept_[std::move(path)] = {std::move(bytes), SystemClock().now()};
    co_return Result<void>();
  }

  Task<std::optional<std::string>> get(std::string path) override {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(path);
    if (found == kept_.end()) co_return std::nullopt;
    co_return found->second.bytes;
  }

  Task<std::optional<std::string>> get_range(std::string path, std::uint64_t offset,
                                             std::uint64_t length) override {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(path);
    if (found == kept_.end()) co_return std::nullopt;
    const std::string& bytes = found->second.bytes;
    co_return bytes.substr(std::min<std::uint64_t>(offset, bytes.size()), length);
  }

  Task<std::optional<BlobInfo>> head(std::string path) override {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(path);
    if (found == kept_.end()) co_return std::nullopt;
    BlobInfo info = info_of(*found);
    info.sha256_hex = sha256_hex(found->second.bytes);
    co_return info;
  }

  Task<void> remove(std::string path) override {
    const std::lock_guard lock(mutex_);
    kept_.erase(path);
    co_return;
  }

  Task<void> remove_all(std::vector<std::string> paths) override {
    const std::lock_guard lock(mutex_);
    for (const std::string& path : paths) kept_.erase(path);
    co_return;
  }

  Task<BlobPage> list(std::string prefix, std::size_t limit, std::string cursor) override {
    const std::lock_guard lock(mutex_);
    limit = std::clamp<std::size_t>(limit, 1, kPageLimit);
    BlobPage page;
    auto at = cursor < prefix ? kept_.lower_bound(prefix) : kept_.upper_bound(cursor);
    for (; at != kept_.end() && at->first.starts_with(prefix); ++at) {
      if (page.blobs.size() == limit) {
        page.cursor = page.blobs.back().path;
        break;
      }
      page.blobs.push_back(info_of(*at));
    }
    co_return page;
  }

  // For the test itself: to look, to age a blob, to damage one. Nothing else may run meanwhile.
  std::map<std::string, Kept>& kept() { return kept_; }

 private:
  static BlobInfo info_of(const std::pair<const std::string, Kept>& blob) {
    return {blob.first, blob.second.bytes.size(), blob.second.written_at, ""};
  }

  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
};

}  // namespace msghub
