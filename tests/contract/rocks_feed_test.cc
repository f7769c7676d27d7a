#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/contract/rocks_engine.h"
#include "tests/contract/tables_test.h"

// What the feed over RocksDB's log does beyond change_feed_contract.h.
namespace msghub::testing {
namespace {

bool put(Tables& tables, std::string pk, std::string text = "") {
  std::vector<Write> writes;
  writes.push_back(Put{Table::Rules, item_at(std::move(pk), "S", std::move(text)), {}});
  return run_task(tables.transact(std::move(writes))).has_value();
}

ChangePage read(ChangeFeed& feed, std::string cursor, std::size_t limit = 100) {
  Result<ChangePage> page = run_task(feed.read(std::move(cursor), limit));
  EXPECT_TRUE(page) << page.error().detail;
  return page ? std::move(*page) : ChangePage{.caught_up = true};
}

// The keys of all changes after `cursor`, in order.
Texts keys_after(ChangeFeed& feed, std::string cursor, std::size_t limit = 100) {
  Texts keys;
  for (bool more = true; more;) {
    const ChangePage page = read(feed, cursor, limit);
    EXPECT_LE(page.changes.size(), limit);
    for (const Change& change : page.changes) keys.push_back(change.key.pk);
    cursor = page.cursor;
    more = !page.caught_up && !::testing::Test::HasFailure();
  }
  return keys;
}

Refusal::Code why_not(ChangeFeed& feed, std::string cursor) {
  const Result<ChangePage> page = run_task(feed.read(std::move(cursor), 10));
  return page ? Refusal::Code::Unsupported : page.error().code;
}

TEST(RocksFeed, SaysWhenTheWriteWas) {
  RocksEngine engine;
  const Timestamp first = engine.clock().now();
  ASSERT_TRUE(put(engine.tables(), "A"));
  engine.clock().set(first + std::chrono::hours(5));
  ASSERT_TRUE(put(engine.tables(), "B"));
  const ChangePage page = read(engine.feed(), "");
  ASSERT_EQ(page.changes.size(), 2u);
  EXPECT_EQ(page.changes[0].at, first);
  EXPECT_EQ(page.changes[1].at, first + std::chrono::hours(5));
}

TEST(RocksFeed, GoesOnOverRestarts) {
  RocksEngine engine;
  ASSERT_TRUE(put(engine.tables(), "before"));
  const std::string begin = run_task(engine.feed().end());
  Texts expected;
  std::vector<std::string> places;
  for (int i = 0; i < 5; ++i) {
    for (int n = 0; n < 3; ++n) {
      expected.push_back(std::to_string(i) + "-" + std::to_string(n));
      ASSERT_TRUE(put(engine.tables(), expected.back()));
    }
    places.push_back(run_task(engine.feed().end()));
    engine.close();
    engine.open();
    EXPECT_EQ(keys_after(engine.feed(), begin), expected) << "after restart " << i;
    EXPECT_EQ(keys_after(engine.feed(), begin, 2), expected) << "after restart " << i;
  }
  for (std::size_t i = 0; i < places.size(); ++i)
    EXPECT_EQ(keys_after(engine.feed(), places[i]).size(), 3 * (places.size() - i - 1)) << i;
}

TEST(RocksFeed, GoesOnFromOneLogFileToTheNext) {
  RocksEngine engine;
  std::string place = run_task(engine.feed().end());
  Texts expected;
  Texts told;
  for (int round = 0; round < 3; ++round) {
    std::vector<Write> writes;
    for (int i = 0; i < 20; ++i) {  // 7 MiB: RocksDB begins a new file after about 16
      const std::string pk = std::to_string(round) + "-" + std::to_string(i);
      writes.push_back(Put{Table::Rules, item_at(pk, "S", std::string(380 * 1024, 'x')), {}});
      expected.push_back(pk);
    }
    ASSERT_TRUE(run_task(engine.tables().write_batch(std::move(writes))));
    for (bool more = true; more;) {  // a reader that stays
      ChangePage page = read(engine.feed(), place, 7);
      for (const Change& change : page.changes) told.push_back(change.key.pk);
      place = page.cursor;
      more = !page.caught_up && !HasFailure();
    }
  }
  EXPECT_EQ(told, expected);
  EXPECT_EQ(keys_after(engine.feed(), ""), expected) << "a reader that comes later";
  std::size_t logs = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(engine.options().path))
    logs += entry.path().extension() == ".log" ? 1 : 0;
  EXPECT_GT(logs, 1u) << "there was just one file";
}

TEST(RocksFeed, ServesMoreReadersThanItKeepsPlacesFor) {
  RocksEngine engine;
  constexpr std::size_t kReaders = 20;
  std::vector<std::string> places(kReaders);
  std::vector<Texts> told(kReaders);
  Texts expected;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 10; ++i) {
      expected.push_back(std::to_string(round) + "-" + std::to_string(i));
      ASSERT_TRUE(put(engine.tables(), expected.back()));
    }
    for (std::size_t reader = 0; reader < kReaders; ++reader) {
      const ChangePage page = read(engine.feed(), places[reader], 1 + reader);
      for (const Change& change : page.changes) told[reader].push_back(change.key.pk);
      places[reader] = page.cursor;
    }
  }
  for (std::size_t reader = 0; reader < kReaders; ++reader) {
    for (std::string& pk : keys_after(engine.feed(), places[reader]))
      told[reader].push_back(std::move(pk));
    EXPECT_EQ(told[reader], expected) << "reader " << reader;
  }
}

TEST(RocksFeed, RefusesAPlaceThatIsNoLongerKept) {
  RocksEngine engine;
  const std::string begin = run_task(engine.feed().end());
  for (const char* pk : {"A", "B", "C"}) ASSERT_TRUE(put(engine.tables(), pk));
  const std::string end = run_task(engine.feed().end());
  engine.close();
  engine.open();
  EXPECT_EQ(keys_after(engine.feed(), begin), (Texts{"A", "B", "C"}));
  engine.close();
  std::filesystem::remove_all(engine.options().path + "/archive");
  engine.open();
  EXPECT_EQ(why_not(engine.feed(), begin), Refusal::Code::NotFound);
  EXPECT_EQ(keys_after(engine.feed(), end), Texts{}) << "who had read all has missed nothing";
  EXPECT_EQ(keys_after(engine.feed(), ""), Texts{});
  ASSERT_TRUE(put(engine.tables(), "D"));
  EXPECT_EQ(why_not(engine.feed(), begin), Refusal::Code::NotFound);
  EXPECT_EQ(keys_after(engine.feed(), end), Texts{"D"});
  EXPECT_EQ(keys_after(engine.feed(), ""), Texts{"D"});
}

TEST(RocksFeed, WithoutTimeThereIsNone) {
  RocksEngine engine;
  ASSERT_TRUE(put(engine.tables(), "A"));
  engine.close();
  RocksOptions options = engine.options();
  options.feed_time = std::chrono::seconds(0);
  const auto tables = RocksTables::open(options, engine.clock());
  ASSERT_TRUE(put(*tables, "B"));
  EXPECT_EQ(why_not(tables->feed(), ""), Refusal::Code::NotFound);
}

TEST(RocksFeed, TellsNothingOfAWriteThatChangesNothing) {
  RocksEngine engine;
  ASSERT_TRUE(put(engine.tables(), "A", "same"));
  const std::string place = run_task(engine.feed().end());
  ASSERT_TRUE(put(engine.tables(), "A", "same"));
  EXPECT_EQ(run_task(engine.feed().end()), place);
}

}  // namespace
}  // namespace msghub::testing
