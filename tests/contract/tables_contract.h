#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/contract/tables_test.h"

// What every engine behind store/tables.h must do when it writes. See tables_test.h.
namespace msghub::testing {

template <class Engine>
using TablesContract = TablesTest<Engine>;

TYPED_TEST_SUITE_P(TablesContract);

TYPED_TEST_P(TablesContract, GivesBackWhatWasPut) {
  Item item = item_at("A", "S", "grün \u2713");
  item["number"] = std::int64_t{9'007'199'254'740'993};
  item["fraction"] = 0.1;
  item["list"] = json::array{1, "two", nullptr, json::object{{"three", true}}};
  ASSERT_TRUE(this->put(item));
  const std::optional<Item> found = this->get({"A", "S"});
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, item);
  EXPECT_FALSE(this->get({"A", "T"}));
  EXPECT_FALSE(this->get({"AS", "S"}));
  EXPECT_FALSE(this->get({"A", "S"}, Table::Users)) << "tables are strangers";
}

TYPED_TEST_P(TablesContract, AConditionDecides) {
  struct Case {
    const char* name;
    Condition condition;
    bool holds_without_item;
    bool holds_with_item;
  };
  const std::vector<Case> cases{
      {"none", {}, true, true},
      {"absent", if_absent(), true, false},
      {"present", if_present(), false, true},
      {"has text", {{Clause::Kind::Exists, "text", nullptr}}, false, true},
      {"has no other", {{Clause::Kind::NotExists, "other", nullptr}}, true, true},
      {"has no text", {{Clause::Kind::NotExists, "text", nullptr}}, true, false},
      {"text is a", if_equal("text", "a"), false, true},
      {"text is b", if_equal("text", "b"), false, false},
      {"missing equals nothing", if_equal("other", nullptr), false, false},
      {"number by value", if_equal("number", 1.0), false, true},
      {"number is no text", if_equal("number", "1"), false, false},
      {"both",
       {{Clause::Kind::Exists, "text", nullptr}, {Clause::Kind::Exists, "other", nullptr}},
       false,
       false},
  };
  for (const Case& c : cases) {
    for (const bool there : {false, true}) {
      const Key key{std::string(c.name) + (there ? "1" : "0"), "S"};
      Item before = item_at(key.pk, key.sk, "a");
      before["number"] = 1;
      if (there) {
        ASSERT_TRUE(this->put(before));
      }
      const bool expected = there ? c.holds_with_item : c.holds_without_item;
      const Result<void> result = this->put(item_at(key.pk, key.sk, "new"), c.condition);
      EXPECT_EQ(result.has_value(), expected) << c.name << (there ? ", item there" : ", no item");
      if (!result) {
        EXPECT_EQ(result.error().code, Refusal::Code::Conflict) << c.name;
        EXPECT_TRUE(result.error().detail.starts_with("write 0: ")) << result.error().detail;
      }
      EXPECT_EQ(this->text(key), expected ? "new" : there ? "a" : "(no item)") << c.name;
    }
  }
}

TYPED_TEST_P(TablesContract, AnUpdateTouchesOnlyWhatItNames) {
  Item item = item_at("A", "S", "old");
  item["gone"] = true;
  item["kept"] = json::array{1, 2};
  item["count"] = 40;
  item["half"] = 0.5;
  ASSERT_TRUE(this->put(item));
  const Changes changes{.set = {{"text", "new"}, {"fresh", json::object{{"a", 1}}}},
                        .remove = {"gone", "never there"},
                        .add = {{"count", 2}, {"started", -1}, {"half", 1}}};
  ASSERT_TRUE(this->write({Update{Table::Rules, {"A", "S"}, changes, if_present()}}));
  const Item expected{{"PK", "A"},     {"SK", "S"},
                      {"text", "new"}, {"kept", json::array{1, 2}},
                      {"count", 42},   {"fresh", json::object{{"a", 1}}},
                      {"started", -1}, {"half", 1.5}};
  EXPECT_EQ(this->get({"A", "S"}), expected);
}

TYPED_TEST_P(TablesContract, AnUpdateMakesTheItemUnlessForbidden) {
  const Changes changes{.set = {{"text", "made"}}, .remove = {}, .add = {{"count", 1}}};
  const Result<void> forbidden =
      this->write({Update{Table::Rules, {"A", "S"}, changes, if_present()}});
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().code, Refusal::Code::Conflict);
  EXPECT_FALSE(this->get({"A", "S"}));
  ASSERT_TRUE(this->write({Update{Table::Rules, {"A", "S"}, changes, {}}}));
  const Item expected{{"PK", "A"}, {"SK", "S"}, {"text", "made"}, {"count", 1}};
  EXPECT_EQ(this->get({"A", "S"}), expected);
}

