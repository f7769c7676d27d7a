#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <mutex>
#include <thread>

#include "store/rocks/keys.h"
#include "tests/contract/rocks_engine.h"
#include "tests/contract/tables_test.h"

// Copies under load, and what looks at every byte of them.
namespace msghub::testing {
namespace {

constexpr auto kMessages = static_cast<std::size_t>(Table::Messages);

bool put(Tables& tables, Table table, Item item) {
  std::vector<Write> writes;
  writes.push_back(Put{table, std::move(item), {}});
  return run_task(tables.transact(std::move(writes))).has_value();
}

// Some items of every table, half of them indexed.
void fill(Tables& tables) {
  for (std::size_t t = 0; t < kTables.size(); ++t)
    for (int i = 0; i < 20; ++i) {
      Item item = item_at(std::string(kTables[t].entity) + std::to_string(i), "S", "text");
      item["nested"] = json::object{{"b", 1}, {"a", json::array{1, 2}}};
      if (i % 2 == 0) {
        item["GSI1PK"] = "USER#u";
        item["GSI1SK"] = std::to_string(i);
      }
      ASSERT_TRUE(put(tables, static_cast<Table>(t), std::move(item)));
    }
}

StoreCheck verified(const std::string& folder) {
  Result<StoreCheck> check = RocksTables::verify(folder);
  EXPECT_TRUE(check) << check.error().detail;
  return check ? std::move(*check) : StoreCheck{};
}

struct Load {
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::vector<std::string> acknowledged;

