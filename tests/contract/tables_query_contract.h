#pragma once

#include <algorithm>

#include "tests/contract/tables_test.h"

// What every engine behind store/tables.h must do when it is asked. See tables_test.h.
namespace msghub::testing {

template <class Engine>
using TablesQueryContract = TablesTest<Engine>;

TYPED_TEST_SUITE_P(TablesQueryContract);

TYPED_TEST_P(TablesQueryContract, KeepsTheOrderOfSortKeys) {
  // Keys that an engine may confuse: prefixes of each other, zero bytes, the separators of others.
  const Texts keys{"A",
                   std::string("A\0", 2),
                   std::string("A\0B", 3),
                   std::string("A\x01", 2),
                   "A\x02",
                   "A#1",
                   "A#10",
                   "A#2",
                   "AB",
                   "B",
                   "~",
                   "\xC3\xA9"};
  for (const std::string& sk : keys) {
    ASSERT_TRUE(this->put(item_at("P", sk)));
    ASSERT_TRUE(this->put(item_at(std::string("P\0", 2), sk)));
    ASSERT_TRUE(this->put(item_at("P#", sk)));
  }
  Query query{.table = Table::Rules, .pk = "P"};
  EXPECT_EQ(this->list(query), keys);
  query.newest_first = true;
  EXPECT_EQ(this->list(query), Texts(keys.rbegin(), keys.rend()));
  query.newest_first = false;
  query.begins_with = "A#";
  EXPECT_EQ(this->list(query), (Texts{"A#1", "A#10", "A#2"}));
  query.begins_with = std::string("A\0", 2);
  EXPECT_EQ(this->list(query), (Texts{std::string("A\0", 2), std::string("A\0B", 3)}));
  query.begins_with.reset();
  query.between = {"A#1", "AB"};
  EXPECT_EQ(this->list(query), (Texts{"A#1", "A#10", "A#2", "AB"})) << "inclusive at both ends";
  query.newest_first = true;
  EXPECT_EQ(this->list(query), (Texts{"AB", "A#2", "A#10", "A#1"}));
  query.between = {"B", "A"};
  EXPECT_EQ(this->list(query), Texts{});
}

TYPED_TEST_P(TablesQueryContract, FindsItemsByTheirIndexes) {
  ASSERT_TRUE(this->put(indexed("1", "USER#u", "STATUS#active#2")));
  ASSERT_TRUE(this->put(indexed("2", "USER#u", "STATUS#active#1")));
  ASSERT_TRUE(this->put(indexed("3", "USER#u", "STATUS#paused#1")));
  ASSERT_TRUE(this->put(indexed("4", "USER#v", "STATUS#active#1")));
  ASSERT_TRUE(this->put(item_at("5", "S", "in no index")));
  Query query{.table = Table::Rules, .index = "GSI1", .pk = "USER#u"};
  EXPECT_EQ(this->list(query, "PK"), (Texts{"2", "1", "3"}));
  query.begins_with = "STATUS#active";
  EXPECT_EQ(this->list(query, "PK"), (Texts{"2", "1"}));
  query.newest_first = true;
  EXPECT_EQ(this->list(query, "PK"), (Texts{"1", "2"}));
  query.begins_with.reset();
  query.between = {"STATUS#active#2", "STATUS#paused#1"};
  EXPECT_EQ(this->list(query, "PK"), (Texts{"3", "1"}));
}

TYPED_TEST_P(TablesQueryContract, AnIndexFollowsItsItem) {
  Query old_place{.table = Table::Rules, .index = "GSI1", .pk = "USER#u"};
  Query new_place{.table = Table::Rules, .index = "GSI1", .pk = "USER#v"};
  ASSERT_TRUE(this->put(indexed("1", "USER#u", "1")));
  ASSERT_TRUE(this->put(indexed("1", "USER#v", "1")));
  EXPECT_EQ(this->list(old_place, "PK"), Texts{});
  EXPECT_EQ(this->list(new_place, "PK"), Texts{"1"});
  ASSERT_TRUE(this->write(
      {Update{Table::Rules, {"1", "S"}, {.set = {{"GSI1PK", "USER#u"}, {"text", "x"}}}, {}}}));
  EXPECT_EQ(this->list(old_place, "text"), Texts{"x"});
  EXPECT_EQ(this->list(new_place, "PK"), Texts{});
  ASSERT_TRUE(
      this->write({Update{Table::Rules, {"1", "S"}, {.set = {}, .remove = {"GSI1SK"}}, {}}}));
  EXPECT_EQ(this->list(old_place, "PK"), Texts{}) << "half a key is no place";
  ASSERT_TRUE(this->put(indexed("1", "USER#u", "1")));
  ASSERT_TRUE(this->write({Delete{Table::Rules, {"1", "S"}, {}}}));
  EXPECT_EQ(this->list(old_place, "PK"), Texts{});
}

TYPED_TEST_P(TablesQueryContract, PagesGoOnWhileTheTableChanges) {
  for (const char* sk : {"a", "c", "e", "g", "i"}) ASSERT_TRUE(this->put(item_at("P", sk)));
  for (const bool newest_first : {false, true}) {
    Query query{.table = Table::Rules, .pk = "P", .newest_first = newest_first, .limit = 2};
    const Result<Page> first = this->page(query);
    ASSERT_TRUE(first);
    ASSERT_EQ(first->items.size(), 2u);
    EXPECT_EQ(string_or(first->items[1], "SK"), newest_first ? "g" : "c");
    query.cursor = first->cursor;
    // The item at the cursor goes, others come on both sides.
    const std::string at = string_or(first->items[1], "SK");
    ASSERT_TRUE(this->write({Delete{Table::Rules, {"P", at}, {}}}));
    ASSERT_TRUE(this->put(item_at("P", "b")));
    ASSERT_TRUE(this->put(item_at("P", "h")));
    query.limit = 10;
    EXPECT_EQ(this->list(query),
              newest_first ? (Texts{"e", "c", "b", "a"}) : (Texts{"e", "g", "h", "i"}));
    ASSERT_TRUE(this->put(item_at("P", at)));
    ASSERT_TRUE(
        this->write({Delete{Table::Rules, {"P", "b"}, {}}, Delete{Table::Rules, {"P", "h"}, {}}}));
  }
}

TYPED_TEST_P(TablesQueryContract, APageEndsByBytesToo) {
  for (int i = 0; i < 6; ++i)
    ASSERT_TRUE(this->put(item_at("P", std::to_string(i), std::string(300 * 1024, 'x'))));
  const Query query{.table = Table::Rules, .pk = "P"};
  const Result<Page> first = this->page(query);
  ASSERT_TRUE(first);
  EXPECT_LT(first->items.size(), 6u);
  EXPECT_FALSE(first->cursor.empty());
  EXPECT_EQ(this->list(query).size(), 6u);
}

TYPED_TEST_P(TablesQueryContract, TheLastPageHasNoCursor) {
  for (const char* sk : {"a", "b", "c", "d"}) ASSERT_TRUE(this->put(item_at("P", sk)));
  Query query{.table = Table::Rules, .pk = "P", .limit = 2};
  const Result<Page> first = this->page(query);
  ASSERT_TRUE(first);
  query.cursor = first->cursor;
  const Result<Page> second = this->page(query);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->items.size(), 2u);
  EXPECT_EQ(second->cursor, "");
  const Result<Page> none = this->page(Query{.table = Table::Rules, .pk = "Q"});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->items.empty());
  EXPECT_EQ(none->cursor, "");
}

