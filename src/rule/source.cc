#include "rule/source.h"

#include <algorithm>

namespace msghub {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Length of the well-formed sequence at `at` (no overlong forms, surrogates or values over
// U+10FFFF), or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if (!is_continuation(text[at + i])) return 0;
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return 0;
  if ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) return 0;
  return size;
}

}  // namespace

Source::Source(std::string_view bytes) : bytes_(bytes) {
  std::size_t start = bytes.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  for (std::size_t at = start; at < bytes.size(); ++at) {
    if (bytes[at] != '\n' && bytes[at] != '\r') continue;
    starts_.push_back(start);
    ends_.push_back(at);
    if (bytes[at] == '\r' && at + 1 < bytes.size() && bytes[at + 1] == '\n') ++at;
    start = at + 1;
  }
  if (start < bytes.size() || starts_.empty()) {
    starts_.push_back(start);
    ends_.push_back(bytes.size());
  }
}

std::string_view Source::line(std::size_t number) const {
  return bytes_.substr(line_begin(number), line_end(number) - line_begin(number));
}

std::size_t Source::line_of(std::size_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  return after == starts_.begin() ? 1 : static_cast<std::size_t>(after - starts_.begin());
}

Position Source::position(std::size_t offset) const {
  const std::size_t line = line_of(offset);
  // Never within a line's end or a byte order mark, which editors do not show.
  const std::size_t start = line_begin(line);
  offset = std::clamp(offset, start, line_end(line));
  Position out;
  out.line = static_cast<std::int64_t>(line);
  out.offset = static_cast<std::int64_t>(offset);
  for (std::size_t at = start; at < offset; ++at) {
    if (is_continuation(bytes_[at])) continue;
    ++out.column;
    out.utf16_column += static_cast<unsigned char>(bytes_[at]) >= 0xF0 ? 2 : 1;
  }
  return out;
}

std::string Source::normalized() const {
  std::string out;
  out.reserve(bytes_.size());
  for (std::size_t number = 1; number <= line_count(); ++number) {
    out += line(number);
    if (line_end(number) < bytes_.size()) out += '\n';
  }
  return out;
}

std::size_t first_invalid(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = bytes[at] == '\0' ? 0 : sequence_length(bytes, at);
    if (size == 0) return at;
    at += size;
  }
  return std::string_view::npos;
}

CodePoint code_point_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  char32_t value = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size && at + i < text.size(); ++i)
    value = (value << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  return {value, std::min(size, text.size() - at)};
}

void Excerpt::append(std::string_view piece, std::size_t offset) {
  const bool follows =
      !pieces_.empty() && pieces_.back().offset + (text_.size() - pieces_.back().at) == offset;
  if (!follows) pieces_.push_back({text_.size(), offset});
  text_ += piece;
}

std::size_t Excerpt::offset_of(std::size_t at) const {
  if (pieces_.empty()) return 0;
  // The place behind the last byte belongs to the piece of that byte, not to what follows it.
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), at,
                       [](std::size_t value, const Piece& p) { return value < p.at; });
  const Piece& piece = *std::prev(after);
  return piece.offset + (at - piece.at);
}

Span Excerpt::span(std::size_t begin, std::size_t end) const {
  if (end <= begin) return {offset_of(begin), offset_of(begin)};
  const std::size_t last = offset_of(end - 1);
  return {offset_of(begin), last + 1};
}

Excerpt Excerpt::part(std::size_t begin, std::size_t end) const {
  Excerpt out;
  if (begin >= end) return empty_at(offset_of(begin));
  auto piece =
      std::prev(std::upper_bound(pieces_.begin(), pieces_.end(), begin,
                                 [](std::size_t value, const Piece& p) { return value < p.at; }));
  for (std::size_t at = begin; at < end; ++piece) {
    const auto next = std::next(piece);
    const std::size_t stop = next == pieces_.end() ? end : std::min(end, next->at);
    out.append(std::string_view(text_).substr(at, stop - at), piece->offset + (at - piece->at));
    at = stop;
  }
  return out;
}

Excerpt Excerpt::empty_at(std::size_t offset) {
  Excerpt out;
  out.pieces_.push_back({0, offset});
  return out;
}

}  // namespace msghub