TYPED_TEST_P(TablesContract, DeletesAndForgetsNothingElse) {
  ASSERT_TRUE(this->put(item_at("A", "S", "a")));
  ASSERT_TRUE(this->put(item_at("A", "T", "b")));
  EXPECT_FALSE(this->write({Delete{Table::Rules, {"A", "S"}, if_equal("text", "b")}}));
  EXPECT_EQ(this->text({"A", "S"}), "a");
  ASSERT_TRUE(this->write({Delete{Table::Rules, {"A", "S"}, if_equal("text", "a")}}));
  EXPECT_FALSE(this->get({"A", "S"}));
  EXPECT_EQ(this->text({"A", "T"}), "b");
  EXPECT_TRUE(this->write({Delete{Table::Rules, {"A", "S"}, {}}})) << "gone is gone";
}

TYPED_TEST_P(TablesContract, WritesAllOrNothing) {
  ASSERT_TRUE(this->put(item_at("there", "S", "old")));
  const auto four = [](Condition last) {
    return std::vector<Write>{
        Put{Table::Rules, item_at("new", "S", "n"), if_absent()},
        Update{Table::Rules, {"there", "S"}, {.set = {{"text", "changed"}}}, if_present()},
        Delete{Table::Channels, {"other", "S"}, {}},
        Check{Table::Rules, {"checked", "S"}, std::move(last)}};
  };
  const Result<void> refused = this->write(four(if_present()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::Code::Conflict);
  EXPECT_TRUE(refused.error().detail.starts_with("write 3: ")) << refused.error().detail;
  EXPECT_FALSE(this->get({"new", "S"}));
  EXPECT_EQ(this->text({"there", "S"}), "old");

  ASSERT_TRUE(this->write(four(if_absent())));
  EXPECT_EQ(this->text({"new", "S"}), "n");
  EXPECT_EQ(this->text({"there", "S"}), "changed");
  EXPECT_FALSE(this->get({"checked", "S"})) << "a check writes nothing";
}

TYPED_TEST_P(TablesContract, RefusesWhatCannotBeStored) {
  Item no_key{{"PK", "A"}};
  Item number_key = item_at("A", "S");
  number_key["SK"] = 5;
  Item bad_index = item_at("A", "S");
  bad_index["GSI1PK"] = 5;
  Item bad_text = item_at("A", "S", "\xC3\x28");
  Item deep = item_at("A", "S");
  json::value nested = 1;
  for (std::size_t i = 0; i < kDepthLimit; ++i) nested = json::array{std::move(nested)};
  deep["deep"] = nested;
  for (const Item& item :
       {no_key, number_key, bad_index, bad_text, deep, item_at("", "S"), item_at("A", ""),
        item_at(std::string(2049, 'a'), "S"), item_at("A", std::string(1025, 's'))}) {
    const Result<void> result = this->put(item);
    ASSERT_FALSE(result) << to_json(item).substr(0, 200);
    EXPECT_EQ(result.error().code, Refusal::Code::Invalid) << result.error().detail;
    EXPECT_TRUE(result.error().detail.starts_with("write 0: ")) << result.error().detail;
  }
  const auto invalid = [&](std::vector<Write> writes) {
    const Result<void> result = this->write(std::move(writes));
    return !result && result.error().code == Refusal::Code::Invalid;
  };
  ASSERT_TRUE(this->put(item_at("A", "S", "no number")));
  EXPECT_TRUE(invalid(
      {Update{Table::Rules, {"A", "S"}, {.set = {}, .remove = {}, .add = {{"text", 1}}}, {}}}));
  EXPECT_TRUE(invalid({Update{Table::Rules, {"A", "S"}, {.set = {{"PK", "B"}}}, {}}}));
  EXPECT_TRUE(invalid({Update{Table::Rules, {"A", "S"}, {.set = {}, .remove = {"SK"}}, {}}}));
  EXPECT_TRUE(invalid({Update{Table::Rules, {"A", "S"}, {.set = {{"GSI2SK", 1}}}, {}}}));
  EXPECT_TRUE(
      invalid({Put{Table::Rules, item_at("A", "S"), {}}, Check{Table::Rules, {"A", "S"}, {}}}))
      << "two writes on one item";
  std::vector<Write> many;
  for (std::size_t i = 0; i <= kTransactLimit; ++i)
    many.push_back(Delete{Table::Rules, {"K" + std::to_string(i), "S"}, {}});
  EXPECT_TRUE(invalid(many));
  many.pop_back();
  EXPECT_TRUE(this->write(many));
  EXPECT_EQ(this->text({"A", "S"}), "no number");
}

TYPED_TEST_P(TablesContract, RefusesItemsThatAreTooLarge) {
  Item item = item_at("A", "S");
  const std::size_t rest = to_json(item).size();
  item["text"] = std::string(kItemLimit - rest, 'x');
  EXPECT_TRUE(this->put(item)) << "exactly the limit";
  item["text"] = std::string(kItemLimit - rest + 1, 'x');
  const Result<void> result =
      this->write({Put{Table::Rules, item_at("B", "S"), {}}, Put{Table::Rules, item, {}}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Refusal::Code::TooLarge);
  EXPECT_TRUE(result.error().detail.starts_with("write 1: ")) << result.error().detail;
  EXPECT_FALSE(this->get({"B", "S"}));
  const Result<void> grown =
      this->write({Update{Table::Rules, {"A", "S"}, {.set = {{"more", "and more"}}}, {}}});
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().code, Refusal::Code::TooLarge);
}

TYPED_TEST_P(TablesContract, GetsManyInTheOrderOfTheirKeys) {
  std::vector<Write> writes;
  std::vector<Key> keys;
  Texts expected;
  for (int i = 0; i < 130; ++i) {  // more than one request of DynamoDB takes
    const std::string pk = "K" + std::to_string(i);
    if (i % 7 != 0) writes.push_back(Put{Table::Rules, item_at(pk, "S", pk), {}});
    keys.push_back({pk, "S"});
    expected.push_back(i % 7 != 0 ? pk : "(no item)");
  }
  keys.push_back({"K5", "S"});
  keys.push_back({"K5", "T"});
  keys.push_back({"K1", "S"});
  for (const char* text : {"K5", "(no item)", "K1"}) expected.emplace_back(text);
  ASSERT_TRUE(this->write_batch(writes));
  EXPECT_EQ(this->texts(keys), expected) << "some twice, some not there";
  EXPECT_EQ(this->texts({}), Texts{});
  EXPECT_EQ(this->texts({{"K5", "S"}}, Table::Users), Texts{"(no item)"});

  Item passed = item_at("M", "S", "m");
  passed["ttl"] = this->now_in_seconds() - 1;
  ASSERT_TRUE(this->put(passed, {}, Table::Messages));
  EXPECT_EQ(this->texts({{"M", "S"}}, Table::Messages), Texts{"(no item)"}) << "expired";
}

TYPED_TEST_P(TablesContract, WritesAndGetsManyLargeItems) {
  std::vector<Write> writes;
  std::vector<Key> keys;
  for (int i = 0; i < 46; ++i) {  // 17 MiB: more than one answer of DynamoDB holds
    const std::string pk = "L" + std::to_string(i);
    const std::string text(380 * 1024, static_cast<char>('a' + i % 26));
    writes.push_back(Put{Table::Rules, item_at(pk, "S", text), {}});
    keys.push_back({pk, "S"});
  }
  ASSERT_TRUE(this->write_batch(std::move(writes)));
  const Texts found = this->texts(keys);
  ASSERT_EQ(found.size(), 46u);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].size(), 380u * 1024) << i;
    EXPECT_EQ(found[i].front(), static_cast<char>('a' + i % 26)) << i;
  }
}

