#pragma once

#include <string>

#include "base/result.h"
#include "base/task.h"
#include "blob/blobs.h"
#include "model/channel.h"
#include "model/execution.h"
#include "model/message.h"

namespace msghub {

// Where raw content lives: up to kInlineLimit bytes of text in the item itself, else in a blob.
inline constexpr std::size_t kInlineLimit = 5 * 1024;        // bytes, as the data model plans
inline constexpr std::size_t kParsedFieldLimit = 64 * 1024;  // bytes of a parsed field in the item
inline constexpr std::size_t kAttachmentsLimit = 200;        // attachments listed in the item
inline constexpr std::size_t kParsedItemLimit = 300 * 1024;  // bytes of parsedContent as JSON
// Bytes of attachments that a worker can be given: in base64 they stay below a frame's limit.
inline constexpr std::size_t kContentsLimit = 20 * 1024 * 1024;

std::string raw_blob_path(const UserId& user, const MessageId& message);
std::string log_blob_path(const UserId& user, const ExecutionId& execution);

// The bytes as they came. Throws Failure(Never) when the blob is gone or damaged.
Task<std::string> load_raw(const Message& message, Blobs& blobs);

// The log lines, wherever they are kept. Throws Failure(Never) when the blob is gone or damaged.
Task<std::vector<std::string>> load_logs(const Execution& execution, Blobs& blobs);

// Cuts `parsed` to what an item holds; true when something was left out (MessageMetadata
// .parsedTruncated), so that readers who need all of it call parse_in_full.
bool cut_to_item(ParsedMessage& parsed);

// The JSON value or form of a webhook that the item leaves out (MessageMetadata.payloadInRaw): an
// item is paid for by its bytes at every change. Nothing when there was none.
Task<std::optional<json::value>> load_payload(const Message& message, Blobs& blobs);

// The message as matching and rules see it: parsedContent with its payload, or the raw bytes parsed
// again when the item holds only a part.
Task<ParsedMessage> parse_in_full(const Message& message, const Channel& channel, Blobs& blobs);

// The bytes of each attachment of `parsed`, in order, each from its blob or else from the raw mail.
// Refuses (TooLarge) more than kContentsLimit of them. Throws Failure(Never) when they are gone or
// damaged.
Task<Result<std::vector<std::string>>> load_attachments(Message message, ParsedMessage parsed,
                                                        Blobs& blobs);

}  // namespace msghub
