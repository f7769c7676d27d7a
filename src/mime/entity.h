#pragma once

#include <string>
#include <string_view>

namespace msghub {

// A character reference of HTML: "&amp;", "&#228;", "&#xE4;".
struct DecodedEntity {
  std::size_t length = 0;  // in the HTML, at least 1
  std::string text;        // UTF-8; "&" itself when no known entity stands there
};

// The entity at the start of `html`, which begins with '&'. A no-break space gives a plain one.
DecodedEntity read_entity(std::string_view html);

}  // namespace msghub
