#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/tables.h"
#include "tests/contract/run_task.h"

// What every engine behind store/tables.h must do. An engine's test gives a type
//
//   struct Engine {
//     Tables& tables();        // empty at the start of each test
//     ChangeFeed& feed();      // of these tables; for ChangeFeedContract
//     ManualClock& clock();
//     void settle();           // waits until the indexes have caught up
//   };
//
// and instantiates the suites: INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, TablesContract, RocksEngine)
// and the same for TablesQueryContract and ChangeFeedContract. Two engines may live at once, each
// with tables and a feed of its own. No suite puts one key into two tables, as no data of the hub
// does: so the layout of one table for all runs them, too.
namespace msghub::testing {

template <class Engine>
class TablesTest : public ::testing::Test {
 protected:
  Engine engine;

  Result<void> write(std::vector<Write> writes) {
    return run_task(engine.tables().transact(std::move(writes)));
  }
  Result<void> put(Item item, Condition condition = {}, Table table = Table::Rules) {
    return write({Put{table, std::move(item), std::move(condition)}});
  }
  std::optional<Item> get(Key key, Table table = Table::Rules) {
    return run_task(engine.tables().get(table, std::move(key)));
  }
  std::string text(Key key) {
    const std::optional<Item> item = get(std::move(key));
    return item ? string_or(*item, "text", "(none)") : "(no item)";
  }
  Result<Page> page(Query query) {
    engine.settle();
    return run_task(engine.tables().query(std::move(query)));
  }
  Result<Page> page(Scan scan) { return run_task(engine.tables().scan(std::move(scan))); }
  // All pages of a Query or Scan; the values of `attribute`.
  template <class Question>
  std::vector<std::string> list(Question question, std::string_view attribute = "SK") {
    std::vector<std::string> found;
    do {
      const Result<Page> one = page(question);
      EXPECT_TRUE(one) << one.error().detail;
      if (!one) break;
      EXPECT_LE(one->items.size(), question.limit);
      for (const Item& item : one->items) found.push_back(string_or(item, attribute));
      question.cursor = one->cursor;
    } while (!question.cursor.empty());
    return found;
  }
  Result<void> write_batch(std::vector<Write> writes) {
    return run_task(engine.tables().write_batch(std::move(writes)));
  }
  // The texts of the items under `keys`, in that order.
  std::vector<std::string> texts(std::vector<Key> keys, Table table = Table::Rules) {
    std::vector<std::string> found;
    for (const std::optional<Item>& item :
         run_task(engine.tables().get_batch(table, std::move(keys))))
      found.push_back(item ? string_or(*item, "text", "(none)") : "(no item)");
    return found;
  }
  std::int64_t now_in_seconds() {
    return std::chrono::floor<std::chrono::seconds>(engine.clock().now().time_since_epoch())
        .count();
  }
};

using Texts = std::vector<std::string>;

inline Item item_at(std::string pk, std::string sk, std::string text = "") {
  return Item{{"PK", std::move(pk)}, {"SK", std::move(sk)}, {"text", std::move(text)}};
}

// In Rules, whose GSI1 and GSI2 exist.
inline Item indexed(std::string pk, std::string index_pk, std::string index_sk) {
  Item item = item_at(std::move(pk), "S");
  item["GSI1PK"] = std::move(index_pk);
  item["GSI1SK"] = std::move(index_sk);
  return item;
}

}  // namespace msghub::testing
