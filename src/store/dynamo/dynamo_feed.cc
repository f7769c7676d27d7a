#include "store/dynamo/dynamo_feed.h"

#include <algorithm>
#include <cmath>

#include "store/dynamo/feed_cursor.h"
#include "store/dynamo/requests.h"
#include "store/dynamo/service.h"

namespace msghub {

using dynamo::Answer;
using dynamo::FeedPosition;
using dynamo::ListedShard;
using dynamo::Place;
using dynamo::Service;
using dynamo::ShardPosition;
using dynamo::Stored;
using dynamo::StreamPosition;

namespace {

constexpr std::size_t kRecordsPerCall = 1000;
// Records may lie behind answers without any: so many in a row are believed to be the end.
constexpr int kEmptyAnswers = 3;
// What clocks may differ by when a reader's place is known by time only.
constexpr std::int64_t kClockMargin = 60;  // seconds

struct Feed {
  Service tables;
  Service streams;
  const Place place;
  const Clock& clock;
  std::vector<std::string> names;  // of the tables; each has a stream
  std::string name;                // of the feed, for its cursors
};

std::vector<std::string> table_names(const Place& place) {
  if (place.layout == Layout::SingleTable) return {place.name_of(Table::Users)};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kTables.size(); ++i)
    names.push_back(place.name_of(static_cast<Table>(i)));
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string all = "dynamodb";
  for (const std::string& name : names) all += " " + name;
  return all;
}

std::unexpected<Refusal> gone(const std::string& table) {
  return refuse(Refusal::Code::NotFound, "the changes of " + table +
                                             " after this cursor are no longer kept; begin again "
                                             "with a scan");
}

Failure stream_failure(std::string_view operation, const Answer& answer) {
  if (answer.error_code == "LimitExceededException")
    return Failure(Failure::Retry::Later, "the stream is read too often: " + answer.error_message);
  return dynamo::refused(operation, answer);
}

Task<std::string> stream_arn(Feed& feed, std::string table) {
  json::object request{{"TableName", table}};
  const json::object answer =
      co_await feed.tables.call_or_throw("DescribeTable", std::move(request));
  const std::string arn = string_or(answer.at("Table").as_object(), "LatestStreamArn");
  if (arn.empty())
    throw Failure(Failure::Retry::Never, "the table " + table +
                                             " has no stream; `msghub tables check` says how to "
                                             "mend it");
  co_return arn;
}

// Nothing when there is no such stream any more.
Task<std::optional<std::vector<ListedShard>>> list_shards(Feed& feed, std::string arn) {
  std::vector<ListedShard> listed;
  json::object request{{"StreamArn", arn}};
  for (;;) {
    const Answer answer = co_await feed.streams.call("DescribeStream", request);
    if (answer.error_code == "ResourceNotFoundException") co_return std::nullopt;
    if (!answer.ok()) throw stream_failure("DescribeStream", answer);
    const json::object& stream = answer.body.at("StreamDescription").as_object();
    for (const json::value& one : stream.at("Shards").as_array()) {
      const json::object& shard = one.as_object();
      const json::object& range = shard.at("SequenceNumberRange").as_object();
      listed.push_back({.id = string_or(shard, "ShardId"),
                        .parent = string_or(shard, "ParentShardId"),
                        .open = string_or(range, "EndingSequenceNumber").empty()});
    }
    const std::string last = string_or(stream, "LastEvaluatedShardId");
    if (last.empty()) co_return listed;
    request["ExclusiveStartShardId"] = last;
  }
}

// "" when that place is no longer kept.
Task<std::string> shard_iterator(Feed& feed, std::string arn, std::string shard, std::string type,
                                 std::string after) {
  json::object request{{"StreamArn", arn}, {"ShardId", shard}, {"ShardIteratorType", type}};
  if (!after.empty()) request.emplace("SequenceNumber", after);
  const Answer answer = co_await feed.streams.call("GetShardIterator", std::move(request));
  if (answer.error_code == "TrimmedDataAccessException" ||
      answer.error_code == "ResourceNotFoundException")
    co_return std::string();
  if (!answer.ok()) throw stream_failure("GetShardIterator", answer);
  co_return string_or(answer.body, "ShardIterator");
}

std::optional<Table> table_of_type(std::string_view type) {
  for (std::size_t i = 0; i < kTables.size(); ++i)
    if (kTables[i].entity == type) return static_cast<Table>(i);
  return std::nullopt;
}

// Seconds since 1970, to the millisecond where it has them.
double written_at(const json::object& record) {
  const json::value* time = record.if_contains("ApproximateCreationDateTime");
  return time != nullptr && time->is_number() ? time->to_number<double>() : 0;
}

// What one reading of a feed has brought so far.
class Reading {
 public:
  Reading(Feed& feed, FeedPosition position, std::size_t limit)
      : feed_(feed), position_(std::move(position)), limit_(limit) {}

