#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "store/change_feed.h"
#include "tests/contract/tables_test.h"

// What every engine's feed behind store/change_feed.h must do. See tables_test.h.
namespace msghub::testing {

template <class Engine>
class ChangeFeedContract : public TablesTest<Engine> {
 protected:
  std::string end() { return run_task(this->engine.feed().end()); }
  ChangePage read(std::string cursor, std::size_t limit = 100) {
    Result<ChangePage> page = run_task(this->engine.feed().read(std::move(cursor), limit));
    EXPECT_TRUE(page) << page.error().detail;
    if (!page) return {.caught_up = true};
    EXPECT_NE(page->cursor, "");
    return std::move(*page);
  }
  // The changes after `cursor`, which then stands behind them. A feed may lag behind the writes:
  // waits, within reason, until there are `count` of them and no more.
  std::vector<Change> changes(std::string& cursor, std::size_t count, std::size_t limit = 100) {
    std::vector<Change> all;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (bool late = false; !late;) {
      late = std::chrono::steady_clock::now() > deadline;
      ChangePage page = read(cursor, limit);
      if (::testing::Test::HasFailure()) return all;
      cursor = page.cursor;
      for (Change& change : page.changes) all.push_back(std::move(change));
      if (page.caught_up && all.size() >= count) break;
      if (page.changes.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_EQ(all.size(), count);
    return all;
  }
  Refusal::Code why_not(std::string cursor) {
    const Result<ChangePage> page = run_task(this->engine.feed().read(std::move(cursor), 10));
    EXPECT_FALSE(page);
    return page ? Refusal::Code::Unsupported : page.error().code;
  }
};

TYPED_TEST_SUITE_P(ChangeFeedContract);

// Of the items' "text"; "-" where there is no item.
inline std::string before_and_after(const Change& change) {
  const auto text = [](const std::optional<Item>& item) {
    return item ? string_or(*item, "text", "?") : "-";
  };
  return text(change.before) + ">" + text(change.after);
}

TYPED_TEST_P(ChangeFeedContract, TellsWhatWasAndWhatIs) {
  std::string cursor = this->end();
  Item first = item_at("A", "S", "a");
  first["list"] = json::array{1, "two", nullptr, json::object{{"three", true}}};
  first["GSI1PK"] = "USER#u";
  first["GSI1SK"] = "1";
  Item second = first;
  second["text"] = "b";
  second["GSI1SK"] = "2";
  second["count"] = 1;
  Item third = item_at("A", "S", "c");
  ASSERT_TRUE(this->put(first));
  ASSERT_TRUE(this->write(
      {Update{Table::Rules,
              {"A", "S"},
              {.set = {{"text", "b"}, {"GSI1SK", "2"}}, .remove = {"none"}, .add = {{"count", 1}}},
              if_present()}}));
  ASSERT_TRUE(this->put(third));
  ASSERT_TRUE(this->write({Delete{Table::Rules, {"A", "S"}, {}}}));

  const std::vector<Change> all = this->changes(cursor, 4);
  ASSERT_EQ(all.size(), 4u);
  const std::vector<std::optional<Item>> states{std::nullopt, first, second, third, std::nullopt};
  const Timestamp long_ago(std::chrono::sys_days(std::chrono::year(2025) / 1 / 1));
  std::set<std::string> ids;
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].table, Table::Rules) << i;
    EXPECT_EQ(all[i].key.pk, "A") << i;
    EXPECT_EQ(all[i].key.sk, "S") << i;
    EXPECT_EQ(all[i].before, states[i]) << i;
    EXPECT_EQ(all[i].after, states[i + 1]) << i;
    EXPECT_GT(all[i].at, long_ago) << i;
    ids.insert(all[i].id);
  }
  EXPECT_EQ(ids.size(), 4u) << "each change has an id of its own";
}

TYPED_TEST_P(ChangeFeedContract, TellsOfEachTable) {
  std::string cursor = this->end();
  std::vector<Write> writes;
  for (const Table table : {Table::Users, Table::Rules, Table::Channels, Table::Messages,
                            Table::Executions, Table::RuleProjects, Table::Integrations}) {
    const std::string name(schema_of(table).name);
    writes.push_back(Put{table, item_at(name, "S", name), {}});
  }
  ASSERT_TRUE(this->write(std::move(writes)));
  std::map<Table, std::string> keys;
  for (const Change& change : this->changes(cursor, kTables.size())) {
    keys[change.table] = change.key.pk;
    EXPECT_FALSE(change.before);
    ASSERT_TRUE(change.after);
    EXPECT_EQ(*change.after, item_at(change.key.pk, "S", change.key.pk));
  }
  EXPECT_EQ(keys.size(), kTables.size());
  for (const auto& [table, pk] : keys) EXPECT_EQ(pk, schema_of(table).name);
}

