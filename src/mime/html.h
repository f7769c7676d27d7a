#pragma once

#include <string>
#include <string_view>

namespace msghub {

// HTML as text, for rules to read: blocks and <br> end lines, list items begin with "- ", the cells
// of a table row are parted by tabs, links are their text; scripts, styles, titles and comments are
// gone, entities are decoded. White space collapses but in <pre>. Linear time, no recursion; any
// input gives text, well-formed UTF-8 for well-formed input.
std::string html_to_text(std::string_view html);

}  // namespace msghub