  Task<Result<ChangePage>> run() {
    const std::size_t count = position_.streams.size();
    const std::size_t first = position_.next;
    page_.caught_up = true;
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t index = (first + k) % count;
      if (full()) {
        page_.caught_up = false;
        break;
      }
      const Result<void> done = co_await read_stream(index);
      if (!done) co_return std::unexpected(done.error());
      position_.next = (index + 1) % count;
    }
    page_.cursor = dynamo::write_feed_cursor(position_, feed_.name);
    co_return std::move(page_);
  }

 private:
  bool full() const { return page_.changes.size() >= limit_; }

  Task<Result<void>> read_stream(std::size_t index) {
    StreamPosition& stream = position_.streams[index];
    const bool some_ended =
        std::ranges::any_of(stream.shards, [](const auto& shard) { return shard.second.ended; });
    if (stream.shards.empty() || some_ended) {
      const std::optional<std::vector<ListedShard>> listed =
          co_await list_shards(feed_, stream.arn);
      if (!listed) co_return gone(feed_.names[index]);
      if (stream.shards.empty())
        dynamo::begin(stream, *listed);
      else if (!dynamo::go_on_with_children(stream, *listed))
        co_return gone(feed_.names[index]);
    }
    for (auto& [id, shard] : stream.shards) {
      if (shard.ended) continue;
      if (full()) page_.caught_up = false;
      if (full()) break;
      const Result<void> done = co_await read_shard(index, id, shard);
      if (!done) co_return done;
    }
    co_return Result<void>();
  }

  Task<Result<void>> read_shard(std::size_t index, std::string id, ShardPosition& shard) {
    const std::string& arn = position_.streams[index].arn;
    int empty = shard.iterator.empty() ? 0 : kEmptyAnswers - 1;
    std::string iterator = shard.iterator;
    while (!full() && empty < kEmptyAnswers) {
      if (iterator.empty())
        iterator = co_await shard_iterator(
            feed_, arn, id, shard.after.empty() ? "TRIM_HORIZON" : "AFTER_SEQUENCE_NUMBER",
            shard.after);
      if (iterator.empty()) co_return gone(feed_.names[index]);
      json::object request{{"ShardIterator", iterator},
                           {"Limit", std::min(kRecordsPerCall, limit_ - page_.changes.size())}};
      const Answer answer = co_await feed_.streams.call("GetRecords", std::move(request));
      if (answer.error_code == "ExpiredIteratorException") {
        shard.iterator.clear();
        iterator.clear();
        continue;
      }
      if (answer.error_code == "TrimmedDataAccessException" ||
          answer.error_code == "ResourceNotFoundException")
        co_return gone(feed_.names[index]);
      if (!answer.ok()) throw stream_failure("GetRecords", answer);
      const json::array& records = answer.body.at("Records").as_array();
      for (const json::value& one : records) take(index, id, shard, one.as_object());
      iterator = string_or(answer.body, "NextShardIterator");
      empty = records.empty() ? empty + 1 : 0;
      // A sequence number is good for a day, an iterator for minutes.
      shard.iterator = records.empty() ? iterator : std::string();
      shard.ended = iterator.empty();
      if (shard.ended) page_.caught_up = false;
      if (shard.ended) co_return Result<void>();
    }
    if (full()) page_.caught_up = false;
    co_return Result<void>();
  }