TYPED_TEST_P(TablesContract, WritesABatchOverSeveralTables) {
  ASSERT_TRUE(this->put(item_at("old", "S", "old")));
  ASSERT_TRUE(this->put(indexed("gone", "USER#u", "1")));
  std::vector<Write> writes;
  writes.push_back(Put{Table::Rules, item_at("old", "S", "new"), {}});
  writes.push_back(Delete{Table::Rules, {"gone", "S"}, {}});
  writes.push_back(Delete{Table::Rules, {"never there", "S"}, {}});
  writes.push_back(Put{Table::Rules, indexed("fresh", "USER#u", "2"), {}});
  writes.push_back(Put{Table::Channels, item_at("channel", "S", "c"), {}});
  ASSERT_TRUE(this->write_batch(std::move(writes)));
  EXPECT_EQ(this->texts({{"old", "S"}, {"gone", "S"}, {"fresh", "S"}}),
            (Texts{"new", "(no item)", ""}));
  EXPECT_EQ(this->texts({{"channel", "S"}}, Table::Channels), Texts{"c"});
  EXPECT_EQ(this->list(Query{.table = Table::Rules, .index = "GSI1", .pk = "USER#u"}, "PK"),
            Texts{"fresh"});
  EXPECT_TRUE(this->write_batch({}));
}

