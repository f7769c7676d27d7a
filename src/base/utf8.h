#pragma once

#include <string>
#include <string_view>

namespace msghub {

// Well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view bytes);

// At most `limit` bytes of well-formed `text`, cut between two code points.
std::string_view cut_utf8(std::string_view text, std::size_t limit);

// The first `limit` code points of well-formed `text`.
std::string_view cut_to_characters(std::string_view text, std::size_t limit);

// `bytes` with U+FFFD in place of what is not well-formed.
std::string to_utf8(std::string_view bytes);

}  // namespace msghub
