#include "store/metered_tables.h"

#include <gtest/gtest.h>

#include "store/dynamo/attribute_values.h"
#include "tests/contract/rocks_engine.h"
#include "tests/contract/tables_test.h"

namespace msghub::testing {

namespace {

constexpr std::size_t kKb = 1024;

// "DynamoDB provisioned capacity mode" and "DynamoDB read and write operations" of the developer's
// guide.
TEST(RequestUnits, AgreeWithTheExamplesOfTheDocumentation) {
  EXPECT_EQ(read_units(8 * kKb, Reading::Strong), 2);
  EXPECT_EQ(read_units(8 * kKb, Reading::Eventual), 1);
  EXPECT_EQ(read_units(8 * kKb, Reading::Transactional), 4);
  EXPECT_EQ(read_units(3 * kKb + 512, Reading::Strong), 1) << "3.5 KB is billed as 4 KB";
  EXPECT_EQ(read_units(10 * kKb, Reading::Strong), 3) << "10 KB is billed as 12 KB";
  EXPECT_EQ(read_units(40 * kKb + 800, Reading::Eventual), 5.5) << "a query of 40.8 KB";
  EXPECT_EQ(read_units(1 * kKb + 512, Reading::Strong) + read_units(6 * kKb + 512, Reading::Strong),
            3)
      << "in a batch each item is rounded by itself";
  EXPECT_EQ(read_units(0, Reading::Strong), 1) << "an item that is not there";
  EXPECT_EQ(read_units(0, Reading::Eventual), 0.5);
  EXPECT_EQ(write_units(2 * kKb, false), 2);
  EXPECT_EQ(write_units(2 * kKb, true), 4);
  EXPECT_EQ(write_units(512, false), 1) << "512 bytes are billed as 1 KB";
  EXPECT_EQ(write_units(1 * kKb + 512, false), 2);
  EXPECT_EQ(3 * write_units(500, true), 6) << "a transaction of three items of 500 bytes";
  EXPECT_EQ(write_units(0, false), 1) << "a delete of what is not there";
}

// "Write capacity units" of "Global secondary indexes".
TEST(RequestUnits, FollowEachIndexEntry) {
  const Item none = item_at("A", "S");
  const Item first = indexed("A", "USER#u", "1");
  const Item second = indexed("A", "USER#u", "2");
  Item both = first;
  both["GSI2PK"] = "USER#u";
  both["GSI2SK"] = "x";
  const auto units = [](const Item* before, const Item* after) {
    return index_write_units(Table::Rules, {before, before == nullptr ? 0 : 600u},
                             {after, after == nullptr ? 0 : 1500u});
  };
  EXPECT_EQ(units(nullptr, &first), 2) << "comes: its size";
  EXPECT_EQ(units(&first, nullptr), 1) << "goes: the size it had";
  EXPECT_EQ(units(&first, &second), 1 + 2) << "moves: a delete and a put";
  EXPECT_EQ(units(&first, &first), 2) << "changes: the larger one";
  EXPECT_EQ(units(&none, &none), 0) << "is in no index";
  EXPECT_EQ(units(&none, &first), 2);
  EXPECT_EQ(units(&first, &none), 1);
  EXPECT_EQ(units(&first, &both), 2 + 2);
  EXPECT_EQ(units(nullptr, nullptr), 0);
}

class MeteredTablesTest : public ::testing::Test {
 protected:
  TableUnits rules() const { return tables.units()[static_cast<std::size_t>(Table::Rules)]; }
  // The units of one call.
  template <class T>
  TableUnits cost(Task<T> task) {
    tables.reset();
    run_task(std::move(task));
    return rules();
  }
  TableUnits cost_of(Write write) {
    std::vector<Write> writes;
    writes.push_back(std::move(write));
    return cost(tables.transact(std::move(writes)));
  }