TYPED_TEST_P(TablesQueryContract, RefusesAWrongCursor) {
  for (const char* sk : {"a1", "a2", "a3"}) ASSERT_TRUE(this->put(item_at("P", sk)));
  Query query{.table = Table::Rules, .pk = "P", .begins_with = "a", .limit = 1};
  const Result<Page> first = this->page(query);
  ASSERT_TRUE(first);
  ASSERT_FALSE(first->cursor.empty());
  const auto refused = [&](Query other, const std::string& cursor) {
    other.cursor = cursor;
    const Result<Page> result = this->page(other);
    return !result && result.error().code == Refusal::Code::Invalid;
  };
  Query other = query;
  other.pk = "Q";
  EXPECT_TRUE(refused(other, first->cursor));
  other = query;
  other.newest_first = true;
  EXPECT_TRUE(refused(other, first->cursor));
  other = query;
  other.begins_with.reset();
  EXPECT_TRUE(refused(other, first->cursor));
  other = query;
  other.table = Table::Channels;
  EXPECT_TRUE(refused(other, first->cursor));
  for (const char* cursor : {"x", "AAAA", "not a cursor", "//8=", "\xFF"})
    EXPECT_TRUE(refused(query, cursor)) << cursor;
  EXPECT_TRUE(refused(query, first->cursor + "A"));
  EXPECT_TRUE(refused(query, first->cursor.substr(0, 20)));
  other = query;
  other.limit = 2;
  EXPECT_FALSE(refused(other, first->cursor)) << "the page size may change";
}

TYPED_TEST_P(TablesQueryContract, RefusesAMalformedQuery) {
  const auto refused = [&](Query query) {
    const Result<Page> result = this->page(std::move(query));
    return !result && result.error().code == Refusal::Code::Invalid;
  };
  EXPECT_TRUE(refused({.table = Table::Rules, .index = "GSI3", .pk = "P"}));
  EXPECT_TRUE(refused({.table = Table::Rules, .pk = ""}));
  EXPECT_TRUE(refused({.table = Table::Rules, .pk = "P", .limit = 0}));
  EXPECT_TRUE(refused({.table = Table::Rules,
                       .pk = "P",
                       .begins_with = "a",
                       .between = std::pair<std::string, std::string>{"a", "b"}}));
}

