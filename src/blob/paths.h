#pragma once

#include <string_view>

#include "base/result.h"

namespace msghub {

inline constexpr std::size_t kBlobPathLimit = 1024;    // bytes
inline constexpr std::size_t kBlobSegmentLimit = 250;  // bytes; a file name has 255

// Refuses (Invalid) what blobs.h says is no path.
Result<void> check_blob_path(std::string_view path);

// Whether a blob with this path belongs to a message that is coming in, by the data model's paths.
bool is_message_blob(std::string_view path);

}  // namespace msghub
