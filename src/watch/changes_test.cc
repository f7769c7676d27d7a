#include "watch/changes.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>

#include "aws/test_support.h"

namespace msghub {
namespace {

using aws::run_task;

Change change_of(Table table, std::string pk, std::string sk, std::optional<Item> before,
                 std::optional<Item> after) {
  return {table,
          {std::move(pk), std::move(sk)},
          std::move(before),
          std::move(after),
          *from_iso8601("2026-11-22T10:00:00.000Z"),
          "c1"};
}

TEST(ShownChange, NamesWhatHappened) {
  const Item item{{"PK", "MESSAGE#m"},     {"SK", "METADATA"},       {"id", "m"},
                  {"GSI1PK", "CHANNEL#c"}, {"GSI1SK", "RECEIVED#x"}, {"ttl", 5}};
  const json::object insert =
      shown_change(change_of(Table::Messages, "MESSAGE#m", "METADATA", std::nullopt, item));
  EXPECT_EQ(to_json(insert), R"({"id":"c1","at":"2026-11-22T10:00:00.000Z","table":"Messages",)"
                             R"("key":{"PK":"MESSAGE#m","SK":"METADATA"},"kind":"insert",)"
                             R"("after":{"id":"m","ttl":5}})");
  const auto kind = [&](std::optional<Item> before, std::optional<Item> after) {
    return string_or(shown_change(change_of(Table::Messages, "MESSAGE#m", "METADATA",
                                            std::move(before), std::move(after))),
                     "kind");
  };
  EXPECT_EQ(kind(item, item), "modify");
  EXPECT_EQ(kind(item, std::nullopt), "remove");
}

// No text that was put in for a secret comes out again, before or after.
TEST(ShownChange, HidesEverySecret) {
  const std::string secret = "hunter2";
  const std::string sealed = "msghub2:key:" + secret;
  const struct {
    Table table;
    Item item;
  } cases[] = {
      {Table::Users, {{"email", secret}, {"GSI1PK", "EMAIL#" + secret}}},
      {Table::Channels, {{"credentials", secret}}},
      {Table::Channels, {{"config", {{"webhookSecret", secret}, {"webhookUrl", "/in/" + secret}}}}},
      {Table::Integrations, {{"credentials", secret}}},
      {Table::Integrations, {{"settings", {{"deep", json::array{json::value(sealed)}}}}}},
      {Table::Rules, {{"later", sealed}}},
  };
  for (const auto& [table, item] : cases) {
    const std::string shown =
        to_json(shown_change(change_of(table, "X#1", "METADATA", item, item)));
    EXPECT_EQ(shown.find(secret), std::string::npos) << shown;
    EXPECT_TRUE(shown.contains(kHidden)) << shown;
  }
}

TEST(IsEntityKey, KnowsEntitiesFromBookkeeping) {
  EXPECT_TRUE(is_entity_key(Table::Users, {"USER#1", "METADATA"}));
  EXPECT_TRUE(is_entity_key(Table::RuleProjects, {"PROJECT#1", "VERSION#0000000001"}));
  EXPECT_FALSE(is_entity_key(Table::Users, {"USER#1", "AUDIT#00000000000000000001"}));
  EXPECT_FALSE(is_entity_key(Table::Users, {"USER#1", "METADATA2"}));
  EXPECT_FALSE(is_entity_key(Table::Channels, {"LEASE#node/1", "METADATA"}));
  EXPECT_FALSE(is_entity_key(Table::Channels, {"CHANNEL#1", "CURSOR#INBOX"}));
  EXPECT_FALSE(is_entity_key(Table::Rules, {"USER#1", "NAME#abc"}));
}

// Changes "1", "2", … whose cursor is the number of the last one that was read.
class ListFeed final : public ChangeFeed {
 public:
  Task<Result<ChangePage>> read(std::string cursor, std::size_t limit) override {
    ++reads;
    if (cursor == "gone") co_return refuse(Refusal::Code::NotFound, "no longer kept");
    std::size_t at = cursor.empty() ? 0 : std::stoul(cursor);
    ChangePage page;
    while (at < changes.size() && page.changes.size() < limit)
      page.changes.push_back(changes[at++]);
    page.cursor = std::to_string(at);
    page.caught_up = at == changes.size();
    if (page.caught_up && !arriving.empty()) {
      changes.push_back(arriving.front());
      arriving.pop_front();
    }
    co_return page;
  }
  Task<std::string> end() override { co_return std::to_string(changes.size()); }

  std::vector<Change> changes;
  std::deque<Change> arriving;  // one after each read that caught up
  int reads = 0;
};

Change entity(Table table) {
  const std::string pk(schema_of(table).pk.substr(0, schema_of(table).pk.find('<')));
  return change_of(table, pk + "1", "METADATA", std::nullopt, Item{});
}
Change lease() { return change_of(Table::Channels, "LEASE#x", "METADATA", Item{}, Item{}); }

TEST(ReadChanges, SkipsBookkeepingAndOtherTables) {
  ListFeed feed;
  feed.changes = {lease(), entity(Table::Rules), lease(), entity(Table::Messages), lease()};
  const Result<ShownChanges> all = run_task(read_changes({}, feed));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->changes.size(), 2u);
  EXPECT_TRUE(all->caught_up);
  const Result<ShownChanges> some =
      run_task(read_changes({.tables = {Table::Messages}, .limit = 2}, feed));
  ASSERT_TRUE(some);
  EXPECT_TRUE(some->changes.empty()) << "the page held nothing of that table";
  EXPECT_EQ(some->cursor, "2");
  EXPECT_FALSE(some->caught_up);
}

TEST(ReadChanges, WaitsForTheFirstChange) {
  ListFeed feed;
  feed.changes = {entity(Table::Rules)};
  feed.arriving = {lease(), lease(), entity(Table::Messages)};
  const Result<ShownChanges> page = run_task(read_changes(
      {.cursor = "now", .wait = std::chrono::minutes(1), .pause = std::chrono::milliseconds(1)},
      feed));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->changes.size(), 1u);
  EXPECT_EQ(string_or(page->changes.front(), "table"), "Messages");
  EXPECT_EQ(page->cursor, "4");
}

TEST(ReadChanges, StopsWaitingWhenTimeIsUpOrTheHubEnds) {
  ListFeed feed;
  const Result<ShownChanges> nothing = run_task(read_changes(
      {.wait = std::chrono::milliseconds(20), .pause = std::chrono::milliseconds(1)}, feed));
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->changes.empty());
  EXPECT_GT(feed.reads, 1);
  feed.reads = 0;
  const Result<ShownChanges> stopped = run_task(read_changes(
      {.wait = std::chrono::hours(1), .pause = {}, .stopped = [&] { return feed.reads == 3; }},
      feed));
  ASSERT_TRUE(stopped);
  EXPECT_EQ(feed.reads, 3);
}

TEST(ReadChanges, PassesOnThatAPlaceIsGone) {
  ListFeed feed;
  const Result<ShownChanges> page = run_task(read_changes({.cursor = "gone"}, feed));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, Refusal::Code::NotFound);
}

TEST(TableNamed, KnowsTheSevenTables) {
  EXPECT_EQ(table_named("Messages"), Table::Messages);
  EXPECT_EQ(table_named("Integrations"), Table::Integrations);
  EXPECT_FALSE(table_named("messages"));
}

}  // namespace
}  // namespace msghub
