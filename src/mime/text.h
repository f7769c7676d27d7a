#pragma once

#include <string>
#include <string_view>

#include "mime/notes.h"

namespace msghub {

// ASCII only, as mail's own syntax is.
std::string to_lower(std::string_view text);
std::string_view trimmed(std::string_view text);  // of spaces, tabs, CR and LF

// Well-formed `text` on one line: U+2400 for NUL, "\u{202E}" for bidirectional controls (a note
// says so), a space for other control characters.
std::string clean_line(std::string_view text, Notes& notes);

// The same for text of many lines: CRLF and CR become LF; other control characters stay.
std::string clean_text(std::string_view text, Notes& notes);

// The last part of a path, without control and bidirectional characters (a note says so), at most
// 255 bytes.
std::string clean_filename(std::string_view name, Notes& notes);

// Joins the lines that format=flowed (RFC 3676) broke. Lines end with LF.
std::string join_flowed(std::string_view text, bool delete_space);

}  // namespace msghub
