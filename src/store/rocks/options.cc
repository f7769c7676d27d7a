#include "store/rocks/options.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <vector>

#include "base/log.h"
#include "base/utf8.h"

#if __has_feature(thread_sanitizer)
// Debian's RocksDB is not instrumented: the sanitizer sees the memory that it frees and compares,
// but not the atomic counters that order this, and reports races between two of RocksDB's own
// threads.
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }
#endif

namespace msghub::rocks {

namespace {

// RocksDB's own LOG file must not be: on a full disk the second line that cannot be written fails
// an assertion, and Debian builds RocksDB with assertions.
class LogLines final : public rocksdb::Logger {
 public:
  LogLines() : Logger(rocksdb::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list values) override;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list values) override;
  void release();
  void drop();

 private:
  struct Line {
    LogLevel level;
    std::string text;
  };
  static void say(const Line& line);

  std::mutex mutex_;
  bool holding_ = true;
  std::vector<Line> held_;
};

void LogLines::Logv(const char* format, va_list values) {
  Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, values);
}

void LogLines::Logv(const rocksdb::InfoLogLevel level, const char* format, va_list values) {
  if (level < GetInfoLogLevel() || level == rocksdb::HEADER_LEVEL) return;
  char text[1024];
  std::vsnprintf(text, sizeof text, format, values);
  Line line{level >= rocksdb::ERROR_LEVEL ? LogLevel::Error : LogLevel::Warn, to_utf8(text)};
  const std::lock_guard lock(mutex_);
  if (holding_)
    held_.push_back(std::move(line));
  else
    say(line);
}

void LogLines::say(const Line& line) { log(line.level, "rocksdb spoke", {{"text", line.text}}); }

void LogLines::release() {
  const std::lock_guard lock(mutex_);
  holding_ = false;
  for (const Line& line : held_) say(line);
  held_.clear();
}

void LogLines::drop() {
  const std::lock_guard lock(mutex_);
  held_.clear();
}

}  // namespace

std::shared_ptr<rocksdb::Logger> held_log_lines() { return std::make_shared<LogLines>(); }
void release(rocksdb::Logger& held_lines) { static_cast<LogLines&>(held_lines).release(); }
void drop(rocksdb::Logger& held_lines) { static_cast<LogLines&>(held_lines).drop(); }

rocksdb::ColumnFamilyOptions family_options(std::size_t cache_bytes) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = rocksdb::NewLRUCache(cache_bytes);
  // Nearly every write asks for a key that is not there: is this message new?
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  options.write_buffer_size = std::size_t{16} << 20;
  const std::vector<rocksdb::CompressionType> known = rocksdb::GetSupportedCompressions();
  const bool lz4 = std::ranges::find(known, rocksdb::kLZ4Compression) != known.end();
  options.compression = lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  return options;
}

rocksdb::DBOptions database_options(const RocksOptions& ours, rocksdb::Env* env,
                                    std::shared_ptr<rocksdb::Logger> lines) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  options.allow_mmap_writes = false;
  options.allow_mmap_reads = false;
  // A crash may tear the last record of the log, which nobody was told about as acknowledgements
  // follow the sync: it is dropped. A wrong byte before that may be an acknowledged write: better
  // not to open than to lose it silently, as point-in-time recovery would.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.recycle_log_file_num = 0;
  // For the change feed.
  options.WAL_ttl_seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(ours.feed_time).count(), 0));
  if (options.WAL_ttl_seconds > 0)
    options.WAL_size_limit_MB = std::max<std::uint64_t>(ours.feed_bytes >> 20, 1);
  options.max_background_jobs = std::max(ours.background_threads, 1);
  options.db_write_buffer_size = std::size_t{64} << 20;
  options.max_total_wal_size = std::uint64_t{128} << 20;
  options.info_log = std::move(lines);
  options.info_log_level = rocksdb::WARN_LEVEL;
  // Nobody reads these statistics, and the thread that would gather them is one more.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  // Recovery is the writer's: it reopens.
  options.max_bgerror_resume_count = 0;
  return options;
}

bool in_use(const rocksdb::Status& status) {
  return status.IsIOError() && status.ToString().find("LOCK") != std::string::npos;
}

void refuse_to_open(const std::string& path, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  const std::string place = "the store in " + path;
  if (in_use(status))
    throw Failure(Failure::Retry::Never,
                  place + " is in use by another msghub; stop that one, or choose another folder");
  if (status.IsNoSpace() || text.find("No space left") != std::string::npos)
    throw Failure(Failure::Retry::Later,
                  place + " cannot be opened as its disk is full; free some space (" + text + ")");
  const bool missing = text.find("No such file") != std::string::npos;
  if (status.IsCorruption() || missing)
    throw Failure(
        Failure::Retry::Never,
        place + " is damaged; keep a copy of the folder and restore a backup (" + text + ")");
  throw Failure(Failure::Retry::Never,
                place +
                    " cannot be opened; see that the folder and the files in it can be read "
                    "and written by this user (" +
                    text + ")");
}

void throw_failure(const rocksdb::Status& status, const std::string& doing) {
  if (status.IsCorruption())
    throw Failure(Failure::Retry::Never, "the store could not " + doing +
                                             ": its files are damaged; restore a backup (" +
                                             status.ToString() + ")");
  throw Failure(Failure::Retry::Later,
                "the store could not " + doing + " (" + status.ToString() + ")");
}

}  // namespace msghub::rocks
