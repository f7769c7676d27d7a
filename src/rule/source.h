#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rule/compile.h"

namespace msghub {

// Bytes [begin, end) of the author's file.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The author's file as lines, and the way from a byte to what an editor calls that place. Lines end
// at LF, CRLF or a lone CR; a byte order mark is no part of line 1.
class Source {
 public:
  explicit Source(std::string_view bytes);

  std::string_view bytes() const { return bytes_; }
  std::size_t line_count() const { return starts_.size(); }
  // Lines count from 1. A line's text is without its end.
  std::size_t line_begin(std::size_t line) const { return starts_[line - 1]; }
  std::size_t line_end(std::size_t line) const { return ends_[line - 1]; }
  std::string_view line(std::size_t number) const;
  std::size_t line_of(std::size_t offset) const;
  Position position(std::size_t offset) const;
  std::string_view text(Span span) const {
    return bytes_.substr(span.begin, span.end - span.begin);
  }
  // The whole file with LF line ends and without byte order mark.
  std::string normalized() const;

 private:
  std::string_view bytes_;
  std::vector<std::size_t> starts_;
  std::vector<std::size_t> ends_;
};

// The offset of the first byte that is no UTF-8 (or is NUL); npos when there is none.
std::size_t first_invalid(std::string_view bytes);

// The code point at `at` of valid UTF-8, and its length in bytes.
struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;
};
CodePoint code_point_at(std::string_view text, std::size_t at);

// Text cut out of the file line by line (list indents, quote marks and escapes are gone) that still
// knows where each of its bytes stands.
class Excerpt {
 public:
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::size_t size() const { return text_.size(); }

  // Appends `piece`, which stands at `offset` in the file.
  void append(std::string_view piece, std::size_t offset);
  // Where byte `at` of the text stands in the file; at size() the place behind the last byte.
  std::size_t offset_of(std::size_t at) const;
  Span span(std::size_t begin, std::size_t end) const;
  Span span() const { return span(0, text_.size()); }
  Excerpt part(std::size_t begin, std::size_t end) const;
  // An excerpt without text that stands at `offset`.
  static Excerpt empty_at(std::size_t offset);

 private:
  struct Piece {
    std::size_t at;
    std::size_t offset;
  };
  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace msghub
