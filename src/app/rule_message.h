#pragma once

#include <string>

#include "model/channel.h"
#include "model/message.h"

namespace msghub {

// A message that lies in a file: a mail (.eml), or the body of a webhook (.json, .txt).
struct FileMessage {
  ChannelType type{};
  ParsedMessage message;
};

// Reads the file as the hub reads what arrives. The ending of the name says what it holds; `guess`
// does for another ending. Throws ApiError when it cannot be read.
FileMessage read_message(const std::string& file, ChannelType guess);

}  // namespace msghub
