#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/time.h"
#include "store/rocks/database.h"

namespace rocksdb {
class WriteBatch;
}

namespace msghub::rocks {

using IndexKeys = std::array<std::optional<std::string>, 3>;

// Where an item of `table` stands in its indexes.
IndexKeys index_keys(Table table, const Item& item, std::string_view table_key);

// A transaction, checked and made ready on the caller's thread so that the writer has less to do.
struct Prepared {
  struct PreparedWrite {
    Table table{};
    std::string key;     // table_key
    std::string record;  // of a Put
    IndexKeys indexes;   // of a Put
    Write write;         // a Put without its item
  };
  std::vector<PreparedWrite> writes;
  std::size_t bytes = 0;  // that it takes in a group, about
  bool intake = false;    // puts a message
};

// Refuses (Invalid, TooLarge) as tables.h says.
Result<Prepared> prepare(std::vector<Write> writes, Layout layout);

// Transactions that are judged one after the other and written together.
class Batch {
 public:
  Batch(const Database& database, Timestamp now);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // Takes the transaction in, or refuses it whole, seeing what is stored and what was taken in
  // before. A refusal may rest on a write that is not on disk yet: it may be told only after
  // commit(). Throws Failure when the store cannot be read; then nothing was taken in.
  Result<void> add(const Prepared& transaction);

  // Writes and syncs everything taken in. Throws Failure.
  void commit();

 private:
  // What a write does to one item.
  struct Effect {
    const Prepared::PreparedWrite* write = nullptr;
    std::optional<std::string> old_record;
    std::optional<std::string> record;  // nothing: deleted
    IndexKeys before;
    IndexKeys after;
  };
  // The record now, as this batch sees it.
  std::optional<std::string> record_of(const Prepared::PreparedWrite& write) const;
  Result<std::optional<Effect>> judge(const Prepared::PreparedWrite& write) const;
  Result<void> apply(const Update& update, std::optional<Item> stored, Effect& effect) const;
  void take_in(Effect effect);

  const Database& database_;
  std::unique_ptr<rocksdb::WriteBatch> writes_;
  // Changed records by table (in the single-table layout all under the first): what later
  // transactions of the batch must see.
  using Changed = std::unordered_map<std::string, std::optional<std::string>>;
  std::size_t place_of(Table table) const;
  std::array<Changed, kTables.size()> changed_;
};

}  // namespace msghub::rocks
