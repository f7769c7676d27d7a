#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

// Where a reader of DynamoDB Streams stands. Pure.
//
// The changes of a table lie in shards. A shard ends after some hours, or when it is split, and its
// children go on; they are read when all of it has been read. A position names the shards that can
// be read now; what came before them is behind the reader.
namespace msghub::dynamo {

struct ShardPosition {
  std::string after;       // sequence number of the last record that was read; "" = the first one
  std::string iterator;    // AWS's own mark, good for 15 minutes: goes on where no record marks it
  std::int64_t since = 0;  // seconds since 1970; when `iterator` is too old and `after` is "", what
                           // is older is behind the reader; 0 = nothing is
  bool ended = false;      // read to its end; waits for its children to be listed

  bool operator==(const ShardPosition&) const = default;
};

struct StreamPosition {
  std::string arn;                              // of the stream; another one for a new table
  std::map<std::string, ShardPosition> shards;  // empty: the reader has not begun

  bool operator==(const StreamPosition&) const = default;
};

struct FeedPosition {
  std::vector<StreamPosition> streams;  // in the order of the tables
  std::size_t next = 0;                 // the stream to read first

  bool operator==(const FeedPosition&) const = default;
};

// base64url of a format byte, 16 bytes of SHA-256 over `feed` and the position, and the position.
// `feed` names the feed: its cursors are no other's.
std::string write_feed_cursor(const FeedPosition& position, const std::string& feed);
// Refuses (Invalid) what write_feed_cursor did not make for this feed.
Result<FeedPosition> read_feed_cursor(const std::string& cursor, const std::string& feed,
                                      std::size_t streams);

// One shard as DescribeStream lists it.
struct ListedShard {
  std::string id;
  std::string parent;  // "" for none; it may be no longer listed
  bool open = false;   // still being written
};

// Begins with the oldest shards that are kept.
void begin(StreamPosition& position, const std::vector<ListedShard>& listed);
// Puts the children in the place of shards that have ended and whose children are listed. False
// when what follows a shard is no longer kept: it has ended, and neither it nor a child is listed.
bool go_on_with_children(StreamPosition& position, const std::vector<ListedShard>& listed);

}  // namespace msghub::dynamo
