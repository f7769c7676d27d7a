#pragma once

#include <utility>

#include "store/tables.h"

namespace msghub::testing {

// Passes everything on to other tables; a test derives from it and meddles where it wants.
class PassingTables : public Tables {
 public:
  explicit PassingTables(Tables& tables) : tables_(tables) {}

  Task<std::optional<Item>> get(Table table, Key key) override {
    co_return co_await tables_.get(table, std::move(key));
  }
  Task<Result<Page>> query(Query query) override {
    co_return co_await tables_.query(std::move(query));
  }
  Task<Result<void>> transact(std::vector<Write> writes) override {
    co_return co_await tables_.transact(std::move(writes));
  }
  Task<Result<Page>> scan(Scan scan) override { co_return co_await tables_.scan(std::move(scan)); }
  Task<std::vector<std::optional<Item>>> get_batch(Table table, std::vector<Key> keys) override {
    co_return co_await tables_.get_batch(table, std::move(keys));
  }
  Task<Result<void>> write_batch(std::vector<Write> writes) override {
    co_return co_await tables_.write_batch(std::move(writes));
  }

 protected:
  Tables& tables_;
};

}  // namespace msghub::testing
