#include <algorithm>
#include <array>

#include "rule/wording_text.h"

namespace msghub::wording {

namespace {

struct Remedy {
  SectionKind section;
  // Any of them, as whole words with spaces around; one that ends with - is the beginning of a
  // word; ^ is the beginning of the sentence.
  std::array<Text, 6> words;
  Text help;
};

using enum SectionKind;

constexpr Text kNoClock =
    "a rule acts on messages and knows no clock; let a scheduler call a webhook, and write: a "
    "webhook arrives at **Order hook**";

constexpr Text kMailStep =
    "write: Email \"ap@example.com\" with subject \"Invoice {{number}} filed\" using **Office "
    "mail**: and the text in a quote (> …) below, indented by three spaces; the sender is "
    "\"{{from}}\"";
constexpr Text kWebhookStep =
    "write: Send webhook POST to <https://erp.example.com/invoices>: and the body in a ```json "
    "block below, indented by three spaces";
constexpr Text kSqlStep =
    "write: In database **ERP** run: and the statement in a ```sql block below, indented by three "
    "spaces";
constexpr Text kSteps =
    "steps begin with Send webhook POST to, In database, Email, Append to Google Sheet, Update "
    "row, Post to Slack or Ask ChatGPT; any other service is called through its API: Send webhook "
    "POST to <https://erp.example.com/invoices>";

// The first that fits is given.
constexpr auto kRemedies = std::to_array<Remedy>({
    {When, {"every day", "every week", "every month", "every hour", "every morning"}, kNoClock},
    {When, {"^ if"}, "leave out `if`; each list item is one condition, and all of them must hold"},
    {When, {"email", "mail"}, "write: an email arrives in **Billing inbox**"},
    {When, {"webhook"}, "write: a webhook arrives at **Order hook**"},
    {When, {"sms", "text message"}, "write: an SMS arrives at **Support line**"},
    {When, {"slack"}, "write: a Slack message arrives in **Team chat**"},
    {When,
     {"attachment", "attachments", "attached"},
     "write: it has an attachment; or: the attachment name ends with \".pdf\""},

    {Extract,
     {"after", "follows", "following", "behind", "next to"},
     "write the kind of the value, the label and the field: amount after \"Total:\" in the body"},
    {Extract,
     {"between"},
     "write both labels and the field: text between \"Notes:\" and \"Regards\" in the body"},
    {Extract,
     {"now", "today"},
     "the time of arrival needs no line here; a step calls it {{message.receivedAt}}"},
    {Extract,
     {"lowercase", "uppercase", "lower", "upper", "trim"},
     "change the value where a step uses it: {{name | lower}}, {{name | upper}}, {{name | trim}}"},
    {Extract,
     {"as"},
     "a value is set in its form where a step uses it: {{total | number 2}}, {{total | money "
     "\"EUR\"}}, {{due | date \"dd.MM.yyyy\"}}"},
    {Extract,
     {"table", "lookup", "look up", "find", "database"},
     "values come from the message; what a database knows is asked for in a step: In database "
     "**ERP** run, with `as **customer**` behind it"},

    {IfItFails,
     {"every", "each", "wait"},
     "write how often and over what time: retry 5 times over 2 hours; the pauses grow by "
     "themselves"},
    {IfItFails,
     {"notify", "tell", "alert", "inform", "warn"},
     "write: then email \"ops@example.com\"; or: then post to Slack **#ops**"},

    {Do,
     {"^ email", "^ e mail", "^ send email", "^ send an email", "^ send mail", "^ send a mail"},
     kMailStep},
    {Do, {"^ send webhook", "^ send a webhook"}, kWebhookStep},
    {Do, {"^ in database", "^ in the database"}, kSqlStep},
    {Do,
     {"^ if", "^ when"},
     "write the step first and the condition behind it, as in: Post to Slack **#finance**, only "
     "if total is over 1000"},
    {Do,
     {"^ for each", "^ for every"},
     "write the step first, and `, for each attachment` behind it"},
    {Do,
     {"^ reply", "^ answer"},
     "an answer is a mail of its own: Email \"{{from}}\" with subject \"Re: {{subject}}\": and the "
     "words in a quote (> …) below, indented by three spaces"},
    {Do,
     {"^ forward"},
     "write: Email \"ap@example.com\" with subject \"Fwd: {{subject}}\" and all attachments: and "
     "{{body}} in a quote (> …) below, indented by three spaces"},
    {Do,
     {"^ move", "^ archive", "^ delete the email", "^ delete the message", "^ mark", "^ label"},
     "no step changes the mailbox; the channel itself keeps track of what it has read, and mails "
     "are moved by a filter of the mail server"},
    {Do,
     {"sms", "text message", "call", "whatsapp", "telegram", "teams"},
     "no step does this; call the API of a service that does: Send webhook POST to "
     "<https://sms.example.com/send>"},
    {Do,
     {"wait", "sleep", "pause"},
     "a step cannot wait; steps run one after the other, and `## If it fails` spreads their tries "
     "over time: retry 5 times over 2 hours"},
    {Do,
     {"save", "store", "download", "upload"},
     "no step saves files; send them on: Email \"ap@example.com\" with subject \"Invoice\" and all "
     "attachments; or Send webhook POST to <https://files.example.com/>, for each attachment, with "
     "{{attachment.content}} in its body"},
    {Do,
     {"slack"},
     "write: Post to Slack **#finance**: and the message in a quote (> …) below, indented by three "
     "spaces"},
    {Do,
     {"row where"},
     "write: Update the row where \"Number\" is \"{{number}}\" in Google Sheet **Ledger** tab "
     "\"Invoices\": and a table of the values below, indented by three spaces"},
    {Do,
     {"sheet", "sheets", "spreadsheet", "row"},
     "write: Append to Google Sheet **Ledger** tab \"Invoices\": and a table of the values below, "
     "indented by three spaces"},
    {Do, {"database", "sql", "insert", "delete", "table", "look up"}, kSqlStep},
    {Do,
     {"chatgpt", "gpt", "openai", "ai", "summari-", "translate"},
     "write: Ask ChatGPT `gpt-4o-mini` for **summary**: and what it shall do in a quote (> …) "
     "below, indented by three spaces"},
    {Do, {"http", "https", "webhook", "post", "request", "url"}, kWebhookStep},
    {Do, {"email", "mail", "e mail", "reply", "forward", "notify"}, kMailStep},
});

// In small letters, with one space for all that is neither letter nor digit: " send an sms ".
// Without the texts in quotation marks.
std::string plain(Text sentence) {
  std::string out = " ";
  bool quoted = false;
  for (const char c : sentence) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    const bool small = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    if (small || capital)
      out += capital ? static_cast<char>(c - 'A' + 'a') : c;
    else if (out.back() != ' ')
      out += ' ';
  }
  if (out.back() != ' ') out += ' ';
  return out;
}

bool names(const std::string& sentence, Text words) {
  if (words.empty()) return false;
  if (words.starts_with("^")) return sentence.starts_with(std::string(words.substr(1)) + " ");
  if (words.ends_with("-"))
    return sentence.contains(" " + std::string(words.substr(0, words.size() - 1)));
  return sentence.contains(" " + std::string(words) + " ");
}

}  // namespace

