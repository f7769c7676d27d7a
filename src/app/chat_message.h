#pragma once

#include <string_view>

#include "model/message.h"

namespace msghub {

// A message of a telephone or a chat as files and examples have it: the lines `From:`, `To:` and,
// of a chat, `Thread:`, an empty line, the text. A line without a colon says nothing. `text` is
// UTF-8 with LF. The runtime's messageFromChat does the same.
ParsedMessage read_chat(std::string_view text);

}  // namespace msghub
