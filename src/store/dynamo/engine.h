#pragma once

#include "base/time.h"
#include "store/dynamo/dynamo_tables.h"
#include "store/dynamo/requests.h"
#include "store/dynamo/service.h"

namespace msghub::dynamo {

// What the engine's parts share. Outlives their tasks.
struct Engine {
  Service service;
  const Place place;
  const bool transactions;  // the server has TransactWriteItems
  const Clock& clock;
};

// What stands under the key now, expired or not: also another table's item, in the single-table
// layout.
Task<std::optional<Stored>> read_now(Engine& engine, Table table, Key key);
// The item as readers see it: nothing when it has expired or is another table's.
std::optional<Item> seen(const Engine& engine, Table table, Stored stored, bool with_expired);

// Tables' functions of the same names.
Task<Result<Page>> query(Engine& engine, Query query);
Task<Result<Page>> scan(Engine& engine, Scan scan);
Task<std::vector<std::optional<Item>>> get_batch(Engine& engine, Table table,
                                                 std::vector<Key> keys);
Task<Result<void>> write_batch(Engine& engine, std::vector<Write> writes);
Task<Result<void>> transact(Engine& engine, std::vector<Write> writes);

}  // namespace msghub::dynamo
