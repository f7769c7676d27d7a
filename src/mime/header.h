#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mime/notes.h"

namespace msghub {

// A header field as it stands in the mail; `value` points into the mail and may hold line ends.
struct HeaderField {
  std::string name;  // lower case
  std::string_view value;
};

using HeaderFields = std::vector<HeaderField>;

// The first field of that name (lower case), unfolded, still encoded; "" when there is none.
std::string header_value(const HeaderFields& fields, std::string_view name);

// Folded lines as one line: line ends are gone, a lone CR is a space.
std::string unfolded(std::string_view value);

// Encoded words (RFC 2047) decoded, once; other bytes read as UTF-8. Well-formed.
std::string decode_words(std::string_view unfolded_value, Notes& notes);

// The same for people to read: on one line, see clean_line.
std::string decode_header(std::string_view unfolded_value, Notes& notes);

// "text/plain; charset=utf-8" or "attachment; filename=…": RFC 2045 with the continuations and
// charsets of RFC 2231, and the ways in which real mails get both wrong.
struct ParameterizedValue {
  std::string value;  // lower case, without comments
  // Names in lower case; values decoded, not cleaned.
  std::map<std::string, std::string> parameters;

  std::string parameter(const std::string& name) const;
};
ParameterizedValue parse_parameters(std::string_view unfolded_value, Notes& notes);

}  // namespace msghub
