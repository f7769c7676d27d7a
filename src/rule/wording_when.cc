#include "rule/wording_text.h"

namespace msghub::wording {

using std::to_string;

Wording channel_missing() {
  return {Code::ChannelMissing, "the section names no channel", "",
          "add a list item such as `- an email arrives in **Billing inbox**`"};
}

Wording channel_twice(Text first, std::int64_t line) {
  return {Code::ChannelTwice, "the section names a second channel",
          "line " + to_string(line) + " names " + ticked(shown(first)),
          "for another channel begin another section, `## Or when`"};
}

Wording channel_unknown(Text name, Text suggestion) {
  return {
      Code::ChannelUnknown, "you have no channel called " + ticked(shown(name)), "no such channel",
      did_you_mean(suggestion, "create the channel first, or write the name of one that you have")};
}

Wording channel_kind(Text name, Text is, Text wanted) {
  return {Code::ChannelKind,
          "the channel " + ticked(shown(name)) + " is of the kind " + std::string(is) + ", not " +
              std::string(wanted),
          "another kind of channel",
          is == "email" ? "write `an email arrives in`"
                        : "write `a " + std::string(is) + " arrives at`"};
}

Wording pattern_missing() {
  return {Code::OperandKind, "a pattern between slashes must stand here", "expected /…/",
          "write the pattern as `/INV-(\\d+)/`; to look for plain text use `contains`"};
}

Wording pattern_unexpected() {
  return {
      Code::OperandKind, "only `matches` compares with a pattern", "a pattern",
      "write `matches` before it, or put the text in quotation marks if the slashes belong to it"};
}

Wording pattern_flags(Text flags) {
  return {Code::PatternInvalid, "letters behind the pattern (" + shown(flags) + ") have no meaning",
          "", "case is ignored already; write `(exact case)` at the end if it counts"};
}

Wording pattern_too_long(std::size_t characters) {
  return {Code::PatternTooLong,
          "the pattern has " + to_string(characters) + " characters; at most 1,000 are allowed", "",
          "look for less"};
}

Wording pattern_foreign(Text construct) {
  return {Code::PatternInvalid, "this is " + std::string(construct), "not part of the dialect",
          "patterns are those of RE2, which cannot run away on any text"};
}

Wording pattern_broken(Text why) {
  return {Code::PatternInvalid, "the pattern is not valid: " + shown(why), "", std::nullopt};
}

Wording json_on_email(Text path) {
  return {
      Code::JsonOnEmail, "an e-mail has no JSON field " + ticked(shown(path)),
      "only webhooks have JSON",
      "the fields of an e-mail (subject, body, sender, recipient) are written without backticks"};
}

Wording json_path_invalid(Text path) {
  return {Code::JsonPathInvalid, ticked(shown(path)) + " is no path into a JSON document", "",
          "write keys with dots between them, as in `order.items[0].sku`"};
}

Wording condition_twice(std::int64_t line) {
  return {Code::ConditionTwice, "this condition is repeated",
          "the same as on line " + to_string(line), "remove it, unless something else was meant"};
}

}  // namespace msghub::wording
