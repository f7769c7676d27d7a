#include "store/rocks/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>

#include "base/log.h"
#include "base/sync_folder.h"
#include "base/utf8.h"

#if __has_feature(thread_sanitizer)
// Debian's RocksDB is not instrumented: the sanitizer sees the memory that it frees and compares,
// but not the atomic counters that order this, and reports races between two of RocksDB's own
// threads.
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }
#endif

namespace msghub::rocks {

namespace {

constexpr std::string_view kSchemaKey = "schema version";  // in the default column family
constexpr std::string_view kSchemaVersion = "1";

// RocksDB's warnings as lines of our log. Its own LOG file must not be: on a full disk the second
// line that cannot be written fails an assertion, and Debian builds RocksDB with assertions.
class LogLines final : public rocksdb::Logger {
 public:
  LogLines() : Logger(rocksdb::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list values) override {
    Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, values);
  }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list values) override {
    if (level < GetInfoLogLevel() || level == rocksdb::HEADER_LEVEL) return;
    char line[1024];
    std::vsnprintf(line, sizeof line, format, values);
    log(level >= rocksdb::ERROR_LEVEL ? LogLevel::Error : LogLevel::Warn, "rocksdb spoke",
        {{"text", to_utf8(line)}});
  }
};

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  // Nearly every write asks for a key that is not there: is this message new?
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  options.write_buffer_size = std::size_t{16} << 20;
  const std::vector<rocksdb::CompressionType> known = rocksdb::GetSupportedCompressions();
  const bool lz4 = std::ranges::find(known, rocksdb::kLZ4Compression) != known.end();
  options.compression = lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  return options;
}

rocksdb::DBOptions database_options(const RocksOptions& ours) {
  rocksdb::DBOptions options;
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
  options.max_background_jobs = std::max(ours.background_threads, 1);
  options.db_write_buffer_size = std::size_t{64} << 20;
  options.max_total_wal_size = std::uint64_t{128} << 20;
  options.info_log = std::make_shared<LogLines>();
  options.info_log_level = rocksdb::WARN_LEVEL;
  // Nobody reads these statistics, and the thread that would gather them is one more.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  // Recovery is the writer's: it reopens.
  options.max_bgerror_resume_count = 0;
  return options;
}

std::vector<std::string> our_families() {
  std::vector<std::string> names;
  for (const TableSchema& schema : kTables) {
    names.emplace_back(schema.name);
    for (std::size_t i = 0; i < schema.index_count; ++i)
      names.push_back(std::string(schema.name) + "." + std::string(schema.indexes[i].name));
  }
  return names;
}

[[noreturn]] void refuse_to_open(const std::string& path, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  const std::string place = "the store in " + path;
  if (status.IsIOError() && text.find("LOCK") != std::string::npos)
    throw Failure(Failure::Retry::Never,
                  place + " is in use by another msghub; stop that one, or choose another folder");
  if (status.IsNoSpace() || text.find("No space left") != std::string::npos)
    throw Failure(Failure::Retry::Later,
                  place + " cannot be opened as its disk is full; free some space (" + text + ")");
  if (status.IsCorruption())
    throw Failure(
        Failure::Retry::Never,
        place + " is damaged; keep a copy of the folder and restore a backup (" + text + ")");
  throw Failure(Failure::Retry::Never,
                place +
                    " cannot be opened; see that the folder and the files in it can be read "
                    "and written by this user (" +
                    text + ")");
}

}  // namespace

void throw_failure(const rocksdb::Status& status, const std::string& doing) {
  if (status.IsCorruption())
    throw Failure(Failure::Retry::Never, "the store could not " + doing +
                                             ": its files are damaged; restore a backup (" +
                                             status.ToString() + ")");
  throw Failure(Failure::Retry::Later,
                "the store could not " + doing + " (" + status.ToString() + ")");
}

Database::Database(const RocksOptions& options) : options_(options) {
  const std::string& path = options_.path;
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    throw Failure(Failure::Retry::Never,
                  "the folder " + path + " for the store cannot be made (" + error.message() + ")");
  const bool fresh = !std::filesystem::exists(path + "/CURRENT", error);
  // RocksDB syncs what is in the folder; that the folder itself is there is our care.
  if (fresh && !sync_new_folder(path))
    throw Failure(
        Failure::Retry::Later,
        "the folder " + path + " for the store cannot be synced (" + std::strerror(errno) + ")");
  std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
  const std::vector<std::string> ours = our_families();
  if (fresh) {
    names.insert(names.end(), ours.begin(), ours.end());
  } else {
    names.clear();
    const rocksdb::Status listed =
        rocksdb::DB::ListColumnFamilies(database_options(options_), path, &names);
    if (!listed.ok()) refuse_to_open(path, listed);
  }
  const auto cache = rocksdb::NewLRUCache(options_.cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, family_options(cache));
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status opened =
      rocksdb::DB::Open(database_options(options_), path, families, &handles, &db);
  if (!opened.ok()) refuse_to_open(path, opened);
  db_.reset(db);
  handles_ = std::move(handles);
  try {
    check_schema(fresh);
    create_missing_families();
  } catch (...) {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
    throw;
  }
}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  db_->Close();
}

