#include "store/rocks/page.h"

#include <rocksdb/db.h>
#include <rocksdb/snapshot.h>

#include "store/rocks/layout.h"
#include "store/semantics.h"

namespace msghub::rocks {

namespace {

constexpr std::size_t kPageBytes = std::size_t{1} << 20;

// A walk over a key range in either direction, within one snapshot.
class Walk {
 public:
  Walk(const Database& database, const Query& query, const KeyRange& range,
       const std::string& after, const rocksdb::Snapshot* snapshot)
      : down_(query.newest_first), end_(range.end), first_(range.first) {
    rocksdb::ColumnFamilyHandle* family = database.table(query.table);
    const auto attributes = index_attributes(query.table);
    for (std::size_t i = 0; i < attributes.size(); ++i)
      if (!query.index.empty() && attributes[i].pk.starts_with(query.index))
        family = database.index(query.table, i);
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_lower_bound = &first_;
    options.iterate_upper_bound = &end_;
    at_.reset(database.db().NewIterator(options, family));
    if (after.empty()) {
      if (down_)
        at_->SeekToLast();
      else
        at_->SeekToFirst();
    } else {
      if (down_)
        at_->SeekForPrev(after);
      else
        at_->Seek(after);
      if (at_->Valid() && at_->key() == after) step();
    }
  }

  bool valid() {
    if (at_->Valid()) return true;
    if (!at_->status().ok()) throw_failure(at_->status(), "read a page");
    return false;
  }
  void step() {
    if (down_)
      at_->Prev();
    else
      at_->Next();
  }
  std::string_view key() const { return {at_->key().data(), at_->key().size()}; }
  std::string_view value() const { return {at_->value().data(), at_->value().size()}; }

 private:
  const bool down_;
  const rocksdb::Slice end_;
  const rocksdb::Slice first_;
  std::unique_ptr<rocksdb::Iterator> at_;
};

}  // namespace

Page read_page(const Database& database, const Query& query, const KeyRange& range,
               const std::string& after, const Clock& clock) {
  rocksdb::ManagedSnapshot snapshot(&database.db());
  Walk walk(database, query, range, after, snapshot.snapshot());
  Page page;
  std::size_t bytes = 0;
  std::string last;
  for (; walk.valid() && page.items.size() < query.limit && bytes < kPageBytes; walk.step()) {
    last = walk.key();
    std::optional<std::string> record;
    if (query.index.empty()) {
      record = walk.value();
    } else {
      const std::string key(table_key_in(last));
      record = database.get(query.table, key, snapshot.snapshot());
      if (!record)
        throw Failure(Failure::Retry::Never,
                      "the store is damaged: " + query.index + " of " +
                          std::string(schema_of(query.table).name) +
                          " names an item that is not there; restore a backup");
    }
    bytes += record->size();
    if (!is_of(database.layout(), query.table, *record)) continue;
    Item item = decode_item(database.layout(), *record);
    if (query.with_expired || !expired(query.table, item, clock.now()))
      page.items.push_back(std::move(item));
  }
  if (walk.valid()) page.cursor = make_cursor(query, last);
  return page;
}

}  // namespace msghub::rocks