TYPED_TEST_P(TablesQueryContract, ExpiredItemsAreInvisible) {
  const std::int64_t now = this->now_in_seconds();
  const auto message = [](std::string pk, json::value ttl) {
    Item item = item_at(std::move(pk), "S");
    item["GSI1PK"] = "CHANNEL#c";
    item["GSI1SK"] = string_or(item, "PK");
    if (!ttl.is_null()) item["ttl"] = std::move(ttl);
    return item;
  };
  ASSERT_TRUE(this->put(message("1 passed", now - 1), {}, Table::Messages));
  ASSERT_TRUE(this->put(message("2 now", now), {}, Table::Messages));
  ASSERT_TRUE(this->put(message("3 later", now + 1), {}, Table::Messages));
  ASSERT_TRUE(this->put(message("4 never", nullptr), {}, Table::Messages));
  ASSERT_TRUE(this->put(message("5 no number", "1"), {}, Table::Messages));
  EXPECT_FALSE(this->get({"1 passed", "S"}, Table::Messages));
  EXPECT_FALSE(this->get({"2 now", "S"}, Table::Messages));
  EXPECT_TRUE(this->get({"3 later", "S"}, Table::Messages));
  Query query{.table = Table::Messages, .index = "GSI1", .pk = "CHANNEL#c", .limit = 2};
  const Result<Page> first = this->page(query);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->items.size(), 2u) << "a page counts what can be seen";
  EXPECT_EQ(this->list(query, "PK"), (Texts{"3 later", "4 never", "5 no number"}));
  EXPECT_EQ(this->list(Query{.table = Table::Messages, .pk = "1 passed"}, "PK"), Texts{});
  this->engine.clock().set(this->engine.clock().now() + std::chrono::seconds(1));
  EXPECT_EQ(this->list(query, "PK"), (Texts{"4 never", "5 no number"}));
  const Texts all{"1 passed", "2 now", "3 later", "4 never", "5 no number"};
  query.with_expired = true;
  EXPECT_EQ(this->list(query, "PK"), all) << "what is archived has expired";
  Query item{.table = Table::Messages, .pk = "1 passed"};
  item.with_expired = true;
  EXPECT_EQ(this->list(item, "PK"), Texts{"1 passed"});
  Texts scanned = this->list(Scan{.table = Table::Messages, .limit = 2}, "PK");
  std::ranges::sort(scanned);
  EXPECT_EQ(scanned, (Texts{"4 never", "5 no number"}));
  scanned = this->list(Scan{.table = Table::Messages, .limit = 2, .with_expired = true}, "PK");
  std::ranges::sort(scanned);
  EXPECT_EQ(scanned, all);
  Item kept = item_at("kept", "S");
  kept["ttl"] = 1;
  ASSERT_TRUE(this->put(kept, {}, Table::Rules));
  EXPECT_TRUE(this->get({"kept", "S"}, Table::Rules)) << "Rules have no TTL";
}

TYPED_TEST_P(TablesQueryContract, AScanSeesEveryItemOfItsTableOnce) {
  EXPECT_EQ(this->list(Scan{.table = Table::Rules}), Texts{});
  Texts expected;
  std::vector<Write> writes;
  for (int i = 0; i < 60; ++i) {
    const std::string pk = "K" + std::to_string(i % 20);
    const std::string sk = "S" + std::to_string(i);
    Item item = item_at(pk, sk, pk + " " + sk);
    item["GSI1PK"] = "USER#u";
    if (i % 2 == 0) item["GSI1SK"] = sk;  // some in an index, all in the table
    expected.push_back(pk + " " + sk);
    writes.push_back(Put{Table::Rules, std::move(item), {}});
    writes.push_back(Put{Table::Channels, indexed("C" + std::to_string(i), "USER#u", sk), {}});
  }
  ASSERT_TRUE(this->write_batch(std::move(writes)));
  std::ranges::sort(expected);
  for (const std::size_t limit : {std::size_t{7}, std::size_t{1000}}) {
    Texts found = this->list(Scan{.table = Table::Rules, .limit = limit}, "text");
    std::ranges::sort(found);
    EXPECT_EQ(found, expected) << "pages of " << limit;
  }
  EXPECT_EQ(this->list(Scan{.table = Table::Channels, .limit = 7}).size(), 60u);
  EXPECT_EQ(this->list(Scan{.table = Table::Users, .limit = 7}), Texts{});
}

