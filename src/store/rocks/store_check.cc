#include "store/rocks/store_check.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "base/crypto.h"
#include "store/rocks/batch.h"
#include "store/rocks/keys.h"
#include "store/rocks/layout.h"
#include "store/rocks/log_damage.h"
#include "store/rocks/options.h"
#include "store/semantics.h"

namespace msghub::rocks {

namespace {

json::value in_order(const json::value& value);

json::object in_order(const json::object& object) {
  std::vector<std::string_view> names;
  for (const auto& member : object) names.push_back(member.key());
  std::ranges::sort(names);
  json::object sorted;
  for (const std::string_view name : names) sorted[name] = in_order(object.at(name));
  return sorted;
}

json::value in_order(const json::value& value) {
  if (const json::object* object = value.if_object()) return in_order(*object);
  if (const json::array* array = value.if_array()) {
    json::array sorted;
    for (const json::value& member : *array) sorted.push_back(in_order(member));
    return sorted;
  }
  return value;
}

// A store that is opened for reading only: nothing of it is changed, not even its log.
class Reader {
 public:
  // Not ok: why it cannot be opened.
  rocksdb::Status open(const std::string& folder, std::vector<std::string>& names) {
    const std::string damaged = damaged_log_in(folder);
    if (!damaged.empty()) return rocksdb::Status::Corruption("a wrong record", damaged);
    lines_ = held_log_lines();
    const rocksdb::DBOptions settings =
        database_options({.path = folder}, rocksdb::Env::Default(), lines_);
    rocksdb::Status status = rocksdb::DB::ListColumnFamilies(settings, folder, &names);
    if (!status.ok()) return status;
    const rocksdb::ColumnFamilyOptions like_all = family_options(std::size_t{16} << 20);
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, like_all);
    rocksdb::DB* db = nullptr;
    status = rocksdb::DB::OpenForReadOnly(settings, folder, families, &handles_, &db);
    db_.reset(db);
    for (rocksdb::ColumnFamilyHandle* handle : handles_) by_name_[handle->GetName()] = handle;
    return status;
  }
  Reader() = default;
  ~Reader() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  rocksdb::Status get(const std::string& family, std::string_view key, std::string& value) const {
    const auto found = by_name_.find(family);
    if (found == by_name_.end()) return rocksdb::Status::NotFound();
    return db_->Get(rocksdb::ReadOptions(), found->second, key, &value);
  }
  // Calls `use` for all keys and values in order.
  template <class Use>
  rocksdb::Status walk(const std::string& family, Use use) const {
    const auto found = by_name_.find(family);
    if (found == by_name_.end()) return rocksdb::Status::OK();
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options, found->second));
    for (at->SeekToFirst(); at->Valid(); at->Next())
      use(std::string_view(at->key().data(), at->key().size()),
          std::string_view(at->value().data(), at->value().size()));
    return at->status();
  }

 private:
  std::shared_ptr<rocksdb::Logger> lines_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::map<std::string, rocksdb::ColumnFamilyHandle*> by_name_;
};

class Checker {
 public:
  Checker(const Reader& reader, StoreCheck& check, const StoreCheck::Visit& visit)
      : reader_(reader), check_(check), visit_(visit) {}

  void run() {
    if (check_.layout == Layout::SingleTable) {
      check_family(std::string(kSingleTable.name));
      for (const IndexSchema& index : kSingleTable.indexes)
        check_index(std::string(kSingleTable.name) + "." + std::string(index.name));
    } else {
      for (const TableSchema& schema : kTables) {
        check_family(std::string(schema.name));
        for (std::size_t i = 0; i < schema.index_count; ++i)
          check_index(std::string(schema.name) + "." + std::string(schema.indexes[i].name));
      }
    }
    std::string all;
    for (std::size_t i = 0; i < kTables.size(); ++i) {
      all += std::string(kTables[i].name) + " " + std::to_string(check_.tables[i].items) + " ";
      all += digests_[i];
    }
    check_.sha256 = sha256_hex(all);
  }

  void problem(std::string sentence) {
    if (check_.problems.size() < StoreCheck::kProblems)
      check_.problems.push_back(std::move(sentence));
    ++check_.problem_count;
  }

