#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <rocksdb/db.h>

#include <fstream>

#include "store/items.h"
#include "tests/contract/change_feed_contract.h"
#include "tests/contract/rocks_engine.h"
#include "tests/contract/tables_contract.h"
#include "tests/contract/tables_model.h"
#include "tests/contract/tables_query_contract.h"

namespace msghub::testing {

using RocksEngines = ::testing::Types<RocksEngine, RocksSingleTableEngine>;
INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, TablesContract, RocksEngines);
INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, TablesQueryContract, RocksEngines);
INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, ChangeFeedContract, RocksEngines);

namespace {

void no_lag(Tables&) {}

RC_GTEST_PROP(RocksTables, AgreesWithAMap, ()) {
  static RocksEngine engine;
  compare_with_model(engine.tables(), 40, no_lag);
}

RC_GTEST_PROP(RocksTables, AgreesWithAMapInASingleTable, ()) {
  static RocksSingleTableEngine engine;
  compare_with_model(engine.tables(), 40, no_lag);
}

std::string why_not_open(const RocksOptions& options) {
  const ManualClock clock;
  try {
    RocksTables::open(options, clock);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "it opened";
}

bool put(Tables& tables, std::string pk, Table table = Table::Rules) {
  std::vector<Write> writes;
  writes.push_back(Put{table, item_at(std::move(pk), "S", "text"), {}});
  return run_task(tables.transact(std::move(writes))).has_value();
}

bool has(Tables& tables, std::string pk, Table table = Table::Rules) {
  return run_task(tables.get(table, {std::move(pk), "S"})).has_value();
}

void with_raw_database(const std::string& path, void (*change)(rocksdb::DB&)) {
  rocksdb::Options options;
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(options, path, &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path, families, &handles, &db).ok());
  change(*db);
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  delete db;
}

TEST(RocksTables, KeepsEverythingOverAReopen) {
  RocksEngine engine;
  for (int i = 0; i < 50; ++i) {
    Item item = indexed("K" + std::to_string(i), "USER#u", "STATUS#" + std::to_string(i % 3));
    std::vector<Write> writes;
    writes.push_back(Put{Table::Rules, std::move(item), {}});
    ASSERT_TRUE(run_task(engine.tables().transact(std::move(writes))));
  }
  const Query query{.table = Table::Rules, .index = "GSI1", .pk = "USER#u"};
  const Result<Page> before = run_task(engine.tables().query(query));
  for (int i = 0; i < 3; ++i) {
    engine.close();
    engine.open();
    const Result<Page> after = run_task(engine.tables().query(query));
    ASSERT_TRUE(after);
    EXPECT_EQ(after->items, before->items);
  }
}

TEST(RocksTables, ClosingWritesWhatWaits) {
  RocksEngine engine;
  boost::asio::io_context loop;
  std::atomic<int> refused = 0;
  std::vector<std::atomic<int>> winners(30);
  boost::asio::co_spawn(loop, race(engine.tables(), 30, winners, refused), boost::asio::detached);
  std::thread other([&] { loop.run(); });
  other.join();
  engine.close();
  engine.open();
  EXPECT_TRUE(has(engine.tables(), "K29"));
}

TEST(RocksTables, IsOpenedOnlyOnce) {
  RocksEngine engine;
  const std::string why = why_not_open(engine.options());
  EXPECT_NE(why.find("in use by another msghub; stop that one"), std::string::npos) << why;
  EXPECT_TRUE(put(engine.tables(), "A")) << "the first one goes on";
}

TEST(RocksTables, RefusesANewerStore) {
  RocksEngine engine;
  engine.close();
  with_raw_database(engine.options().path,
                    [](rocksdb::DB& db) { db.Put({}, "schema version", "2"); });
  std::string why = why_not_open(engine.options());
  EXPECT_NE(why.find("schema version 2, this program knows version 1"), std::string::npos) << why;
  with_raw_database(engine.options().path, [](rocksdb::DB& db) {
    db.Put({}, "schema version", "1");
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    db.CreateColumnFamily({}, "Invoices", &handle);
    db.DestroyColumnFamilyHandle(handle);
  });
  why = why_not_open(engine.options());
  EXPECT_NE(why.find("a table \"Invoices\" that this program does not know"), std::string::npos)
      << why;
}

TEST(RocksTables, AddsTheTablesThatAnOlderStoreLacks) {
  RocksEngine engine;
  ASSERT_TRUE(put(engine.tables(), "A"));
  engine.close();
  {
    rocksdb::Options options;
    std::vector<std::string> names;
    rocksdb::DB::ListColumnFamilies(options, engine.options().path, &names);
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, options);
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, engine.options().path, families, &handles, &db).ok());
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      if (handle->GetName().starts_with("Integrations")) db->DropColumnFamily(handle);
      db->DestroyColumnFamilyHandle(handle);
    }
    delete db;
  }
  engine.open();
  EXPECT_TRUE(has(engine.tables(), "A"));
  EXPECT_TRUE(put(engine.tables(), "I", Table::Integrations));
}

