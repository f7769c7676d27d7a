#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace msghub {

inline constexpr std::size_t kBlobPathLimit = 1024;    // bytes
inline constexpr std::size_t kBlobSegmentLimit = 250;  // bytes; a file name has 255

// Refuses (Invalid) what blobs.h says is no path.
Result<void> check_blob_path(std::string_view path);

// A segment that is made of any text, such as an attachment's name. Bytes that a segment may not
// have become "=XX" ("=" itself, too), as do all dots of "." and ".."; "" becomes "=". Two texts
// share a segment only when both are too long and alike by SHA-256: a long one is cut, with "=_"
// and 32 hex digits of its hash before what looks like its extension.
std::string blob_segment(std::string_view text);

// "users/{userId}/messages/{messageId}/attachments/{filename}" for each of a message's attachments,
// in their order. Of equal names the second gets "=-2" behind its name's stem ("a=-2.txt"), the
// third "=-3"; blob_segment makes no such text of any name.
std::vector<std::string> attachment_blob_paths(const UserId& user, const MessageId& message,
                                               const std::vector<std::string>& file_names);

// The path of the n-th attachment of this name, counted from 1.
std::string attachment_blob_path(const UserId& user, const MessageId& message,
                                 std::string_view file_name, std::size_t ordinal = 1);

// Whether a blob with this path belongs to a message that is coming in, by the data model's paths.
bool is_message_blob(std::string_view path);

}  // namespace msghub
