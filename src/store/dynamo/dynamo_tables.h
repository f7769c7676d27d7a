#pragma once

#include <memory>
#include <string>

#include "aws/client.h"
#include "base/time.h"
#include "store/tables.h"

namespace msghub {

struct DynamoOptions {
  std::string table_prefix;  // before each table's name: several hubs in one account
  Layout layout = Layout::MultiTable;
  // The server has TransactWriteItems. Without it transactions of several writes are a
  // Failure(Never).
  bool transactions = true;
};

// Tables on DynamoDB: the engine of a fleet. Also speaks to servers with DynamoDB's API.
//
// Beyond what tables.h says:
// - Attributes named "W" and "EntityType" are the engine's own: a write of one is refused
// (Invalid).
//   So is a number that DynamoDB cannot hold (attribute_values.h).
// - kItemLimit holds for DynamoDB's own counting of an item's bytes, too (TooLarge).
// - A write that this end could not see the end of is made again until its end is known, and takes
//   effect once (writes.cc says how). A Failure(Later) of a write means that it may have been
//   carried out or not.
// - Calls are made again as aws::Client does; throttling and conflicts between transactions for up
//   to 30 s. Failure(Never) says that tables are missing or permissions lack.
//
// Call from any thread. `client` (service "dynamodb") and `clock` outlive the tables, and these the
// last of their tasks.
class DynamoTables : public Tables {
 public:
  DynamoTables(aws::Client& client, const Clock& clock, DynamoOptions options = {});
  ~DynamoTables() override;

  Task<std::optional<Item>> get(Table table, Key key) override;
  Task<Result<Page>> query(Query query) override;
  Task<Result<void>> transact(std::vector<Write> writes) override;
  Task<Result<Page>> scan(Scan scan) override;
  Task<std::vector<std::optional<Item>>> get_batch(Table table, std::vector<Key> keys) override;
  Task<Result<void>> write_batch(std::vector<Write> writes) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace msghub
