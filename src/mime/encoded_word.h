#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace msghub {

// "=?charset?Q?text?=" of RFC 2047.
struct EncodedWord {
  std::size_t length = 0;  // in the header; 0 when no encoded word stands there
  std::string charset;     // lower case, without RFC 2231's language
  std::string bytes;
};

// The encoded word at the very start of `text`.
EncodedWord read_encoded_word(std::string_view text);

std::optional<int> hex_digit(char c);

// "%41b" to "Ab"; a broken escape stays as it is. `escape` is '%' or '='.
std::string decode_hex_escapes(std::string_view text, char escape);

}  // namespace msghub
