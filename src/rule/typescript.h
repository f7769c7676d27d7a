#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msghub::typescript {

// The only two ways in which a user's text enters generated code; never in comments.

// The text as a string literal in single quotes: 'it\'s'.
std::string string_literal(std::string_view text);

// The text as a part of a template literal, between back-ticks and ${…}; line feeds stay.
std::string template_part(std::string_view text);

bool is_reserved_word(std::string_view name);

// An object or array literal of `items`: on one line when it fits into 100 columns at this indent
// and no item has several lines, else one item a line. `open` and `close` are the brackets.
std::string group(std::string_view open, const std::vector<std::string>& items,
                  std::string_view close, std::size_t indent, std::size_t before = 0);

}  // namespace msghub::typescript
