#include "mime/encoded_word.h"

#include <algorithm>

#include "mime/notes.h"
#include "mime/text.h"
#include "mime/transfer.h"

namespace msghub {

namespace {

constexpr std::size_t kCharsetLimit = 64;

}  // namespace

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::string decode_hex_escapes(std::string_view text, char escape) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    if (text[i] == escape && high && low) {
      out += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

EncodedWord read_encoded_word(std::string_view text) {
  if (!text.starts_with("=?")) return {};
  const std::size_t charset_end = text.substr(0, 2 + kCharsetLimit).find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
      text[charset_end + 2] != '?')
    return {};
  const char encoding = text[charset_end + 1];
  // The text itself holds no '?', so each byte of a header is looked at once.
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find('?', begin);
  if (end == std::string_view::npos || end + 1 >= text.size() || text[end + 1] != '=') return {};

  EncodedWord word;
  std::string_view charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));
  if (charset.empty() || charset.find(' ') != std::string_view::npos) return {};
  word.charset = to_lower(charset);
  const std::string_view encoded = text.substr(begin, end - begin);
  if (encoding == 'B' || encoding == 'b') {
    Notes ignored;  // real mails split base64 between two words anywhere
    word.bytes = decode_transfer(encoded, "base64", ignored);
  } else if (encoding == 'Q' || encoding == 'q') {
    std::string spaced(encoded);
    std::ranges::replace(spaced, '_', ' ');
    word.bytes = decode_hex_escapes(spaced, '=');
  } else {
    return {};
  }
  word.length = end + 2;
  return word;
}

}  // namespace msghub