// Comes before anything is created: a store of a newer program stays as it is.
void Database::check_schema(bool fresh) {
  const std::string place = "the store in " + options_.path;
  std::string version;
  const rocksdb::Status found = db_->Get(rocksdb::ReadOptions(), std::string(kSchemaKey), &version);
  if (!found.ok() && !found.IsNotFound()) refuse_to_open(options_.path, found);
  if (found.ok() && version != kSchemaVersion)
    throw Failure(Failure::Retry::Never,
                  place + " has schema version " + version + ", this program knows version " +
                      std::string(kSchemaVersion) + "; start the newer msghub that wrote it");
  const std::vector<std::string> ours = our_families();
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    const std::string& name = handle->GetName();
    if (name != rocksdb::kDefaultColumnFamilyName && std::ranges::find(ours, name) == ours.end())
      throw Failure(Failure::Retry::Never,
                    place + " has a table \"" + name +
                        "\" that this program does not know; it is no store of msghub, or a newer "
                        "one wrote it");
  }
  if (found.ok()) return;
  // No version in a database that was there: the first start died before this line, unless it holds
  // keys, as then it belongs to somebody else.
  const std::unique_ptr<rocksdb::Iterator> all(db_->NewIterator(rocksdb::ReadOptions()));
  all->SeekToFirst();
  if (!fresh && all->Valid())
    throw Failure(Failure::Retry::Never,
                  "the folder " + options_.path + " holds a RocksDB that is no store of msghub");
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status written =
      db_->Put(synced, std::string(kSchemaKey), std::string(kSchemaVersion));
  if (!written.ok()) refuse_to_open(options_.path, written);
}

void Database::create_missing_families() {
  std::map<std::string, rocksdb::ColumnFamilyHandle*> by_name;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) by_name[handle->GetName()] = handle;
  const rocksdb::ColumnFamilyOptions like_others(db_->GetOptions(handles_.front()));
  for (const std::string& name : our_families()) {
    if (by_name.contains(name)) continue;
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    const rocksdb::Status created = db_->CreateColumnFamily(like_others, name, &handle);
    if (!created.ok()) refuse_to_open(options_.path, created);
    handles_.push_back(handle);
    by_name[name] = handle;
  }
  for (std::size_t t = 0; t < kTables.size(); ++t) {
    const std::string name(kTables[t].name);
    families_[t].table = by_name.at(name);
    for (std::size_t i = 0; i < kTables[t].index_count; ++i)
      families_[t].indexes[i] = by_name.at(name + "." + std::string(kTables[t].indexes[i].name));
  }
}

rocksdb::ColumnFamilyHandle* Database::table(Table table) const {
  return families_[static_cast<std::size_t>(table)].table;
}

rocksdb::ColumnFamilyHandle* Database::index(Table table, std::size_t number) const {
  return families_[static_cast<std::size_t>(table)].indexes[number];
}

std::optional<std::string> Database::get(Table of, const std::string& key,
                                         const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string bytes;
  const rocksdb::Status found = db_->Get(options, table(of), key, &bytes);
  if (found.IsNotFound()) return std::nullopt;
  if (!found.ok()) throw_failure(found, "read an item");
  return bytes;
}

bool Database::get_from_memory(Table of, const std::string& key,
                               std::optional<std::string>& record) const {
  rocksdb::ReadOptions options;
  options.read_tier = rocksdb::kBlockCacheTier;
  std::string bytes;
  const rocksdb::Status found = db_->Get(options, table(of), key, &bytes);
  if (found.ok()) record = std::move(bytes);
  return found.ok() || found.IsNotFound();
}

DatabaseSlot::DatabaseSlot(RocksOptions options)
    : options_(std::move(options)), database_(std::make_unique<Database>(options_)) {}

DatabaseSlot::Lease::Lease(DatabaseSlot& slot) : slot_(slot) {
  std::unique_lock lock(slot_.mutex_);
  slot_.changed_.wait(lock, [this] { return !slot_.reopening_; });
  if (slot_.database_ == nullptr)
    throw Failure(Failure::Retry::Later,
                  "the store in " + slot_.options_.path +
                      " is closed after a failed write and is being opened again");
  ++slot_.leases_;
}

DatabaseSlot::Lease::Lease(DatabaseSlot& slot, std::try_to_lock_t) : slot_(slot) {
  const std::lock_guard lock(slot_.mutex_);
  held_ = !slot_.reopening_ && slot_.database_ != nullptr;
  if (held_) ++slot_.leases_;
}

DatabaseSlot::Lease::~Lease() {
  if (!held_) return;
  const std::lock_guard lock(slot_.mutex_);
  --slot_.leases_;
  slot_.changed_.notify_all();
}

void DatabaseSlot::reopen() {
  std::unique_lock lock(mutex_);
  reopening_ = true;
  changed_.wait(lock, [this] { return leases_ == 0; });
  lock.unlock();
  // Unlocked, as readers that come now wait for `reopening_`.
  std::exception_ptr trouble;
  database_.reset();
  try {
    database_ = std::make_unique<Database>(options_);
  } catch (...) {
    trouble = std::current_exception();
  }
  lock.lock();
  reopening_ = false;
  changed_.notify_all();
  lock.unlock();
  if (trouble) std::rethrow_exception(trouble);
}

}  // namespace msghub::rocks