  // What is acknowledged once it is that many: how long that takes depends on the disk.
  std::vector<std::string> at_least(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (;; std::this_thread::sleep_for(std::chrono::milliseconds(5))) {
      const std::lock_guard lock(mutex);
      if (acknowledged.size() >= count || std::chrono::steady_clock::now() > end)
        return acknowledged;
    }
  }
};

Task<void> write_messages(Tables& tables, std::string name, Load& load) {
  for (int i = 0; !load.stop; ++i) {
    const std::string pk = name + "-" + std::to_string(i);
    std::vector<Write> writes;
    writes.push_back(Put{Table::Messages, indexed(pk, "CHANNEL#c", pk), if_absent()});
    writes.push_back(Update{
        Table::Channels, {"counter", "S"}, {.set = {}, .remove = {}, .add = {{"count", 1}}}, {}});
    const Result<void> result = co_await tables.transact(std::move(writes));
    EXPECT_TRUE(result);
    const std::lock_guard lock(load.mutex);
    load.acknowledged.push_back(pk);
  }
}

TEST(Checkpoint, IsWholeUnderLoad) {
  for (const Layout layout : {Layout::MultiTable, Layout::SingleTable}) {
    RocksEngine engine(layout);
    Load load;
    std::thread writers([&] {
      boost::asio::io_context loop;
      for (int i = 0; i < 8; ++i)
        boost::asio::co_spawn(loop, write_messages(engine.tables(), std::to_string(i), load),
                              boost::asio::detached);
      loop.run();
    });
    for (std::size_t round = 0; round < 3; ++round) {
      const std::vector<std::string> before = load.at_least(20 * (round + 1));
      RocksOptions copy = engine.options();
      copy.path += "-copy" + std::to_string(round);
      run_task(engine.rocks().checkpoint(copy.path));
      const StoreCheck check = verified(copy.path);
      EXPECT_EQ(check.problems, Texts{});
      EXPECT_EQ(check.layout, layout);
      EXPECT_GE(check.tables[kMessages].items, before.size());
      EXPECT_EQ(check.tables[kMessages].index_entries, check.tables[kMessages].items);
      const auto tables = RocksTables::open(copy, engine.clock());
      for (const std::string& pk : before)
        EXPECT_TRUE(run_task(tables->get(Table::Messages, {pk, "S"}))) << pk;
      const std::optional<Item> counter = run_task(tables->get(Table::Channels, {"counter", "S"}));
      ASSERT_EQ(counter.has_value(), check.tables[kMessages].items > 0);
      if (counter) {
        EXPECT_EQ(counter->at("count").as_int64(),
                  static_cast<std::int64_t>(check.tables[kMessages].items))
            << "half a transaction";
      }
    }
    load.stop = true;
    writers.join();
    EXPECT_GT(load.acknowledged.size(), 50u);
  }
}

TEST(Checkpoint, NeedsAFolderThatIsNotThere) {
  RocksEngine engine;
  try {
    run_task(engine.rocks().checkpoint(engine.options().path));
    FAIL() << "it wrote over something";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.retry, Failure::Retry::Never);
    EXPECT_NE(std::string(failure.what()).find("is there already"), std::string::npos);
  }
  EXPECT_THROW(run_task(engine.rocks().checkpoint("/dev/null/copy")), Failure);
  fill(engine.tables());
}

TEST(Checkpoint, HasAFeedOfItsOwn) {
  RocksEngine engine;
  fill(engine.tables());
  const std::string cursor = run_task(engine.feed().end());
  RocksOptions copy = engine.options();
  copy.path += "-copy";
  run_task(engine.rocks().checkpoint(copy.path));
  std::string own;
  for (int start = 0; start < 2; ++start) {
    const auto tables = RocksTables::open(copy, engine.clock());
    const Result<ChangePage> page = run_task(tables->feed().read(cursor, 10));
    ASSERT_FALSE(page) << "the cursor points into the history of another store";
    EXPECT_EQ(page.error().code, Refusal::Code::Invalid);
    if (start == 1) {
      EXPECT_TRUE(run_task(tables->feed().read(own, 10))) << "its own stay good";
    }
    own = run_task(tables->feed().end());
  }
  EXPECT_TRUE(run_task(engine.feed().read(cursor, 10))) << "the original goes on";
}

TEST(Verify, GivesOneHashForTheSameItems) {
  RocksEngine multi;
  RocksSingleTableEngine single;
  fill(multi.tables());
  fill(single.tables());
  RocksOptions copy = multi.options();
  copy.path += "-copy";
  run_task(multi.rocks().checkpoint(copy.path));
  multi.close();
  single.close();
  const StoreCheck one = verified(multi.options().path);
  const StoreCheck other = verified(single.options().path);
  EXPECT_EQ(one.problems, Texts{});
  EXPECT_EQ(other.problems, Texts{});
  EXPECT_EQ(one.sha256.size(), 64u);
  EXPECT_EQ(verified(multi.options().path).sha256, one.sha256) << "looking changes nothing";
  EXPECT_EQ(verified(copy.path).sha256, one.sha256);
  EXPECT_EQ(other.sha256, one.sha256) << "the layout is not part of it";
  EXPECT_EQ(other.layout, Layout::SingleTable);
  for (std::size_t t = 0; t < kTables.size(); ++t) {
    EXPECT_EQ(one.tables[t].items, 20u) << kTables[t].name;
    EXPECT_EQ(one.tables[t].index_entries, 10u) << kTables[t].name;
    EXPECT_EQ(other.tables[t].index_entries, 10u) << kTables[t].name;
  }
  multi.open();
  ASSERT_TRUE(put(multi.tables(), Table::Users, item_at("User0", "S", "other")));
  multi.close();
  EXPECT_NE(verified(multi.options().path).sha256, one.sha256);
}

using Families = std::map<std::string, rocksdb::ColumnFamilyHandle*>;

void change_below(const std::string& path, void (*change)(rocksdb::DB&, Families&)) {
  const rocksdb::Options options;
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(options, path, &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) descriptors.emplace_back(name, options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path, descriptors, &handles, &db).ok());
  Families families;
  for (rocksdb::ColumnFamilyHandle* handle : handles) families[handle->GetName()] = handle;
  change(*db, families);
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  delete db;
}

std::string rule_entry(const char* number) {
  return rocks::index_key("USER#u", number, rocks::table_key("Rule" + std::string(number), "S"));
}