TYPED_TEST_P(TablesContract, RefusesAWrongBatchWhole) {
  const Write fine = Put{Table::Rules, item_at("A", "S"), {}};
  Item large = item_at("B", "S");
  large["text"] = std::string(kItemLimit, 'x');
  const std::vector<std::pair<Write, Refusal::Code>> wrong{
      {Put{Table::Rules, item_at("B", "S"), if_absent()}, Refusal::Code::Invalid},
      {Delete{Table::Rules, {"B", "S"}, if_present()}, Refusal::Code::Invalid},
      {Update{Table::Rules, {"B", "S"}, {.set = {{"text", "b"}}}, {}}, Refusal::Code::Invalid},
      {Check{Table::Rules, {"B", "S"}, {}}, Refusal::Code::Invalid},
      {Delete{Table::Rules, {"A", "S"}, {}}, Refusal::Code::Invalid},
      {Put{Table::Rules, item_at("", "S"), {}}, Refusal::Code::Invalid},
      {Put{Table::Rules, large, {}}, Refusal::Code::TooLarge}};
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    const Result<void> result = this->write_batch({fine, wrong[i].first});
    ASSERT_FALSE(result) << "case " << i;
    EXPECT_EQ(result.error().code, wrong[i].second) << "case " << i;
    EXPECT_TRUE(result.error().detail.starts_with("write 1: ")) << result.error().detail;
    EXPECT_FALSE(this->get({"A", "S"})) << "case " << i;
  }
}

// Puts `key` in `rounds` rounds unless it is there; counts the rounds it won.
inline Task<void> race(Tables& tables, int rounds, std::vector<std::atomic<int>>& winners,
                       std::atomic<int>& refused) {
  for (int round = 0; round < rounds; ++round) {
    std::vector<Write> writes;
    writes.push_back(Put{Table::Rules, item_at("K" + std::to_string(round), "S"), if_absent()});
    writes.push_back(Update{
        Table::Channels, {"counter", "S"}, {.set = {}, .remove = {}, .add = {{"count", 1}}}, {}});
    const Result<void> result = co_await tables.transact(std::move(writes));
    if (result)
      ++winners[static_cast<std::size_t>(round)];
    else
      ++refused;
  }
}

TYPED_TEST_P(TablesContract, OfManyWritersExactlyOneWins) {
  constexpr int kRounds = 20;
  constexpr int kThreads = 4;
  constexpr int kPerThread = 16;
  std::vector<std::atomic<int>> winners(kRounds);
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      boost::asio::io_context loop;
      for (int i = 0; i < kPerThread; ++i)
        boost::asio::co_spawn(loop, race(this->engine.tables(), kRounds, winners, refused),
                              boost::asio::detached);
      loop.run();
    });
  for (std::thread& thread : threads) thread.join();
  for (int round = 0; round < kRounds; ++round)
    EXPECT_EQ(winners[static_cast<std::size_t>(round)], 1) << "round " << round;
  EXPECT_EQ(refused, kRounds * (kThreads * kPerThread - 1));
  const std::optional<Item> counter = this->get({"counter", "S"}, Table::Channels);
  ASSERT_TRUE(counter);
  EXPECT_EQ(counter->at("count").as_int64(), kRounds) << "a refused transaction counted";
}

inline Task<void> add_often(Tables& tables, int times) {
  for (int i = 0; i < times; ++i) {
    std::vector<Write> writes;
    writes.push_back(Update{
        Table::Channels, {"counter", "S"}, {.set = {}, .remove = {}, .add = {{"count", 1}}}, {}});
    const Result<void> result = co_await tables.transact(std::move(writes));
    EXPECT_TRUE(result);
  }
}

TYPED_TEST_P(TablesContract, NoUpdateIsLost) {
  constexpr int kTimes = 25;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      boost::asio::io_context loop;
      for (int i = 0; i < 8; ++i)
        boost::asio::co_spawn(loop, add_often(this->engine.tables(), kTimes),
                              boost::asio::detached);
      loop.run();
    });
  for (std::thread& thread : threads) thread.join();
  const std::optional<Item> counter = this->get({"counter", "S"}, Table::Channels);
  ASSERT_TRUE(counter);
  EXPECT_EQ(counter->at("count").as_int64(), 4 * 8 * kTimes);
}

REGISTER_TYPED_TEST_SUITE_P(TablesContract, GivesBackWhatWasPut, AConditionDecides,
                            AnUpdateTouchesOnlyWhatItNames, AnUpdateMakesTheItemUnlessForbidden,
                            DeletesAndForgetsNothingElse, WritesAllOrNothing,
                            RefusesWhatCannotBeStored, RefusesItemsThatAreTooLarge,
                            GetsManyInTheOrderOfTheirKeys, WritesAndGetsManyLargeItems,
                            WritesABatchOverSeveralTables, RefusesAWrongBatchWhole,
                            OfManyWritersExactlyOneWins, NoUpdateIsLost);

}  // namespace msghub::testing