TYPED_TEST_P(ChangeFeedContract, KeepsTheOrderOfEachItemsWrites) {
  std::string cursor = this->end();
  constexpr int kRounds = 12;
  for (int i = 0; i < kRounds; ++i) {
    const std::string n = std::to_string(i);
    ASSERT_TRUE(this->write({Put{Table::Rules, item_at("A", "S", n), {}},
                             Put{Table::Rules, item_at("B", "S", n), {}}}));
    ASSERT_TRUE(this->put(item_at("C", "S", n), {}, Table::Channels));
  }
  std::map<std::string, Texts> told;
  for (const Change& change : this->changes(cursor, 3 * kRounds, 7))
    told[change.key.pk].push_back(before_and_after(change));
  Texts expected;
  for (int i = 0; i < kRounds; ++i)
    expected.push_back((i == 0 ? "-" : std::to_string(i - 1)) + ">" + std::to_string(i));
  for (const char* pk : {"A", "B", "C"}) EXPECT_EQ(told[pk], expected) << pk;
}

TYPED_TEST_P(ChangeFeedContract, GoesOnFromEveryCursor) {
  const std::string begin = this->end();
  std::vector<Write> together;
  for (int i = 0; i < 10; ++i)
    together.push_back(Put{Table::Rules, item_at("T" + std::to_string(i), "S"), {}});
  ASSERT_TRUE(this->write(std::move(together)));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(this->put(item_at("A", "S", std::to_string(i))));

  std::string cursor = begin;
  const std::vector<Change> all = this->changes(cursor, 20);
  ASSERT_EQ(all.size(), 20u);
  std::set<std::string> ids;
  for (const Change& change : all) ids.insert(change.id);
  EXPECT_EQ(ids.size(), 20u);

  // In small pages, each read twice: as after a reader that died before it kept the new cursor.
  cursor = begin;
  std::set<std::string> again;
  while (again.size() < ids.size()) {
    const ChangePage page = this->read(cursor, 3);
    const ChangePage twin = this->read(cursor, 3);
    ASSERT_EQ(page.changes.size(), twin.changes.size());
    for (std::size_t i = 0; i < page.changes.size(); ++i) {
      EXPECT_EQ(page.changes[i].id, twin.changes[i].id);
      EXPECT_TRUE(again.insert(page.changes[i].id).second) << "told twice from one cursor on";
    }
    ASSERT_FALSE(page.changes.empty() && page.caught_up) << "ended early";
    cursor = page.cursor;
  }
  EXPECT_EQ(again, ids);
}

TYPED_TEST_P(ChangeFeedContract, TheEndIsBehindAllThatIsWritten) {
  ASSERT_TRUE(this->put(item_at("A", "S", "before")));
  std::string cursor = this->end();
  EXPECT_NE(cursor, "");
  const ChangePage none = this->read(cursor);
  EXPECT_TRUE(none.changes.empty());
  EXPECT_TRUE(none.caught_up);
  ASSERT_TRUE(this->put(item_at("A", "S", "after")));
  for (std::string& from : std::vector<std::string>{cursor, none.cursor}) {
    const std::vector<Change> all = this->changes(from, 1);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(before_and_after(all.front()), "before>after");
  }
}

TYPED_TEST_P(ChangeFeedContract, BeginsWithTheOldest) {
  std::string cursor;
  EXPECT_TRUE(this->changes(cursor, 0).empty());
  EXPECT_NE(cursor, "") << "there is a place also where there was no change";
  ASSERT_TRUE(this->put(item_at("A", "S", "1")));
  ASSERT_TRUE(this->put(item_at("A", "S", "2")));
  for (std::string from : {std::string(), cursor}) {
    Texts told;
    for (const Change& change : this->changes(from, 2)) told.push_back(before_and_after(change));
    EXPECT_EQ(told, (Texts{"->1", "1>2"}));
  }
}