TEST(Verify, NamesWhatIsWrong) {
  struct Case {
    const char* what;
    void (*change)(rocksdb::DB&, Families&);
    const char* said;
  };
  const std::vector<Case> cases{
      {"a lost index entry",
       [](rocksdb::DB& db, Families& f) { db.Delete({}, f["Rules.GSI1"], rule_entry("2")); },
       "Rule2 S of Rules is missing in Rules.GSI1"},
      {"an index entry too many",
       [](rocksdb::DB& db, Families& f) { db.Put({}, f["Rules.GSI1"], rule_entry("3"), ""); },
       "Rules.GSI1 names Rule3 S, which does not stand there"},
      {"one too many and one lost",
       [](rocksdb::DB& db, Families& f) {
         db.Delete({}, f["Rules.GSI1"], rule_entry("2"));
         db.Put({}, f["Rules.GSI1"], rule_entry("3"), "");
       },
       "Rule2 S of Rules is missing in Rules.GSI1"},
      {"a lost item",
       [](rocksdb::DB& db, Families& f) {
         db.Delete({}, f["Rules"], rocks::table_key("Rule4", "S"));
       },
       "Rules.GSI1 names Rule4 S, which does not stand there"},
      {"no record",
       [](rocksdb::DB& db, Families& f) {
         db.Put({}, f["Users"], rocks::table_key("User1", "S"), "\x01{\"PK\":");
       },
       "User1 S of Users: the store holds an item that is no JSON object"},
      {"another item's key",
       [](rocksdb::DB& db, Families& f) {
         db.Put({}, f["Users"], rocks::table_key("User1", "S"),
                rocks::encode_record(R"({"PK":"User2","SK":"S"})"));
       },
       "User1 S of Users stands under the key of another item"},
  };
  for (const Case& c : cases) {
    RocksEngine engine;
    fill(engine.tables());
    engine.close();
    change_below(engine.options().path, c.change);
    const StoreCheck check = verified(engine.options().path);
    ASSERT_FALSE(check.problems.empty()) << c.what;
    EXPECT_NE(check.problems.front().find(c.said), std::string::npos)
        << c.what << ": " << check.problems.front();
  }
}

TEST(Verify, RefusesWhatIsNoStore) {
  const TempFolder folder;
  for (const std::string& path : {folder.path(), folder.path() + "/none"}) {
    const Result<StoreCheck> check = RocksTables::verify(path);
    ASSERT_FALSE(check);
    EXPECT_EQ(check.error().code, Refusal::Code::NotFound);
  }
}

TEST(Layout, IsPartOfTheStore) {
  for (const Layout layout : {Layout::MultiTable, Layout::SingleTable}) {
    RocksEngine engine(layout);
    fill(engine.tables());
    engine.close();
    RocksOptions other = engine.options();
    other.layout = layout == Layout::MultiTable ? Layout::SingleTable : Layout::MultiTable;
    try {
      RocksTables::open(other, engine.clock());
      FAIL() << "it opened with the other layout";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.retry, Failure::Retry::Never);
      EXPECT_NE(std::string(failure.what()).find("move it with msghub migrate"), std::string::npos)
          << failure.what();
    }
    engine.open();
    EXPECT_TRUE(run_task(engine.tables().get(Table::Users, {"User0", "S"}))) << "nothing changed";
  }
}

TEST(Layout, KeepsEntityTypeBesideTheItem) {
  RocksSingleTableEngine engine;
  const Item item = item_at("RULE#1", "METADATA", "text");
  ASSERT_TRUE(put(engine.tables(), Table::Rules, item));
  EXPECT_EQ(run_task(engine.tables().get(Table::Rules, {"RULE#1", "METADATA"})), item);
  std::vector<Write> taken;
  taken.push_back(Put{Table::Users, item, {}});
  const Result<void> refused = run_task(engine.tables().transact(std::move(taken)));
  ASSERT_FALSE(refused) << "a user would replace a rule";
  EXPECT_EQ(refused.error().code, Refusal::Code::Conflict);
  engine.close();
  change_below(engine.options().path, [](rocksdb::DB& db, Families& f) {
    std::string record;
    const rocksdb::Status found =
        db.Get({}, f.at("MessageAutomationHub"), rocks::table_key("RULE#1", "METADATA"), &record);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(record.substr(1),
              R"({"EntityType":"Rule","PK":"RULE#1","SK":"METADATA","text":"text"})");
  });
}

}  // namespace
}  // namespace msghub::testing