TYPED_TEST_P(TablesQueryContract, AScansPagesKeepTheirPlaceWhileTheTableChanges) {
  std::vector<Write> writes;
  for (int i = 0; i < 30; ++i)
    writes.push_back(Put{Table::Rules, item_at("K" + std::to_string(i), "S"), {}});
  ASSERT_TRUE(this->write_batch(std::move(writes)));
  Scan scan{.table = Table::Rules, .limit = 10};
  const Result<Page> first = this->page(scan);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->items.size(), 10u);
  Texts found;
  for (const Item& item : first->items) {
    found.push_back(string_or(item, "PK"));
    ASSERT_TRUE(this->write({Delete{Table::Rules, {found.back(), "S"}, {}}}));
  }
  scan.cursor = first->cursor;
  for (std::string& pk : this->list(scan, "PK")) found.push_back(std::move(pk));
  std::ranges::sort(found);
  EXPECT_EQ(std::unique(found.begin(), found.end()), found.end());
  EXPECT_EQ(found.size(), 30u);
}

TYPED_TEST_P(TablesQueryContract, RefusesAWrongScan) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(this->put(item_at("P", std::to_string(i))));
  const auto refused = [&](Scan scan) {
    const Result<Page> result = this->page(std::move(scan));
    return !result && result.error().code == Refusal::Code::Invalid;
  };
  const Result<Page> scanned = this->page(Scan{.table = Table::Rules, .limit = 2});
  ASSERT_TRUE(scanned);
  const Result<Page> queried = this->page(Query{.table = Table::Rules, .pk = "P", .limit = 2});
  ASSERT_TRUE(queried);
  EXPECT_TRUE(refused({.table = Table::Rules, .limit = 0}));
  EXPECT_TRUE(refused({.table = Table::Rules, .cursor = "x"}));
  EXPECT_TRUE(refused({.table = Table::Rules, .cursor = scanned->cursor + "A"}));
  EXPECT_TRUE(refused({.table = Table::Users, .cursor = scanned->cursor}));
  EXPECT_TRUE(refused({.table = Table::Rules, .cursor = queried->cursor}));
  EXPECT_FALSE(refused({.table = Table::Rules, .cursor = scanned->cursor}));
  const Result<Page> other =
      this->page(Query{.table = Table::Rules, .pk = "P", .cursor = scanned->cursor});
  ASSERT_FALSE(other) << "a scan's place is no query's";
  EXPECT_EQ(other.error().code, Refusal::Code::Invalid);
}

// In the data model a user's rules, channels and integrations have the same index key.
TYPED_TEST_P(TablesQueryContract, AnIndexHoldsItsOwnTableOnly) {
  std::vector<Write> writes;
  for (int i = 0; i < 9; ++i) {
    const std::string n = std::to_string(i);
    writes.push_back(Put{Table::Rules, indexed("RULE#" + n, "USER#u", n), {}});
    writes.push_back(Put{Table::Channels, indexed("CHANNEL#" + n, "USER#u", n), {}});
    writes.push_back(Put{Table::Integrations, indexed("INTEGRATION#" + n, "USER#u", n), {}});
  }
  ASSERT_TRUE(this->write_batch(std::move(writes)));
  for (const auto& [table, prefix] :
       std::vector<std::pair<Table, std::string>>{{Table::Rules, "RULE#"},
                                                  {Table::Channels, "CHANNEL#"},
                                                  {Table::Integrations, "INTEGRATION#"}}) {
    Query query{.table = table, .index = "GSI1", .pk = "USER#u", .limit = 4};
    const Result<Page> first = this->page(query);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->items.size(), 4u) << "a page counts what it gives back";
    Texts expected;
    for (int i = 0; i < 9; ++i) expected.push_back(prefix + std::to_string(i));
    EXPECT_EQ(this->list(query, "PK"), expected);
    query.newest_first = true;
    std::ranges::reverse(expected);
    EXPECT_EQ(this->list(query, "PK"), expected);
  }
  EXPECT_EQ(this->list(Query{.table = Table::Users, .index = "GSI1", .pk = "USER#u"}), Texts{});
  EXPECT_EQ(this->list(Query{.table = Table::Channels, .pk = "RULE#1"}), Texts{});
}

REGISTER_TYPED_TEST_SUITE_P(TablesQueryContract, KeepsTheOrderOfSortKeys, FindsItemsByTheirIndexes,
                            AnIndexFollowsItsItem, PagesGoOnWhileTheTableChanges,
                            APageEndsByBytesToo, TheLastPageHasNoCursor, RefusesAWrongCursor,
                            RefusesAMalformedQuery, ExpiredItemsAreInvisible,
                            AScanSeesEveryItemOfItsTableOnce,
                            AScansPagesKeepTheirPlaceWhileTheTableChanges, RefusesAWrongScan,
                            AnIndexHoldsItsOwnTableOnly);

}  // namespace msghub::testing