TYPED_TEST_P(ChangeFeedContract, TellsOnlyWhatWasWritten) {
  std::string cursor = this->end();
  ASSERT_TRUE(this->put(item_at("A", "S", "a")));
  EXPECT_FALSE(this->write({Put{Table::Rules, item_at("B", "S", "b"), if_absent()},
                            Put{Table::Rules, item_at("A", "S", "x"), if_absent()}}));
  ASSERT_TRUE(this->write({Check{Table::Rules, {"A", "S"}, if_present()},
                           Put{Table::Rules, item_at("B", "S", "b"), if_absent()}}));
  ASSERT_TRUE(this->write({Delete{Table::Rules, {"never there", "S"}, {}}}));
  std::vector<Write> batch;
  batch.push_back(Delete{Table::Rules, {"A", "S"}, {}});
  batch.push_back(Put{Table::Rules, item_at("B", "S", "c"), {}});
  ASSERT_TRUE(this->write_batch(std::move(batch)));
  std::map<std::string, Texts> told;
  for (const Change& change : this->changes(cursor, 4))
    told[change.key.pk].push_back(before_and_after(change));
  EXPECT_EQ(told["A"], (Texts{"->a", "a>-"}));
  EXPECT_EQ(told["B"], (Texts{"->b", "b>c"}));
}

TYPED_TEST_P(ChangeFeedContract, RefusesWhatIsNoCursorOfIts) {
  ASSERT_TRUE(this->put(item_at("A", "S", "a")));
  const std::string own = this->end();
  for (const std::string& wrong :
       {std::string("x"), std::string("AAAA"), std::string("not a cursor"), std::string("\xFF"),
        own + "A", own.substr(0, own.size() / 2)})
    EXPECT_EQ(this->why_not(wrong), Refusal::Code::Invalid) << wrong;
  TypeParam other;
  std::vector<Write> writes;
  writes.push_back(Put{Table::Rules, item_at("A", "S", "a"), {}});
  ASSERT_TRUE(run_task(other.tables().transact(std::move(writes))));
  const std::string foreign = run_task(other.feed().end());
  EXPECT_EQ(this->why_not(foreign), Refusal::Code::Invalid) << "of another feed";
}

// Writes items of its own and a counter that all share, and says what was acknowledged.
inline Task<void> write_for_feed(Tables& tables, std::string name, int times, std::mutex& mutex,
                                 std::set<std::string>& acknowledged) {
  for (int i = 0; i < times; ++i) {
    const std::string pk = name + "-" + std::to_string(i);
    std::vector<Write> writes;
    writes.push_back(Put{Table::Messages, item_at(pk, "S", pk), if_absent()});
    writes.push_back(Update{
        Table::Channels, {"counter", "S"}, {.set = {}, .remove = {}, .add = {{"count", 1}}}, {}});
    const Result<void> result = co_await tables.transact(std::move(writes));
    EXPECT_TRUE(result);
    const std::lock_guard lock(mutex);
    if (result) acknowledged.insert(pk);
  }
}

TYPED_TEST_P(ChangeFeedContract, MissesNothingThatWasAcknowledged) {
  constexpr std::size_t kThreads = 3;
  constexpr std::size_t kWriters = 4;
  constexpr std::size_t kTimes = 8;
  constexpr std::size_t kAll = kThreads * kWriters * kTimes;
  std::string cursor = this->end();
  std::mutex mutex;
  std::set<std::string> acknowledged;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      boost::asio::io_context loop;
      for (std::size_t i = 0; i < kWriters; ++i)
        boost::asio::co_spawn(
            loop,
            write_for_feed(this->engine.tables(), std::to_string(t) + "-" + std::to_string(i),
                           kTimes, mutex, acknowledged),
            boost::asio::detached);
      loop.run();
    });
  // Read while they write: a place that is reached before its neighbours must not hide them.
  const std::vector<Change> all = this->changes(cursor, 2 * kAll, 10);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(acknowledged.size(), kAll);
  std::set<std::string> told;
  std::int64_t count = 0;
  for (const Change& change : all) {
    if (change.table == Table::Messages) {
      EXPECT_TRUE(told.insert(change.key.pk).second) << change.key.pk << " is told twice";
      continue;
    }
    EXPECT_EQ(change.before.has_value(), count > 0);
    ASSERT_TRUE(change.after);
    EXPECT_EQ(change.after->at("count").as_int64(), ++count) << "the counter's order is broken";
  }
  EXPECT_EQ(told, acknowledged);
}

REGISTER_TYPED_TEST_SUITE_P(ChangeFeedContract, TellsWhatWasAndWhatIs, TellsOfEachTable,
                            KeepsTheOrderOfEachItemsWrites, GoesOnFromEveryCursor,
                            TheEndIsBehindAllThatIsWritten, BeginsWithTheOldest,
                            TellsOnlyWhatWasWritten, RefusesWhatIsNoCursorOfIts,
                            MissesNothingThatWasAcknowledged);

}  // namespace msghub::testing
