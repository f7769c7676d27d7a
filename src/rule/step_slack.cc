#include <algorithm>

#include "rule/step_parts.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

// C0123456789: what Slack itself calls a channel.
bool is_channel_id(std::string_view text) {
  return text.size() >= 9 && text.size() <= 24 && std::string_view("CGD").contains(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

// What can stand behind #. Letters beyond ASCII are for Slack to judge.
bool is_channel_name(std::string_view text) {
  constexpr std::size_t kLongest = 320;  // 80 characters of up to 4 bytes
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  static_cast<unsigned char>(c) >= 0x80;
         });
}

}  // namespace

SlackStep read_slack(const StepReader& reader, StepReader::Need need) {
  SlackStep out;
  const Token& channel = *reader.token(Slot::SlackChannel);
  out.channel = channel.value;
  const bool named = channel.value.starts_with('#') && is_channel_name(channel.value.substr(1));
  if (!named && !is_channel_id(channel.value)) {
    Report::Entry& entry = reader.report().add(channel.span, wording::slack_channel(channel.value));
    if (is_channel_name(channel.value))
      entry.fix("write #" + channel.value, channel.span, "**#" + channel.value + "**");
  }
  if (const Token* thread = reader.token(Slot::Text))
    out.thread = parse_template(thread->content, reader.report());
  out.connection = reader.connection(channel.span);
  const Block* quote = reader.blocks({kQuoteBlock}, need)[0];
  if (quote != nullptr) out.text = parse_template(quote->text, reader.report());
  return out;
}

}  // namespace msghub
