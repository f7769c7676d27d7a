#include <gtest/gtest.h>

#include "tests/contract/dynamo_engine.h"
#include "tests/contract/tables_test.h"

// DynamoDB behind a proxy that loses requests and answers: what was acknowledged is there, once.
namespace msghub::testing {

namespace {

constexpr std::chrono::milliseconds kImpatience{1500};

AwsServer& chaos_server() {
  static AwsServer server({"chaos"});
  return server;
}

// Tables behind the proxy, which is quiet until a test says what goes wrong.
class DynamoChaos : public ::testing::TestWithParam<Layout> {
 protected:
  static AwsAccess& access() {
    static AwsAccess access(chaos_server(), {.attempt_timeout = kImpatience, .attempts = 12});
    return access;
  }

  void TearDown() override { set_rules({}); }

  void set_rules(json::array rules) {
    static HttpTransport transport;
    HttpTransport::Request request;
    request.method = "POST";
    request.url = chaos_server().url() + "/chaos";
    request.body = to_json(json::object{{"rules", std::move(rules)}, {"seed", 7}});
    const HttpTransport::Reply reply = run_task(transport.send(std::move(request)));
    ASSERT_EQ(reply.status, 200u) << reply.body;
  }
  // The next request of the operation meets the fault.
  void once(std::string_view target, json::object fault) {
    set_rules({json::object{{"target", target}, {"count", 1}, {"fault", std::move(fault)}}});
  }

  Result<void> write(std::vector<Write> writes) {
    return run_task(engine.tables().transact(std::move(writes)));
  }
  std::int64_t count_of(const std::string& pk) {
    const std::optional<Item> item = run_task(engine.tables().get(Table::Channels, {pk, "S"}));
    return item ? item->at("count").as_int64() : 0;
  }

