#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace msghub {

// One Zstandard frame with its content's size and checksum. Thread-safe.
std::string zstd_compress(std::string_view plain);

// Refuses (Invalid) what is no such frame, is damaged, or does not unpack to just `size` bytes.
Result<std::string> zstd_decompress(std::string_view packed, std::size_t size);

}  // namespace msghub
