#pragma once

#include <string>
#include <string_view>

namespace msghub {

struct DecodedText {
  std::string text;           // well-formed UTF-8
  bool known_charset = true;  // false: read as UTF-8
  bool replaced = false;      // U+FFFD stands for bytes that are no text in the charset
};

// `bytes` in the charset that a mail names, at most about `limit` bytes of text. Only charsets of a
// fixed list are known; "" and "us-ascii" mean UTF-8, "iso-8859-1" means windows-1252, "utf-16"
// without a byte order mark is little-endian.
DecodedText decode_charset(std::string_view bytes, std::string_view label, std::size_t limit);

}  // namespace msghub