  DynamoEngine engine{access(), {.table_prefix = fresh_prefix(), .layout = GetParam()}};
};

INSTANTIATE_TEST_SUITE_P(Layouts, DynamoChaos,
                         ::testing::Values(Layout::MultiTable, Layout::SingleTable),
                         [](const auto& one) {
                           return one.param == Layout::MultiTable ? "MultiTable" : "SingleTable";
                         });

Update add_one(const std::string& pk) {
  return {Table::Channels, {pk, "S"}, {.set = {}, .remove = {}, .add = {{"count", 1}}}, {}};
}

// The ways in which a call is carried out and its answer is lost.
std::vector<json::object> lost_answers() {
  return {json::object{{"kind", "cut-after"}}, json::object{{"kind", "truncate"}},
          json::object{{"kind", "delay"}, {"ms", 2 * kImpatience.count()}, {"what", "reply"}}};
}

TEST_P(DynamoChaos, AWriteWhoseAnswerIsLostIsDoneOnce) {
  int n = 0;
  for (const json::object& fault : lost_answers()) {
    const std::string pk = "A" + std::to_string(n++);
    once("PutItem", fault);
    EXPECT_TRUE(write({Put{Table::Rules, item_at(pk, "S", "a"), if_absent()}})) << to_json(fault);
    once("UpdateItem", fault);
    EXPECT_TRUE(
        write({Update{Table::Rules, {pk, "S"}, {.set = {{"text", "b"}}}, if_equal("text", "a")}}))
        << to_json(fault);
    const std::optional<Item> item = run_task(engine.tables().get(Table::Rules, {pk, "S"}));
    ASSERT_TRUE(item);
    EXPECT_EQ(*item, item_at(pk, "S", "b")) << "the token is not seen";
    once("DeleteItem", fault);
    EXPECT_TRUE(write({Delete{Table::Rules, {pk, "S"}, if_present()}})) << to_json(fault);
    EXPECT_FALSE(run_task(engine.tables().get(Table::Rules, {pk, "S"})));
    once("TransactWriteItems", fault);
    EXPECT_TRUE(write({add_one("lone")})) << to_json(fault);
    EXPECT_EQ(count_of("lone"), n);
    once("TransactWriteItems", fault);
    EXPECT_TRUE(write({Put{Table::Rules, item_at(pk, "S", "c"), if_absent()}, add_one("both")}));
    EXPECT_EQ(count_of("both"), n);
  }
}

TEST_P(DynamoChaos, ServersThatForgetTokensCountOnceToo) {
  DynamoTables tables(
      access().client(), engine.clock(),
      {.table_prefix = engine.options().table_prefix, .layout = GetParam(), .transactions = false});
  for (int i = 1; i <= 3; ++i) {
    once("UpdateItem", {{"kind", "cut-after"}});
    std::vector<Write> writes;
    writes.push_back(add_one("lone"));
    EXPECT_TRUE(run_task(tables.transact(std::move(writes))));
    EXPECT_EQ(count_of("lone"), i);
  }
}

TEST_P(DynamoChaos, AnothersWorkIsNotTakenForOurs) {
  ASSERT_TRUE(write({Put{Table::Rules, item_at("A", "S", "theirs"), {}}}));
  for (const char* kind : {"cut-after", "cut-before"}) {
    once("PutItem|TransactWriteItems", {{"kind", kind}});
    const Result<void> lone = write({Put{Table::Rules, item_at("A", "S", "ours"), if_absent()}});
    ASSERT_FALSE(lone) << kind;
    EXPECT_EQ(lone.error().detail, "write 0: the item is there already");
    once("PutItem|TransactWriteItems", {{"kind", kind}});
    const Result<void> both = write({Put{Table::Rules, item_at("B", "S", "ours"), {}},
                                     Put{Table::Rules, item_at("A", "S", "ours"), if_absent()}});
    ASSERT_FALSE(both) << kind;
    EXPECT_EQ(both.error().detail, "write 1: the item is there already");
    EXPECT_FALSE(run_task(engine.tables().get(Table::Rules, {"B", "S"})));
  }
}

TEST_P(DynamoChaos, ThrottledAndFailedCallsAreMadeAgain) {
  for (const json::object& fault :
       {json::object{{"kind", "throttle"}}, json::object{{"kind", "error"}, {"status", 500}},
        json::object{
            {"kind", "error"}, {"status", 400}, {"code", "TransactionConflictException"}}}) {
    set_rules({json::object{{"target", "PutItem"}, {"count", 3}, {"fault", fault}}});
    EXPECT_TRUE(write({Put{Table::Rules, item_at("A", "S", "a"), {}}})) << to_json(fault);
  }
  set_rules({json::object{{"target", "GetItem"}, {"count", 3}, {"fault", {{"kind", "throttle"}}}}});
  EXPECT_TRUE(run_task(engine.tables().get(Table::Rules, {"A", "S"})));
}

TEST_P(DynamoChaos, WhatIsLeftOverOfABatchIsDoneToo) {
  set_rules({json::object{
      {"target", "Batch"}, {"count", 6}, {"fault", json::object{{"kind", "unprocessed"}}}}});
  std::vector<Write> writes;
  std::vector<Key> keys;
  for (int i = 0; i < 60; ++i) {
    writes.push_back(Put{Table::Rules, item_at("K" + std::to_string(i), "S", "t"), {}});
    keys.push_back({"K" + std::to_string(i), "S"});
  }
  ASSERT_TRUE(run_task(engine.tables().write_batch(std::move(writes))));
  for (const std::optional<Item>& item : run_task(engine.tables().get_batch(Table::Rules, keys)))
    EXPECT_TRUE(item);
}

TEST_P(DynamoChaos, APageSurvivesLostAnswers) {
  for (int i = 0; i < 6; ++i)
    ASSERT_TRUE(write({Put{Table::Rules, item_at("P", std::to_string(i)), {}}}));
  set_rules({json::object{
      {"target", "Query"}, {"probability", 0.4}, {"fault", json::object{{"kind", "truncate"}}}}});
  Query query{.table = Table::Rules, .pk = "P", .limit = 2};
  std::string found;
  do {
    const Result<Page> page = run_task(engine.tables().query(query));
    ASSERT_TRUE(page);
    for (const Item& item : page->items) found += string_or(item, "SK");
    query.cursor = page->cursor;
  } while (!query.cursor.empty());
  EXPECT_EQ(found, "012345");
}

// What a hub does with a message: again and again until it hears that it is there, or was.
Task<void> store_messages(Tables& tables, std::string name, int times, int& maybe_added,
                          int& added) {
  for (int i = 0; i < times; ++i) {
    std::vector<Write> writes;
    const std::string pk = name + "-" + std::to_string(i);
    writes.push_back(Put{Table::Messages, item_at(pk, "S", pk), if_absent()});
    writes.push_back(add_one("messages"));
    for (bool known = false; !known;) {
      try {
        const Result<void> stored = co_await tables.transact(writes);
        known = true;
      } catch (const Failure&) {
      }
    }
    try {
      std::vector<Write> lone;
      lone.push_back(add_one("adds"));
      const Result<void> counted = co_await tables.transact(std::move(lone));
      if (counted) ++added;
    } catch (const Failure&) {
      ++maybe_added;
    }
  }
}

TEST_P(DynamoChaos, NothingIsLostAndNothingIsDoneTwice) {
  const auto rule = [](double probability, json::object fault) {
    return json::object{{"target", "DynamoDB"}, {"probability", probability}, {"fault", fault}};
  };
  set_rules({rule(0.05, {{"kind", "throttle"}}), rule(0.05, {{"kind", "error"}}),
             rule(0.05, {{"kind", "cut-before"}}), rule(0.1, {{"kind", "cut-after"}}),
             rule(0.05, {{"kind", "truncate"}})});
  constexpr int kWriters = 8;
  constexpr int kTimes = 12;
  int added = 0, maybe_added = 0;
  boost::asio::io_context loop;
  for (int i = 0; i < kWriters; ++i)
    boost::asio::co_spawn(
        loop, store_messages(engine.tables(), "M" + std::to_string(i), kTimes, maybe_added, added),
        boost::asio::detached);
  loop.run();
  set_rules({});
  std::vector<Key> keys;
  for (int i = 0; i < kWriters; ++i)
    for (int k = 0; k < kTimes; ++k)
      keys.push_back({"M" + std::to_string(i) + "-" + std::to_string(k), "S"});
  for (const std::optional<Item>& item : run_task(engine.tables().get_batch(Table::Messages, keys)))
    EXPECT_TRUE(item);
  EXPECT_EQ(count_of("messages"), kWriters * kTimes) << "counted with the message, once";
  EXPECT_EQ(added + maybe_added, kWriters * kTimes);
  EXPECT_GE(count_of("adds"), added);
  EXPECT_LE(count_of("adds"), added + maybe_added);
  EXPECT_LT(maybe_added, kWriters * kTimes / 10) << "most were made again until they were known";
}

}  // namespace
}  // namespace msghub::testing
