#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "model/channel.h"
#include "model/message.h"

namespace msghub {

// What a command's help says of such a file.
inline constexpr const char* kMessageFile =
    "mail.eml, a webhook's body (.json, .txt) or call (.http), note.sms or post.slack";

// A message that lies in a file: a mail (.eml), the body of a webhook (.json, .txt), or a
// webhook's call (.http), a text message (.sms) or a Slack post (.slack) as an example has it.
struct FileMessage {
  ChannelType type{};
  ParsedMessage message;
  std::string note;  // what its author may not expect, for people; mostly ""
};

// Reads the file as the rule's project reads it: the ending of the name says what it holds; `guess`
// does for another ending. Throws ApiError when it cannot be read, with line and column when a
// .json holds none.
FileMessage read_message(const std::string& file, ChannelType guess);

// What the bytes of a file are: by the ending of its name, or by what stands in them when the name
// has another ending. Refuses (Invalid) what is none of them; the text says what was seen, and what
// is expected.
Result<FileMessage> recognise_message(const std::string& name, const std::string& bytes);

}  // namespace msghub
