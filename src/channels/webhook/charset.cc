#include "channels/webhook/charset.h"

#include <algorithm>

#include "base/utf8.h"

namespace msghub {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string from_latin1(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

void use_lf(std::string& text) {
  std::size_t to = 0;
  for (std::size_t from = 0; from < text.size(); ++from)
    if (text[from] != '\r' || from + 1 == text.size() || text[from + 1] != '\n')
      text[to++] = text[from];
  text.resize(to);
}

}  // namespace

MediaType read_media_type(std::string_view value) {
  const std::size_t end = std::min(value.find(';'), value.size());
  MediaType media{lower(trimmed(value.substr(0, end))), {}};
  std::string_view rest = value.substr(end);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t next = std::min(rest.find(';'), rest.size());
    const std::string_view parameter = trimmed(rest.substr(0, next));
    rest.remove_prefix(next);
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || lower(parameter.substr(0, equals)) != "charset")
      continue;
    std::string_view charset = parameter.substr(equals + 1);
    if (charset.size() >= 2 && charset.front() == '"' && charset.back() == '"')
      charset = charset.substr(1, charset.size() - 2);
    if (media.charset.empty()) media.charset = lower(charset);
  }
  return media;
}

std::string decode_text(std::string_view bytes, std::string_view charset, std::string& note) {
  note.clear();
  std::string text;
  if (charset == "iso-8859-1" || charset == "latin1" || charset == "iso_8859-1") {
    text = from_latin1(bytes);
  } else {
    const bool known = charset.empty() || charset == "utf-8" || charset == "utf8" ||
                       charset == "us-ascii" || charset == "ascii";
    text = to_utf8(bytes);
    if (!known)
      note = "The charset \"" + to_utf8(charset) + "\" is not known here; it was read as UTF-8.";
    else if (!is_utf8(bytes))
      note = "Bytes that are not UTF-8 were replaced by U+FFFD.";
  }
  use_lf(text);
  return text;
}

}  // namespace msghub
