#pragma once

#include <string>
#include <string_view>

namespace msghub {

// "text/plain; charset=ISO-8859-1" is {"text/plain", "iso-8859-1"}.
struct MediaType {
  std::string type;     // lower case; "" when there is none
  std::string charset;  // lower case; "" when none is said
};

// Reads a Content-Type value; what it cannot read it leaves out. Pure.
MediaType read_media_type(std::string_view value);

// `bytes` in UTF-8 with LF line ends. UTF-8, US-ASCII and ISO-8859-1 are known; anything else is
// read as UTF-8. Bytes that do not fit become U+FFFD. `note` says what had to be mended, or "".
std::string decode_text(std::string_view bytes, std::string_view charset, std::string& note);

}  // namespace msghub