  RocksEngine engine;
  MeteredTables tables{engine.tables()};
};

TEST_F(MeteredTablesTest, CountsWritesByTheItemsBeforeAndAfter) {
  const Item small = indexed("A", "USER#u", "1");
  Item large = small;
  large["text"] = std::string(3000, 'x');
  EXPECT_EQ(cost_of(Put{Table::Rules, small, {}}), (TableUnits{0, 1, 1, 1}));
  EXPECT_EQ(cost_of(Put{Table::Rules, large, {}}), (TableUnits{0, 3, 3, 1}));
  EXPECT_EQ(cost_of(Put{Table::Rules, small, if_absent()}), (TableUnits{0, 3, 0, 1}))
      << "refused: billed, but the index is left alone";
  EXPECT_EQ(cost_of(Update{Table::Rules, {"A", "S"}, {.set = {{"text", "x"}}}, {}}),
            (TableUnits{0, 3, 3, 1}))
      << "the item before was the larger one";
  EXPECT_EQ(cost_of(Update{Table::Rules, {"A", "S"}, {.set = {{"GSI1SK", "2"}}}, {}}),
            (TableUnits{0, 1, 2, 1}));
  const Changes one_more{.set = {}, .remove = {}, .add = {{"count", 1}}};
  EXPECT_EQ(cost_of(Update{Table::Rules, {"A", "S"}, one_more, {}}), (TableUnits{0, 2, 1, 1}))
      << "an add is a transaction";
  EXPECT_EQ(cost_of(Check{Table::Rules, {"A", "S"}, if_present()}), (TableUnits{1, 0, 0, 1}));
  EXPECT_EQ(cost_of(Delete{Table::Rules, {"A", "S"}, {}}), (TableUnits{0, 1, 1, 1}));
  EXPECT_EQ(cost_of(Delete{Table::Rules, {"A", "S"}, {}}), (TableUnits{0, 1, 0, 1}));
  EXPECT_EQ(cost_of(Put{Table::Rules, item_at("", "S"), {}}), TableUnits{}) << "never sent";
}

TEST_F(MeteredTablesTest, CountsTheDeletionOfWhatHasExpired) {
  Item item = indexed("A", "CHANNEL#c", "1");
  item["ttl"] = 1;
  item["text"] = std::string(3000, 'x');
  std::vector<Write> writes;
  writes.push_back(Put{Table::Messages, item, {}});
  ASSERT_TRUE(run_task(tables.transact(std::move(writes))));
  tables.reset();
  writes = {Delete{Table::Messages, {"A", "S"}, {}}};
  ASSERT_TRUE(run_task(tables.transact(std::move(writes))));
  EXPECT_EQ(tables.units()[static_cast<std::size_t>(Table::Messages)], (TableUnits{0, 3, 3, 1}));
}

TEST_F(MeteredTablesTest, CountsTransactionsTwiceAndBatchesOnce) {
  const auto two = [] {
    return std::vector<Write>{Put{Table::Rules, indexed("A", "USER#u", "1"), {}},
                              Check{Table::Rules, {"B", "S"}, {}}};
  };
  EXPECT_EQ(cost(tables.transact(two())), (TableUnits{0, 4, 1, 2}));
  std::vector<Write> batch;
  batch.push_back(Put{Table::Rules, item_at("C", "S"), {}});
  batch.push_back(Delete{Table::Rules, {"A", "S"}, {}});
  EXPECT_EQ(cost(tables.write_batch(std::move(batch))), (TableUnits{0, 2, 1, 2}));
}

TEST_F(MeteredTablesTest, CountsReads) {
  for (int i = 0; i < 4; ++i) {
    Item item = indexed("P", "USER#u", std::to_string(i));
    item["SK"] = std::to_string(i);
    item["text"] = std::string(1500, 'x');
    cost_of(Put{Table::Rules, std::move(item), {}});
  }
  EXPECT_EQ(cost(tables.get(Table::Rules, {"P", "0"})).read, 1);
  EXPECT_EQ(cost(tables.get(Table::Rules, {"Q", "0"})).read, 1);
  const Query all{.table = Table::Rules, .pk = "P"};
  EXPECT_EQ(cost(tables.query(all)).read, 2) << "6.2 KB together";
  Query page = all;
  page.limit = 2;
  EXPECT_EQ(cost(tables.query(page)).read, 2) << "two, and the one that tells of a next page";
  Query index{.table = Table::Rules, .index = "GSI1", .pk = "USER#u"};
  EXPECT_EQ(cost(tables.query(index)).read, 1) << "an index is read eventually";
  EXPECT_EQ(cost(tables.scan(Scan{.table = Table::Rules})).read, 2);
  const std::vector<Key> keys{{"P", "0"}, {"P", "1"}, {"P", "0"}, {"none", "S"}};
  EXPECT_EQ(cost(tables.get_batch(Table::Rules, keys)).read, 3) << "each key once";
}

TEST_F(MeteredTablesTest, CountsTheEnginesOwnAttributes) {
  Item item = item_at("A", "S");
  const std::size_t rest = dynamo::attributes_size(*dynamo::to_attributes(item));
  item["text"] = std::string(1024 - rest - 12, 'x');
  EXPECT_EQ(cost_of(Put{Table::Rules, item, {}}).write, 1) << "with the token exactly 1 KB";
  MeteredTables single(engine.tables(), Layout::SingleTable);
  std::vector<Write> writes;
  writes.push_back(Put{Table::Rules, item, {}});
  run_task(single.transact(std::move(writes)));
  EXPECT_EQ(single.units()[static_cast<std::size_t>(Table::Rules)].write, 2);
}

}  // namespace
}  // namespace msghub::testing