std::string remedy(SectionKind section, Text sentence) {
  if (section == OrWhen) section = When;
  const std::string words = plain(sentence);
  for (const Remedy& each : kRemedies)
    if (each.section == section && std::any_of(each.words.begin(), each.words.end(),
                                               [&](Text word) { return names(words, word); }))
      return std::string(each.help);
  return section == Do ? std::string(kSteps) : sentences_of(section);
}

Wording path_without_ticks(SectionKind section, Text path) {
  return {unknown_in(section), "a field of a webhook's JSON stands in backticks",
          "without backticks", "write " + ticked(shown(path))};
}

Wording comma_missing() {
  return {Code::ExtractUnknown, "a comma stands before a default", "expected `,` before it",
          "write it as in: `customer.name`, or \"none\""};
}

Wording texts_only(Text seen) {
  return {Code::OperatorUnknown,
          "conditions do not compare sizes and dates: " + ticked(shown(seen)), "not a comparison",
          "take the value under `## Extract`, and let the steps decide: `, only if total is over "
          "1000` behind a step"};
}

Wording sentence_unknown(SectionKind section, Text suggestion, Text sentence) {
  return {unknown_in(section), "this is no sentence of " + ticked(section_name(section)),
          suggestion.empty() ? "not understood" : "not understood from here on",
          did_you_mean(suggestion, remedy(section, sentence))};
}

Wording sentence_stops(SectionKind section, const Words& expected, bool method, Text suggestion,
                       Text sentence) {
  Words choices = expected;
  if (method) choices = {"POST", "PUT", "PATCH"};
  const bool marks = !choices.empty() && choices.size() <= 6;
  return {unknown_in(section),
          "this sentence of " + ticked(section_name(section)) + " is not understood from here on",
          marks ? "expected " + joined(ticked(choices)) : "nothing more was expected",
          did_you_mean(suggestion, remedy(section, sentence))};
}

Wording one_sentence_each(SectionKind section) {
  return {unknown_in(section), "a list item is one sentence", "a second one begins here",
          "make it a list item of its own"};
}

Wording field_unknown(Text seen, Text suggestion) {
  return {Code::FieldUnknown, "messages have no field " + ticked(shown(seen)),
          "not a field of a message", did_you_mean(suggestion, std::string(kFields))};
}

