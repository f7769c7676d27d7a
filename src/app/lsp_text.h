#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rule/source.h"

namespace msghub {

// How an editor counts characters within a line; agreed on when it connects.
enum class LspEncoding { Utf8, Utf16 };

struct LspPosition {
  std::int64_t line = 0;  // from 0
  std::int64_t character = 0;
};

// A document as an editor holds it: lines end with LF, CRLF or CR, a byte order mark is a
// character.
class LspText {
 public:
  explicit LspText(std::string text = {}) { assign(std::move(text)); }

  const std::string& text() const { return text_; }
  void assign(std::string text);
  // Puts `replacement` in place of the range.
  void replace(LspPosition begin, LspPosition end, std::string_view replacement,
               LspEncoding encoding);

  // Beyond a line's end or the last line: the end of it. Within a character: its beginning.
  std::size_t offset(LspPosition position, LspEncoding encoding) const;
  LspPosition position(std::size_t offset, LspEncoding encoding) const;

 private:
  std::string text_;
  std::vector<std::size_t> starts_;  // of the lines
};

}  // namespace msghub
