#include "store/dynamo/feed_cursor.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/json.h"

namespace msghub::dynamo {

namespace {

constexpr char kFormat = 3;
constexpr std::size_t kHashSize = 16;  // bytes

json::value to_value(const ShardPosition& shard) {
  return json::array{shard.after, shard.iterator, shard.since, shard.ended};
}

std::string hash(const std::string& feed, const std::string& text) {
  return sha256(std::to_string(feed.size()) + ":" + feed + text).substr(0, kHashSize);
}

// Throws what boost::json throws when the shape is another.
FeedPosition from_value(const json::value& value) {
  FeedPosition position;
  const json::object& top = value.as_object();
  position.next = top.at("next").to_number<std::size_t>();
  for (const json::value& one : top.at("streams").as_array()) {
    StreamPosition stream;
    stream.arn = one.as_object().at("arn").as_string();
    for (const auto& member : one.as_object().at("shards").as_object()) {
      const json::array& parts = member.value().as_array();
      stream.shards[member.key()] = {.after = std::string(parts.at(0).as_string()),
                                     .iterator = std::string(parts.at(1).as_string()),
                                     .since = parts.at(2).as_int64(),
                                     .ended = parts.at(3).as_bool()};
    }
    position.streams.push_back(std::move(stream));
  }
  return position;
}

bool is_listed(const std::vector<ListedShard>& listed, const std::string& id) {
  return std::ranges::any_of(listed, [&id](const ListedShard& shard) { return shard.id == id; });
}

}  // namespace

std::string write_feed_cursor(const FeedPosition& position, const std::string& feed) {
  json::array streams;
  for (const StreamPosition& stream : position.streams) {
    json::object shards;
    for (const auto& [id, shard] : stream.shards) shards.emplace(id, to_value(shard));
    streams.push_back(json::object{{"arn", stream.arn}, {"shards", std::move(shards)}});
  }
  const std::string text =
      to_json(json::object{{"next", position.next}, {"streams", std::move(streams)}});
  return to_base64url(kFormat + hash(feed, text) + text);
}

Result<FeedPosition> read_feed_cursor(const std::string& cursor, const std::string& feed,
                                      std::size_t streams) {
  const auto no_cursor = [] {
    return refuse(Refusal::Code::Invalid, "this is no cursor of this change feed");
  };
  const std::optional<std::string> bytes = from_base64url(cursor);
  constexpr std::size_t kHead = 1 + kHashSize;
  if (!bytes || bytes->size() <= kHead || bytes->front() != kFormat) return no_cursor();
  const std::string text = bytes->substr(kHead);
  if (bytes->substr(1, kHashSize) != hash(feed, text)) return no_cursor();
  const Result<json::value> value = parse_json(text);
  if (!value) return no_cursor();
  try {
    FeedPosition position = from_value(*value);
    if (position.streams.size() != streams || position.next >= streams) return no_cursor();
    return position;
  } catch (const std::exception&) {
    return no_cursor();
  }
}

void begin(StreamPosition& position, const std::vector<ListedShard>& listed) {
  for (const ListedShard& shard : listed)
    if (!is_listed(listed, shard.parent)) position.shards.try_emplace(shard.id);
}

bool go_on_with_children(StreamPosition& position, const std::vector<ListedShard>& listed) {
  std::vector<std::string> followed;
  for (const ListedShard& shard : listed) {
    const auto parent = position.shards.find(shard.parent);
    if (parent == position.shards.end() || !parent->second.ended) continue;
    position.shards.try_emplace(shard.id);
    followed.push_back(shard.parent);
  }
  for (const std::string& id : followed) position.shards.erase(id);
  return std::ranges::none_of(position.shards, [&listed](const auto& shard) {
    return shard.second.ended && !is_listed(listed, shard.first);
  });
}

}  // namespace msghub::dynamo