  void take(std::size_t index, const std::string& id, ShardPosition& shard,
            const json::object& record) {
    const json::object& told = record.at("dynamodb").as_object();
    const double at = written_at(told);
    const bool is_behind = shard.after.empty() && at + static_cast<double>(kClockMargin) <
                                                      static_cast<double>(shard.since);
    const std::string sequence = string_or(told, "SequenceNumber");
    if (!is_behind) shard.after = sequence;
    if (is_behind) return;
    Change change;
    change.key = dynamo::key_of(told.at("Keys").as_object());
    std::string type;
    const auto image = [&](std::string_view name) -> std::optional<Item> {
      const json::value* attributes = told.if_contains(name);
      if (attributes == nullptr || attributes->as_object().empty()) return std::nullopt;
      Stored stored = dynamo::read_stored(feed_.place, attributes->as_object());
      type = stored.type;
      return std::move(stored.item);
    };
    change.before = image("OldImage");
    change.after = image("NewImage");
    const std::optional<Table> table =
        feed_.place.layout == Layout::MultiTable ? static_cast<Table>(index) : table_of_type(type);
    if (!table) return;  // not the hub's
    change.table = *table;
    change.at = Timestamp(std::chrono::milliseconds(std::llround(at * 1000)));
    change.id = feed_.names[index] + "/" + id + "/" + sequence;
    page_.changes.push_back(std::move(change));
  }

  Feed& feed_;
  FeedPosition position_;
  const std::size_t limit_;
  ChangePage page_;
};

Task<FeedPosition> beginning(Feed& feed) {
  FeedPosition position;
  for (const std::string& name : feed.names) {
    std::string arn = co_await stream_arn(feed, name);
    position.streams.push_back({.arn = std::move(arn), .shards = {}});
  }
  co_return position;
}

}  // namespace

struct DynamoFeed::Parts {
  Feed feed;
};

DynamoFeed::DynamoFeed(aws::Client& tables, aws::Client& streams, const Clock& clock,
                       const DynamoOptions& options)
    : parts_(new Parts{{.tables = Service(tables),
                        .streams = Service(streams, Service::Api::Streams),
                        .place = {options.table_prefix, options.layout},
                        .clock = clock}}) {
  parts_->feed.names = table_names(parts_->feed.place);
  parts_->feed.name = joined(parts_->feed.names);
}

DynamoFeed::~DynamoFeed() = default;

Task<Result<ChangePage>> DynamoFeed::read(std::string cursor, std::size_t limit) {
  Feed& feed = parts_->feed;
  FeedPosition position;
  if (cursor.empty()) {
    position = co_await beginning(feed);
  } else {
    Result<FeedPosition> read = dynamo::read_feed_cursor(cursor, feed.name, feed.names.size());
    if (!read) co_return std::unexpected(read.error());
    position = std::move(*read);
  }
  Reading reading(feed, std::move(position), std::max<std::size_t>(limit, 1));
  co_return co_await reading.run();
}

Task<std::string> DynamoFeed::end() {
  Feed& feed = parts_->feed;
  FeedPosition position = co_await beginning(feed);
  const std::int64_t now =
      std::chrono::floor<std::chrono::seconds>(feed.clock.now().time_since_epoch()).count();
  for (StreamPosition& stream : position.streams) {
    const std::optional<std::vector<ListedShard>> listed = co_await list_shards(feed, stream.arn);
    if (!listed) throw Failure(Failure::Retry::Later, "the stream " + stream.arn + " is gone");
    for (const ListedShard& shard : *listed) {
      if (!shard.open) continue;
      ShardPosition at{.after = {}, .iterator = {}, .since = now, .ended = false};
      at.iterator = co_await shard_iterator(feed, stream.arn, shard.id, "LATEST", "");
      stream.shards.emplace(shard.id, std::move(at));
    }
  }
  co_return dynamo::write_feed_cursor(position, feed.name);
}

std::string streams_endpoint(const std::string& endpoint, const std::string& region) {
  if (!endpoint.empty()) return endpoint;
  return "https://streams.dynamodb." + region + ".amazonaws.com" +
         (region.starts_with("cn-") ? ".cn" : "");
}

}  // namespace msghub
