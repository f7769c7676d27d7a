#pragma once

#include <string>
#include <string_view>

#include "mime/notes.h"

namespace msghub {

// The bytes that a part holds, its Content-Transfer-Encoding undone. Broken base64 and
// quoted-printable give what is there, an unknown encoding gives the bytes as they are, both with a
// note.
std::string decode_transfer(std::string_view content, std::string_view encoding, Notes& notes);

// The same, but only how many bytes they are.
std::size_t decoded_size(std::string_view content, std::string_view encoding, Notes& notes);

}  // namespace msghub