Wording number_in_words(Text seen) {
  return {Code::RetryCount, "numbers are written in digits", ticked(shown(seen)),
          "as in `retry 5 times` or `step 1 sends \"…\"`"};
}

Wording unit_in_short(Text seen) {
  return {Code::DurationMissing, "a number and its unit are two words", ticked(shown(seen)),
          "as in 3 times, 30 seconds, 5 minutes, 2 hours or 7 days"};
}

Wording and_or() {
  return {Code::WhenUnknown, "`and/or` says two things at once", "not understood",
          "write `or`: one value that fits is enough; what must hold as well is a list item of its "
          "own"};
}

Wording or_in_when() {
  return {Code::OneCondition, "all list items of a section must hold", "`or` begins none",
          "when either may hold, write it under a heading `## Or when` of its own; several values "
          "for one field are written as \"a\", \"b\" or \"c\""};
}

Wording case_ignored_already() {
  return {Code::WhenUnknown, "upper and lower case are ignored already", "needless",
          "leave it out; write `(exact case)` where case counts"};
}

Wording sender_of_its_own() {
  return {Code::WhenUnknown, "who sends the message is a condition of its own",
          "a second sentence begins here",
          "write two list items: an email arrives in **Billing inbox**; and: the sender is "
          "\"billing@acme.com\""};
}

Wording label_of_step() {
  return {Code::StepUnknown, "a step has no label", "not a step",
          "begin with the step itself, as in: Post to Slack **#finance**; what a step gets back is "
          "named behind it: `, as **answer**`"};
}

Wording filler(Text word) {
  return {Code::StepUnknown, "a step begins with what it does", "not a step",
          "leave out " + ticked(word) + "; the steps run in their order"};
}

Wording expectation_words(Text seen) {
  return {Code::ExpectationUnknown, "an example does not say " + ticked(shown(seen)),
          "not understood", "write `matches` or `does not match`"};
}

Wording expectation_equals() {
  return {Code::ExpectationUnknown, "an example compares with `is`", "not a comparison",
          "write it as in: total is 1204.50"};
}

Wording retry_every() {
  return {Code::RetryCount, "the pauses between tries are not written", "not a number of times",
          "write how often and over what time: retry 5 times over 2 hours; the pauses grow by "
          "themselves"};
}

Wording colon_of_setting() {
  return {Code::SettingUnknown, "a colon stands behind the name of a setting", "expected `:`",
          "write it as in: time zone: Europe/Paris"};
}

Wording field_missing() {
  return {Code::FieldUnknown, "the sentence does not say which field it looks at",
          "a field is missing here", std::string(kFields)};
}

Wording operator_unknown(Text seen, Text suggestion) {
  return {Code::OperatorUnknown, "there is no comparison " + ticked(shown(seen)),
          "not a comparison", did_you_mean(suggestion, std::string(kOperators))};
}

Wording operator_missing() {
  return {Code::OperatorUnknown, "the sentence compares with nothing",
          "a comparison is missing here", std::string(kOperators)};
}

Wording operand_missing() {
  return {Code::OperandEmpty, "the comparison has no value", "a value is missing here",
          "write the text in quotation marks behind it"};
}

Wording operand_unquoted() {
  return {Code::OperandKind, "the value of a comparison stands in quotation marks",
          "without quotation marks", "write \"…\" around the text"};
}

Wording operand_empty() {
  return {Code::OperandEmpty, "an empty text would fit every message", "nothing to look for",
          "write the text, or remove this line"};
}

Wording operand_number(Text seen) {
  return {Code::OperandKind, ticked(shown(seen)) + " cannot be compared by its value",
          "not such a number",
          "a list has numbers or texts, not both; write a number with digits and, where needed, a "
          "point: 1204.50; in quotation marks it is compared as a text"};
}

Wording sender_whole(Text seen) {
  return {Code::OperandKind, "a message comes from a whole address", "only a part of one",
          "write the address, or compare the sender: the sender ends with \"" +
              std::string(seen.starts_with('@') ? "" : "@") + shown(seen) + "\""};
}

Wording text_missing() {
  return {Code::OperandKind, "a text in quotation marks is missing", "expected \"…\" here",
          std::nullopt};
}

Wording text_unquoted(Text seen) {
  return {Code::OperandKind, "a text in quotation marks must stand here",
          "expected \"…\" instead of " + shown(seen), std::nullopt};
}

Wording name_not_bold(bool channel) {
  return {Code::NameNotBold,
          channel ? "the name of the channel must be in bold"
                  : "the name of the connection must be in bold",
          "expected **name** here", "names of channels and connections are written **in bold**"};
}

Wording url_missing() {
  return {Code::UrlInvalid, "the URL is missing", "expected a URL here",
          "write it between < and >: <https://erp.example.com/invoices>"};
}

}  // namespace msghub::wording