TEST(RocksTables, RefusesFoldersThatAreNoStore) {
  const TempFolder folder;
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, folder.path(), &db).ok());
    ASSERT_TRUE(db->Put({}, "foreign", "key").ok());
    delete db;
  }
  std::string why = why_not_open({.path = folder.path()});
  EXPECT_NE(why.find("no store of msghub"), std::string::npos) << why;
  std::ofstream(folder.path() + "/file") << "x";
  why = why_not_open({.path = folder.path() + "/file"});
  EXPECT_NE(why.find(folder.path() + "/file"), std::string::npos) << why;
  EXPECT_NE(why.find("cannot be"), std::string::npos) << why;
}

std::string newest_file(const std::string& folder, std::string_view suffix) {
  std::string newest;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().string();
    if (name.ends_with(suffix) && name > newest) newest = name;
  }
  return newest;
}

void change_byte(const std::string& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const char old = static_cast<char>(file.get());
  file.seekp(at);
  file.put(static_cast<char>(old ^ 0x10));
}

// A copy of the engine's folder as a kill would leave it now.
std::string killed_copy(const RocksEngine& engine) {
  const std::string copy = engine.options().path + "-killed";
  std::filesystem::remove_all(copy);
  std::filesystem::copy(engine.options().path, copy, std::filesystem::copy_options::recursive);
  return copy;
}

TEST(RocksTables, DropsATornTailOfTheLog) {
  RocksEngine engine;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(put(engine.tables(), "A" + std::to_string(i)));
  const auto whole = std::filesystem::file_size(newest_file(engine.options().path, ".log"));
  ASSERT_TRUE(put(engine.tables(), "torn"));
  RocksOptions options = engine.options();
  options.path = killed_copy(engine);
  // As after a crash in the middle of the write of "torn".
  std::filesystem::resize_file(newest_file(options.path, ".log"), whole + 20);
  const auto tables = RocksTables::open(options, engine.clock());
  EXPECT_TRUE(has(*tables, "A4"));
  EXPECT_FALSE(has(*tables, "torn"));
}

TEST(RocksTables, RefusesToOpenADamagedLog) {
  RocksEngine engine;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(put(engine.tables(), "A" + std::to_string(i)));
  RocksOptions options = engine.options();
  options.path = killed_copy(engine);
  const std::string log = newest_file(options.path, ".log");
  change_byte(log, static_cast<std::streamoff>(std::filesystem::file_size(log) / 2));
  const std::string why = why_not_open(options);
  EXPECT_NE(why.find("is damaged; keep a copy of the folder and restore a backup"),
            std::string::npos)
      << why;
}

TEST(RocksTables, BelowTheReserveTakesNoMessagesButFinishesTheRest) {
  const TempFolder folder;
  const ManualClock clock;
  const auto tables = RocksTables::open(
      {.path = folder.path() + "/store", .reserve_bytes = std::uint64_t{1} << 60}, clock);
  ASSERT_TRUE(put(*tables, "E", Table::Executions));
  try {
    put(*tables, "M", Table::Messages);
    FAIL() << "a message was taken";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.retry, Failure::Retry::Later);
    const std::string why = failure.what();
    EXPECT_NE(why.find("the disk of " + folder.path() + "/store is full"), std::string::npos)
        << why;
  }
  EXPECT_TRUE(tables->healthy()) << "what has begun can end";
  std::vector<Write> removal;
  removal.push_back(Delete{Table::Messages, {"M", "S"}, {}});
  EXPECT_TRUE(run_task(tables->transact(std::move(removal))));
}

}  // namespace
}  // namespace msghub::testing