 private:
  void check_family(const std::string& family) {
    const rocksdb::Status read =
        reader_.walk(family, [&](std::string_view key, std::string_view record) {
          try {
            check_record(family, key, record);
          } catch (const Failure& failure) {
            problem(name_of(key) + " of " + family + ": " + failure.what());
          }
        });
    if (!read.ok()) problem(family + " cannot be read to its end (" + read.ToString() + ")");
  }

  // Throws Failure when the record is none.
  void check_record(const std::string& family, std::string_view key, std::string_view record) {
    const std::optional<Table> table = table_in(family, record);
    if (!table) return problem(name_of(key) + " of " + family + " is of no known entity");
    const Item item = decode_item(check_.layout, record);
    const Result<void> fine = check_item(*table, item);
    if (!fine) return problem(fine.error().detail);
    if (table_key(string_or(item, "PK"), string_or(item, "SK")) != key)
      return problem(name_of(key) + " of " + family + " stands under the key of another item");
    StoreCheck::Counts& counts = check_.tables[static_cast<std::size_t>(*table)];
    ++counts.items;
    std::string& digest = digests_[static_cast<std::size_t>(*table)];
    digest = sha256(digest + to_json(in_order(item)));
    if (visit_) visit_(*table, item);
    const IndexKeys keys = index_keys(*table, item, key);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!keys[i]) continue;
      const std::string index = family + "." + std::string(kSingleTable.indexes[i].name);
      std::string nothing;
      if (reader_.get(index, *keys[i], nothing).ok()) {
        ++found_[index];
        ++counts.index_entries;
      } else {
        problem(name_of(key) + " of " + family + " is missing in " + index);
      }
    }
  }

  void check_index(const std::string& index) {
    std::uint64_t entries = 0;
    const rocksdb::Status read =
        reader_.walk(index, [&](std::string_view, std::string_view) { ++entries; });
    if (!read.ok()) return problem(index + " cannot be read to its end (" + read.ToString() + ")");
    if (entries == found_[index]) return;
    const rocksdb::Status again = reader_.walk(
        index, [&](std::string_view key, std::string_view) { check_entry(index, key); });
    if (!again.ok()) problem(index + " cannot be read to its end (" + again.ToString() + ")");
  }

  // Of an index with more entries than the items have.
  void check_entry(const std::string& index, std::string_view entry) {
    const std::size_t number = static_cast<std::size_t>(index.back() - '1');
    const std::string family = index.substr(0, index.find('.'));
    const std::string_view key = table_key_in(entry);
    std::string record;
    const bool there = reader_.get(family, key, record).ok();
    const std::optional<Table> table = there ? table_in(family, record) : std::nullopt;
    bool right = false;
    try {
      right = table && index_keys(*table, decode_item(check_.layout, record), key)[number] == entry;
    } catch (const Failure&) {
      return;  // said where the item was read
    }
    if (!right) problem(index + " names " + name_of(key) + ", which does not stand there");
  }

  std::optional<Table> table_in(const std::string& family, std::string_view record) const {
    if (check_.layout == Layout::SingleTable) return table_of(record);
    for (std::size_t i = 0; i < kTables.size(); ++i)
      if (kTables[i].name == family) return static_cast<Table>(i);
    return std::nullopt;
  }

  static std::string name_of(std::string_view key) {
    const std::optional<Key> parts = key_in(key);
    return parts ? parts->pk + " " + parts->sk : "an item under a damaged key";
  }

  const Reader& reader_;
  StoreCheck& check_;
  const StoreCheck::Visit& visit_;
  std::array<std::string, kTables.size()> digests_;
  std::map<std::string, std::uint64_t> found_;  // entries of each index that items stand for
};

}  // namespace

Result<StoreCheck> check_store(const std::string& folder, const StoreCheck::Visit& visit) {
  std::error_code error;
  if (!std::filesystem::exists(folder + "/CURRENT", error))
    return refuse(Refusal::Code::NotFound, "there is no store in " + folder);
  Reader reader;
  StoreCheck check;
  Checker checker(reader, check, visit);
  std::vector<std::string> names;
  const rocksdb::Status opened = reader.open(folder, names);
  if (!opened.ok()) {
    checker.problem("the store cannot be opened (" + opened.ToString() + ")");
    return check;
  }
  const std::optional<Layout> layout = layout_in(names);
  if (!layout)
    return refuse(Refusal::Code::NotFound,
                  "the folder " + folder + " holds a RocksDB that is no store of msghub");
  check.layout = *layout;
  checker.run();
  return check;
}

}  // namespace msghub::rocks
