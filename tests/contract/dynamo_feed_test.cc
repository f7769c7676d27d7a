#include <gtest/gtest.h>

#include "store/dynamo/feed_cursor.h"
#include "tests/contract/change_feed_contract.h"
#include "tests/contract/dynamo_engine.h"

namespace msghub::testing {

INSTANTIATE_TYPED_TEST_SUITE_P(Moto, ChangeFeedContract, MotoMultiTable);
INSTANTIATE_TYPED_TEST_SUITE_P(MotoSingleTable, ChangeFeedContract, MotoSingleTable);

namespace {

using dynamo::FeedPosition;
using dynamo::ListedShard;
using dynamo::ShardPosition;
using dynamo::StreamPosition;

std::vector<std::string> ids(const StreamPosition& position) {
  std::vector<std::string> found;
  for (const auto& [id, shard] : position.shards) found.push_back(id);
  return found;
}

TEST(FeedCursor, IsReadBackAndBoundToItsFeed) {
  FeedPosition position{.streams = {{.arn = "arn:1", .shards = {}}, {.arn = "arn:2"}}, .next = 1};
  position.streams[0].shards["a"] = {.after = "12", .iterator = "i", .since = 7, .ended = true};
  const std::string cursor = dynamo::write_feed_cursor(position, "feed");
  const Result<FeedPosition> read = dynamo::read_feed_cursor(cursor, "feed", 2);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, position);
  EXPECT_FALSE(dynamo::read_feed_cursor(cursor, "another", 2));
  EXPECT_FALSE(dynamo::read_feed_cursor(cursor, "feed", 3));
  EXPECT_FALSE(dynamo::read_feed_cursor(cursor + "A", "feed", 2));
}

TEST(FeedCursor, AShardIsReadBeforeItsChildren) {
  // a (gone) -> b -> c and d -> e (of d)
  const std::vector<ListedShard> listed{
      {"b", "a", false}, {"c", "b", true}, {"d", "b", false}, {"e", "d", true}};
  StreamPosition position{.arn = "arn", .shards = {}};
  dynamo::begin(position, listed);
  EXPECT_EQ(ids(position), std::vector<std::string>{"b"});
  EXPECT_TRUE(dynamo::go_on_with_children(position, listed));
  EXPECT_EQ(ids(position), std::vector<std::string>{"b"}) << "it has not ended";
  position.shards["b"].ended = true;
  EXPECT_TRUE(dynamo::go_on_with_children(position, listed));
  EXPECT_EQ(ids(position), (std::vector<std::string>{"c", "d"}));
  position.shards["d"].ended = true;
  EXPECT_TRUE(dynamo::go_on_with_children(position, {{"d", "b", false}}));
  EXPECT_EQ(ids(position), (std::vector<std::string>{"c", "d"})) << "no child is listed yet";
  EXPECT_TRUE(dynamo::go_on_with_children(position, listed));
  EXPECT_EQ(ids(position), (std::vector<std::string>{"c", "e"}));
}

// A reader that stopped just at a shard's end and came back when its children were gone, too.
TEST(DynamoFeed, SaysThatWhatFollowsAnEndedShardIsGone) {
  StreamPosition position{.arn = "arn", .shards = {}};
  position.shards["a"].ended = true;
  EXPECT_FALSE(dynamo::go_on_with_children(position, {{"c", "b", true}}));
}

TEST(DynamoFeed, RefusesACursorOfTablesThatAreGone) {
  MotoSingleTable engine;
  const std::string name = engine.options().table_prefix + std::string(kSingleTable.name);
  std::string cursor = run_task(engine.feed().end());
  aws::Call call;
  call.headers = {{"content-type", "application/x-amz-json-1.0"},
                  {"x-amz-target", "DynamoDB_20120810.DeleteTable"}};
  call.body = to_json(json::object{{"TableName", name}});
  ASSERT_TRUE(run_task(engine.access().client().call(std::move(call))).ok());
  const Result<ChangePage> page = run_task(engine.feed().read(cursor, 10));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, Refusal::Code::NotFound);
}

}  // namespace
}  // namespace msghub::testing
