#include "store/dynamo/dynamo_tables.h"

#include "store/dynamo/engine.h"

namespace msghub {

struct DynamoTables::Parts {
  dynamo::Engine engine;
};

DynamoTables::DynamoTables(aws::Client& client, const Clock& clock, DynamoOptions options)
    : parts_(new Parts{{.service = dynamo::Service(client),
                        .place = {std::move(options.table_prefix), options.layout},
                        .transactions = options.transactions,
                        .clock = clock}}) {}

DynamoTables::~DynamoTables() = default;

Task<std::optional<Item>> DynamoTables::get(Table table, Key key) {
  dynamo::Engine& engine = parts_->engine;
  std::optional<dynamo::Stored> stored = co_await dynamo::read_now(engine, table, std::move(key));
  if (!stored) co_return std::nullopt;
  co_return dynamo::seen(engine, table, std::move(*stored), false);
}

Task<Result<Page>> DynamoTables::query(Query query) {
  return dynamo::query(parts_->engine, std::move(query));
}

Task<Result<void>> DynamoTables::transact(std::vector<Write> writes) {
  return dynamo::transact(parts_->engine, std::move(writes));
}

Task<Result<Page>> DynamoTables::scan(Scan scan) {
  return dynamo::scan(parts_->engine, std::move(scan));
}

Task<std::vector<std::optional<Item>>> DynamoTables::get_batch(Table table, std::vector<Key> keys) {
  return dynamo::get_batch(parts_->engine, table, std::move(keys));
}

Task<Result<void>> DynamoTables::write_batch(std::vector<Write> writes) {
  return dynamo::write_batch(parts_->engine, std::move(writes));
}

}  // namespace msghub
