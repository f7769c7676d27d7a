#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>

#include "store/request_units.h"
#include "store/tables.h"

namespace msghub {

// What the use of one table costs on DynamoDB.
struct TableUnits {
  double read = 0;         // read request units
  double write = 0;        // write request units of the table
  double index_write = 0;  // and of its indexes
  std::uint64_t calls = 0;

  bool operator==(const TableUnits&) const = default;
};
using TablesUnits = std::array<TableUnits, kTables.size()>;  // in the order of Table

// Tables that count what their use would cost on DynamoDB with DynamoTables, whatever engine they
// are: writes by the items before and after (which are read for it, uncounted, so that another
// writer of the same item at the same moment may be missed), reads of the table strongly
// consistent, of an index eventually. Counted as DynamoTables asks: several writes, and an update
// that adds, are transactions; a page reads one item more than it gives when there is a next one,
// whose size is taken to be the last one's. What a page passes over unseen (expired items, in the
// single-table layout those of other tables) is not counted. Refusals before anything is sent cost
// nothing.
//
// Thread-safe; `inner` outlives it.
class MeteredTables : public Tables {
 public:
  explicit MeteredTables(Tables& inner, Layout layout = Layout::MultiTable)
      : inner_(inner), layout_(layout) {}

  TablesUnits units() const;
  void reset();

  Task<std::optional<Item>> get(Table table, Key key) override;
  Task<Result<Page>> query(Query query) override;
  Task<Result<void>> transact(std::vector<Write> writes) override;
  Task<Result<Page>> scan(Scan scan) override;
  Task<std::vector<std::optional<Item>>> get_batch(Table table, std::vector<Key> keys) override;
  Task<Result<void>> write_batch(std::vector<Write> writes) override;

 private:
  struct Effect;
  std::size_t size_of(Table table, const Item& item) const;
  Task<std::vector<Effect>> effects_of(std::vector<Write> writes);
  void count_read(Table table, double units);
  void count_page(const Page& page, Table table, std::size_t limit, Reading reading);
  void count_writes(const std::vector<Effect>& effects, bool transactional, bool done);

  Tables& inner_;
  const Layout layout_;
  mutable std::mutex mutex_;
  TablesUnits units_{};
};

}  // namespace msghub
