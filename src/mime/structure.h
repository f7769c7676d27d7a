#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mime/header.h"
#include "mime/mime.h"
#include "mime/notes.h"

namespace msghub {

// A leaf or a multipart of a mail. Views point into the mail's bytes.
struct Part {
  HeaderFields headers;
  ParameterizedValue type;  // of Content-Type, or its default
  ParameterizedValue disposition;
  std::string_view content;  // of a leaf; still encoded
  bool is_multipart = false;
  bool in_alternative = false;  // another part says the same in another form
};

struct MailStructure {
  std::vector<Part> parts;        // at least one; the first is the whole mail; in reading order
  std::string_view after_header;  // the bytes behind the first header block
};

// Cuts a mail into its parts: one pass over its lines with a stack of open boundaries, no
// recursion. Deeper parts than `limits` allows are left out, as are those over its number, with a
// note; a nested message is a leaf.
MailStructure split_mail(std::string_view bytes, const MimeLimits& limits, Notes& notes);

}  // namespace msghub
