#include "mime/header.h"

#include <algorithm>

#include "mime/charset.h"
#include "mime/encoded_word.h"
#include "mime/text.h"

namespace msghub {

namespace {

constexpr std::size_t kTextLimit = std::size_t{100} * 1024;

void note_charset(const DecodedText& decoded, Notes& notes) {
  if (!decoded.known_charset) notes.add("an unknown charset was read as UTF-8");
  if (decoded.replaced) notes.add("bytes that are no text in their charset are shown as U+FFFD");
}

}  // namespace

std::string header_value(const HeaderFields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &HeaderField::name);
  return found == fields.end() ? "" : unfolded(found->value);
}

std::string unfolded(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\n') continue;
    if (c != '\r')
      out += c;
    else if (i + 1 == value.size() || (value[i + 1] != '\n' && value[i + 1] != ' '))
      out += ' ';
  }
  return std::string(trimmed(out));
}

std::string decode_words(std::string_view text, Notes& notes) {
  std::string out;
  std::string bytes;  // of encoded words in a row with one charset: a character may span two
  std::string charset;
  const auto flush = [&] {
    const DecodedText decoded = decode_charset(bytes, charset, kTextLimit);
    note_charset(decoded, notes);
    out += decoded.text;
    bytes.clear();
  };
  std::string_view gap;  // white space since the last encoded word
  bool after_word = false;
  while (!text.empty()) {
    if (const EncodedWord word = read_encoded_word(text); word.length > 0) {
      if (!after_word || word.charset != charset) {
        flush();
        charset = word.charset;
      }
      bytes += word.bytes;
      after_word = true;
      gap = {};
      text.remove_prefix(word.length);
      continue;
    }
    const std::size_t blank_end = std::min(text.find_first_not_of(" \t"), text.size());
    if (after_word && blank_end > 0) {
      gap = text.substr(0, blank_end);
      text.remove_prefix(blank_end);
      continue;
    }
    if (after_word) flush();
    charset = "";
    after_word = false;
    bytes += gap;
    gap = {};
    const std::size_t next = std::min(text.find("=?", 1), text.size());
    bytes += text.substr(0, next);
    text.remove_prefix(next);
  }
  flush();
  return out;
}

std::string decode_header(std::string_view unfolded_value, Notes& notes) {
  return std::string(trimmed(clean_line(decode_words(unfolded_value, notes), notes)));
}

}  // namespace msghub
