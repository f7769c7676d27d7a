#pragma once

#include <string>
#include <string_view>

namespace msghub {

// Puts `bytes` in place of the file's content: written beside it and renamed, so that a crash
// leaves the old or the new file. Keeps the mode; a symbolic link stays one. Throws ApiError.
void replace_file(const std::string& path, std::string_view bytes);

// Makes the file with this content, or replaces that of one that is there. Throws ApiError.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace msghub
