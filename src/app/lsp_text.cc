#include "app/lsp_text.h"

#include <algorithm>

namespace msghub {

namespace {

std::size_t units(const CodePoint& character, LspEncoding encoding) {
  if (encoding == LspEncoding::Utf8) return character.size;
  return character.size == 4 ? 2 : 1;
}

}  // namespace

void LspText::assign(std::string text) {
  text_ = std::move(text);
  starts_ = {0};
  for (std::size_t at = text_.find_first_of("\r\n"); at != std::string::npos;
       at = text_.find_first_of("\r\n", at)) {
    at += text_[at] == '\r' && text_.compare(at, 2, "\r\n") == 0 ? 2 : 1;
    starts_.push_back(at);
  }
}

void LspText::replace(LspPosition begin, LspPosition end, std::string_view replacement,
                      LspEncoding encoding) {
  const std::size_t from = offset(begin, encoding);
  const std::size_t to = std::max(from, offset(end, encoding));
  std::string text = std::move(text_);
  text.replace(from, to - from, replacement);
  assign(std::move(text));
}

std::size_t LspText::offset(LspPosition position, LspEncoding encoding) const {
  if (position.line < 0) return 0;
  const auto line = static_cast<std::size_t>(position.line);
  if (line >= starts_.size()) return text_.size();
  std::size_t end = line + 1 < starts_.size() ? starts_[line + 1] : text_.size();
  while (end > starts_[line] && (text_[end - 1] == '\n' || text_[end - 1] == '\r')) --end;
  std::size_t left = position.character < 0 ? 0 : static_cast<std::size_t>(position.character);
  std::size_t at = starts_[line];
  while (at < end) {
    const CodePoint character = code_point_at(text_, at);
    const std::size_t size = units(character, encoding);
    if (left < size) break;
    left -= size;
    at += character.size;
  }
  return std::min(at, end);
}

LspPosition LspText::position(std::size_t offset, LspEncoding encoding) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  LspPosition out;
  out.line = std::distance(starts_.begin(), after) - 1;
  std::size_t character = 0;
  for (std::size_t at = *std::prev(after); at < offset;) {
    const CodePoint here = code_point_at(text_, at);
    character += units(here, encoding);
    at += here.size;
  }
  out.character = static_cast<std::int64_t>(character);
  return out;
}

}  // namespace msghub
