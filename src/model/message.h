#pragma once

#include <array>
#include <cstdint>

#include "base/describe.h"
#include "model/ids.h"

namespace msghub {

enum class MessageStatus { Pending, Processed, Failed, Ignored };
inline constexpr std::array<WireName<MessageStatus>, 4> kMessageStatusNames{
    {{MessageStatus::Pending, "pending"},
     {MessageStatus::Processed, "processed"},
     {MessageStatus::Failed, "failed"},
     {MessageStatus::Ignored, "ignored"}}};
constexpr auto& wire_names(MessageStatus) { return kMessageStatusNames; }

struct Attachment {
  std::string filename;
  std::string content_type;
  std::int64_t size = 0;  // bytes, decoded
  std::string s3_key;     // "" until the bytes are in a blob of their own
  std::string s3_bucket;
};
BOOST_DESCRIBE_STRUCT(Attachment, (), (filename, content_type, size, s3_key, s3_bucket))

// What a message says, whatever channel it came by.
struct ParsedMessage {
  std::string from;               // bare address; display names stay in headers
  std::optional<std::string> to;  // bare addresses, joined by ", "
  std::optional<std::string> subject;
  std::string body;       // text; LF line ends
  Timestamp timestamp{};  // when the sender says that it was sent
  std::optional<std::vector<Attachment>> attachments;
  // Names in lower case. What stands there several times has a line (LF) for each, in order.
  std::optional<std::map<std::string, std::string>> headers;
  std::optional<json::value> payload;  // a webhook's JSON or form
};
BOOST_DESCRIBE_STRUCT(ParsedMessage, (),
                      (from, to, subject, body, timestamp, attachments, headers, payload))

struct MessageMetadata {
  std::optional<std::vector<std::string>> labels;
  std::optional<std::string> folder;
  std::optional<std::string> priority;  // "high", "normal", "low"
  std::optional<bool> is_read;
  std::optional<std::string> content_type;        // of rawContent
  std::optional<std::int64_t> raw_size;           // bytes
  std::optional<std::string> raw_sha256;          // hex, of the bytes as they came
  std::optional<bool> parsed_truncated;           // parsedContent is cut; parse rawContent again
  std::optional<bool> payload_in_raw;             // parsedContent.payload is read from rawContent
  std::optional<std::vector<std::string>> notes;  // what the parser had to mend
};
BOOST_DESCRIBE_STRUCT(MessageMetadata, (),
                      (labels, folder, priority, is_read, content_type, raw_size, raw_sha256,
                       parsed_truncated, payload_in_raw, notes))

// A message as it arrived. What happens to it later is an Execution.
struct Message {
  MessageId id;
  ChannelId channel_id;
  std::optional<std::string> external_id;  // the source's own id, unique within the channel
  Timestamp received_at{};
  std::optional<Timestamp> processed_at;
  MessageStatus status = MessageStatus::Pending;
  std::string raw_content;  // the bytes as text, or "blob:<path>" (see kBlobPrefix)
  ParsedMessage parsed_content;
  std::vector<RuleId> matched_rule_ids;
  std::optional<Timestamp> matched_at;  // set once matching is done and its executions exist
  std::optional<std::int64_t> retried;  // how often somebody had an execution of it run again
  MessageMetadata metadata;
  std::optional<std::string> lease_owner;  // the hub (NodeId) that works on it while it is pending
  std::optional<std::int64_t> ttl;         // seconds since 1970; receivedAt + the time of retention
};
BOOST_DESCRIBE_STRUCT(Message, (),
                      (id, channel_id, external_id, received_at, processed_at, status, raw_content,
                       parsed_content, matched_rule_ids, matched_at, retried, metadata, lease_owner,
                       ttl))

// Raw content that is not kept in the item: "blob:" and the path in the blob store.
inline constexpr std::string_view kBlobPrefix = "blob:";
// Raw content that holds bytes which are no UTF-8 text, or starts like the prefixes: "base64:…".
inline constexpr std::string_view kBase64Prefix = "base64:";

// The one id of a message: the same channel and externalId give the same id on every hub.
inline MessageId message_id(const ChannelId& channel, const std::string& external_id) {
  return MessageId{uuid_of("message\n" + channel.value + "\n" + external_id)};
}

}  // namespace msghub
