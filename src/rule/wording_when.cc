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

Wording channel_unknown(Text name, Text suggestion, std::optional<ChannelType> is) {
  const auto command = [&](Text kind) {
    return "`msghub channel add " + std::string(kind) + " \"" + shown(name) + "\"`";
  };
  std::string help = "create it by " + command("imap") + " for mails or " + command("webhook");
  if (is == ChannelType::Email) help = "create it by " + command("imap");
  if (is == ChannelType::Webhook) help = "create it by " + command("webhook");
  if (is == ChannelType::Sms || is == ChannelType::Slack)
    help = std::string("the hub cannot receive ") +
           (is == ChannelType::Sms ? "SMS" : "messages of Slack") +
           " itself yet; let the service call a webhook, and write: a webhook arrives at **Hook**";
  else
    help += ", or write the name of a channel that you have";
  return {Code::ChannelUnknown, "you have no channel called " + ticked(shown(name)),
          "no such channel", did_you_mean(suggestion, help)};
}

Wording channel_kind(Text name, Text is, Text wanted) {
  return {Code::ChannelKind,
          "the channel " + ticked(shown(name)) + " is of the kind " + std::string(is) + ", not " +
              std::string(wanted),
          "another kind of channel",
          is == "email"   ? "write `an email arrives in`"
          : is == "sms"   ? "write `an SMS arrives at`"
          : is == "slack" ? "write `a Slack message arrives in`"
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
          "write the pattern without it: a group (…) takes out a part, and conditions can be split "
          "into several list items; patterns are those of RE2, which cannot run away on any text"};
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

Wording header_name_invalid(Text name) {
  return {Code::HeaderName,
          name.empty() ? "a header has a name" : ticked(shown(name)) + " is no name of a header",
          "not a header's name",
          "write the name as it stands in the message, without the colon: header \"List-Id\""};
}

Wording header_unquoted() {
  return {Code::HeaderName, "the name of a header stands in quotation marks", "expected \"…\" here",
          "write it as in: the header \"List-Id\" contains \"finance\""};
}

Wording second_condition() {
  return {Code::OneCondition, "a list item states one condition", "a second one begins here",
          "when either may hold, write it under a heading `## Or when` of its own; several values "
          "for one field are written as \"a\", \"b\" or \"c\""};
}

Wording second_field(Text word) {
  return {Code::OneCondition, "a condition looks at one field", "a second one begins here",
          word == "or" ? "write one condition under `## When`, and the other under a heading "
                         "`## Or when`"
                       : "write a list item for each field; all of them must hold"};
}

Wording value_twice() {
  return {Code::ConditionTwice, "this value stands in the list already", "the second time",
          "remove it, unless something else was meant"};
}

Wording pattern_too_large() {
  return {Code::PatternTooLarge, "the pattern needs more than 8 MiB of memory", "",
          "make its repetitions smaller"};
}

Wording patterns_too_many(std::size_t most) {
  return {Code::PatternTooLarge, "the rule has more than " + std::to_string(most) + " patterns",
          "one too many", "join patterns with |, or make several rules of it"};
}

Wording no_attachments() {
  return {Code::NoAttachments, "a webhook has no attachments", "only e-mails have them",
          "look at a field of its JSON instead, as in `order.total`"};
}

Wording mail_field(Text field) {
  const std::string what = field == "from.name" ? "name of its sender" : std::string(field);
  return {Code::MailField, "such a message has no " + what, "only e-mails have one",
          "a field of a webhook's JSON is written in backticks, as in `customer.name`"};
}

Wording never_together(std::int64_t line) {
  return {Code::NeverTogether,
          "no message fulfils both this condition and that on line " + to_string(line),
          "never together with line " + to_string(line),
          "all conditions of a section must hold; for a message that fulfils one or the other, "
          "write a list of values or a section `## Or when`"};
}

Wording condition_implied(std::int64_t line) {
  return {Code::ConditionImplied,
          "this condition always holds when that on line " + to_string(line) + " does",
          "says no more than line " + to_string(line),
          "remove it, unless something else was meant"};
}

Wording value_implied(Text other) {
  return {Code::ValueImplied, "this value changes nothing",
          "what fits it fits \"" + shown(other) + "\" as well",
          "remove it, unless something else was meant"};
}

Wording sender_open(Text stranger, Text better, bool pattern) {
  return {
      Code::SenderOpen, "mail of a stranger fits as well", "also fits " + shown(stranger),
      pattern && !better.empty() ? "end the pattern with $"
      : pattern || better.empty()
          ? "begin the domain with @, and compare with `ends with`; several domains are a list: "
            "ends with \"@acme.com\" or \"@mail.acme.com\""
          : "compare with " + ticked(better)};
}

Wording pattern_fits_all() {
  return {Code::PatternFitsAll, "this pattern fits every text", "found in the empty text as well",
          "look for at least one character, as in + in place of *"};
}

Wording section_implied(std::int64_t line) {
  return {Code::SectionImplied, "this section adds no message",
          "each of its messages fulfils the section on line " + to_string(line) + " as well",
          "remove it, or remove what is too much in it"};
}

Wording star_literal(Text better) {
  return {
      Code::StarLiteral, "a star stands for itself here, not for any text",
      "looks for the star as well",
      "write " + ticked(shown(better)) + "; a star that is meant is a pattern: `matches /\\*/`"};
}

Wording condition_twice(std::int64_t line) {
  return {Code::ConditionTwice, "this condition is repeated",
          "the same as on line " + to_string(line), "remove it, unless something else was meant"};
}

}  // namespace msghub::wording
