#include "store/rocks/database.h"

#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/utilities/checkpoint.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/crypto.h"
#include "base/sync_folder.h"
#include "store/rocks/layout.h"
#include "store/rocks/log_damage.h"
#include "store/rocks/log_reader.h"
#include "store/rocks/options.h"

namespace msghub::rocks {

namespace {

// Keys of the default column family.
constexpr std::string_view kSchemaKey = "schema version";
constexpr std::string_view kFeedKey = "feed";
constexpr std::string_view kSchemaVersion = "1";
constexpr std::size_t kFeedIdSize = 16;  // bytes
// In the folder of a checkpoint: what opens it first begins a feed of its own, as the cursors of
// the store that it was made from would point into another history.
constexpr std::string_view kCheckpointMark = "CHECKPOINT";

void destroy(rocksdb::DB& db, const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
  for (rocksdb::ColumnFamilyHandle* handle : handles) db.DestroyColumnFamilyHandle(handle);
}

}  // namespace

Database::Database(const RocksOptions& options) : options_(options) {
  if (options_.file_system) env_ = rocksdb::NewCompositeEnv(options_.file_system);
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
  open(fresh);
  try {
    check_schema(fresh);
    create_missing_families();
    settle_feed();
  } catch (...) {
    destroy(*db_, handles_);
    throw;
  }
  tails_ = std::make_unique<LogTails>(*db_);
}

void Database::open(bool fresh) {
  const std::shared_ptr<rocksdb::Logger> lines = held_log_lines();
  rocksdb::Env* env = env_ ? env_.get() : rocksdb::Env::Default();
  const rocksdb::DBOptions settings = database_options(options_, env, lines);
  std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
  if (fresh) {
    refuse_leftovers();
    const std::vector<std::string> ours = family_names(options_.layout);
    names.insert(names.end(), ours.begin(), ours.end());
  } else {
    const std::string damaged = damaged_log_in(options_.path);
    if (!damaged.empty())
      refuse_to_open(options_.path, rocksdb::Status::Corruption("a wrong record", damaged));
    names.clear();
    const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(settings, options_.path, &names);
    if (!listed.ok()) refuse_to_open(options_.path, listed);
    check_layout(names);
  }
  const rocksdb::ColumnFamilyOptions like_all = family_options(options_.cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, like_all);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(settings, options_.path, families, &handles_, &db);
  if (in_use(opened)) drop(*lines);
  release(*lines);
  if (!opened.ok()) refuse_to_open(options_.path, opened);
  db_.reset(db);
}

Database::~Database() {
  tails_.reset();
  destroy(*db_, handles_);
  db_->Close();
}

// Without its file CURRENT, RocksDB would take the folder for a new one, and delete what it finds.
void Database::refuse_leftovers() const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options_.path, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".sst") && !name.ends_with(".log")) continue;
    if (std::filesystem::file_size(entry.path(), error) == 0) continue;
    throw Failure(Failure::Retry::Never,
                  "the store in " + options_.path + " is damaged: " + name +
                      " is there, but the file CURRENT is missing; keep a copy of the folder and "
                      "restore a backup");
  }
}

void Database::check_layout(const std::vector<std::string>& families) const {
  const std::optional<Layout> there = layout_in(families);
  if (!there || *there == options_.layout) return;
  throw Failure(Failure::Retry::Never,
                "the store in " + options_.path + " has " + std::string(words_for(*there)) +
                    ", and " + std::string(words_for(options_.layout)) +
                    " is configured; configure what it has, or move it with msghub migrate");
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
  const std::vector<std::string> ours = family_names(options_.layout);
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
  put_synced(kSchemaKey, kSchemaVersion);
}

void Database::put_synced(std::string_view key, std::string_view value) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status written = db_->Put(synced, std::string(key), std::string(value));
  if (!written.ok()) refuse_to_open(options_.path, written);
}

void Database::create_missing_families() {
  std::map<std::string, rocksdb::ColumnFamilyHandle*> by_name;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) by_name[handle->GetName()] = handle;
  const rocksdb::ColumnFamilyOptions like_others(db_->GetOptions(handles_.front()));
  for (const std::string& name : family_names(options_.layout)) {
    if (by_name.contains(name)) continue;
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    const rocksdb::Status created = db_->CreateColumnFamily(like_others, name, &handle);
    if (!created.ok()) refuse_to_open(options_.path, created);
    handles_.push_back(handle);
    by_name[name] = handle;
  }
  for (std::size_t t = 0; t < kTables.size(); ++t) {
    const std::string name(family_name(options_.layout, static_cast<Table>(t)));
    families_[t].table = by_name.at(name);
    for (std::size_t i = 0; i < kTables[t].index_count; ++i)
      families_[t].indexes[i] = by_name.at(name + "." + std::string(kTables[t].indexes[i].name));
  }
}

void Database::settle_feed() {
  const std::string mark = options_.path + "/" + std::string(kCheckpointMark);
  std::error_code error;
  const bool copy = std::filesystem::exists(mark, error);
  const rocksdb::Status found = db_->Get(rocksdb::ReadOptions(), std::string(kFeedKey), &feed_id_);
  if (!found.ok() && !found.IsNotFound()) refuse_to_open(options_.path, found);
  if (copy || found.IsNotFound()) {
    feed_id_ = random_bytes(kFeedIdSize);
    put_synced(kFeedKey, feed_id_);
  }
  if (copy && std::filesystem::remove(mark, error)) sync_folder(options_.path);
}

void Database::flush() { db_->Flush(rocksdb::FlushOptions(), handles_).PermitUncheckedError(); }

void Database::checkpoint(const std::string& folder) const {
  std::error_code error;
  if (std::filesystem::exists(folder, error))
    throw Failure(Failure::Retry::Never,
                  "the folder " + folder + " is there already; name one that is not");
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&*db_, &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder);
  if (!status.ok()) throw_failure(status, "be copied to " + folder);
  // Empty: there is nothing to sync but its name.
  const std::string mark = folder + "/" + std::string(kCheckpointMark);
  const bool marked = std::ofstream(mark).good();
  if (!marked || !sync_new_folder(folder))
    throw Failure(Failure::Retry::Later,
                  "the copy in " + folder + " cannot be synced (" + std::strerror(errno) + ")");
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

DatabaseSlot::~DatabaseSlot() {
  // So that no acknowledged write of a closed store rests on the end of the log, where damage and
  // a crash look the same. In vain when writes fail; then the log has them.
  if (database_ != nullptr) database_->flush();
}

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
