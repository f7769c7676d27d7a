#pragma once

#include <map>
#include <string>

#include "model/channel.h"
#include "model/message.h"

namespace msghub {

// A message to begin a rule with.
struct DraftInput {
  ChannelType type{};
  // A webhook's JSON in `payload`, its text in `body`; headers only of a call that has them.
  ParsedMessage message;
};

// A rule that applies to messages like this one, extracts what stands in it behind labels (or in
// its JSON), mails it, and has the message as its example. `expected` are the values that the
// example is to find, by name; empty when they are not known yet. The result compiles without any
// remark. Pure, total, deterministic.
std::string draft_rule(const DraftInput& input, const std::map<std::string, std::string>& expected);

// The message of that example: what the block of its kind holds.
std::string draft_example(const DraftInput& input);
// The ending of a file that holds it, as the rule's project reads it: "eml", "http", "json", …
std::string draft_file_type(const DraftInput& input);

}  // namespace msghub
