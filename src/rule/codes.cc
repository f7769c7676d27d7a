#include "rule/codes.h"

#include <array>
#include <cstdio>

#include "base/result.h"

namespace msghub {

namespace {

constexpr auto kError = Severity::Error;
constexpr auto kWarning = Severity::Warning;

constexpr auto kCodes = std::to_array<CodeInfo>({
    {Code::TooLarge, kError, "The rule is too large",
     "A rule is at most 1 MiB of text. Split it into several rules, one for each thing to do."},
    {Code::NotText, kError, "The file is not UTF-8 text",
     "Rules are text in UTF-8 without NUL bytes. Save the file in that encoding."},
    {Code::NestedTooDeeply, kError, "Lists or quotes are nested too deeply",
     "A rule needs no more than a list with a block in it; 64 levels is the limit."},
    {Code::TooManyMistakes, kError, "There are too many mistakes",
     "After 200 mistakes the compiler stops looking. Mend these first."},
    {Code::TitleMissing, kError, "The rule has no name",
     "The first heading, with one `#`, is the rule's name."},
    {Code::TitleTwice, kError, "The rule has two names",
     "One document is one rule, so it has one heading with a single `#`."},
    {Code::HeadingNearMiss, kError, "A heading is nearly one of the rule's sections",
     "Only `When`, `Or when`, `Extract`, `Do` and `Example: …` are code; every other heading "
     "begins "
     "prose that is never executed. A heading that nearly reads like a section is an error, "
     "because "
     "a slip of the pen must not turn code into prose."},
    {Code::HeadingLevel, kError, "A section's heading has the wrong number of #",
     "Sections begin with exactly two `#`."},
    {Code::NotSupported, kError, "This is not supported in this version",
     "The sentence or section belongs to the rule language, but this version of the compiler does "
     "not build it yet. docs/rule-language.md lists what it builds."},
    {Code::SectionTwice, kError, "A section stands twice",
     "`When`, `Extract` and `Do` stand once in a rule. A second way for the rule to begin is "
     "written as `Or when`."},
    {Code::SectionMissing, kError, "A section is missing",
     "Every rule says when it applies (`## When`) and what it does (`## Do`)."},
    {Code::SectionOrder, kError, "`Or when` stands before `When`",
     "`Or when` adds another way for the rule to begin, so there must be a first one before it."},
    {Code::SectionEmpty, kError, "A section has nothing in it",
     "A section without list items does nothing. Fill it or remove its heading."},
    {Code::ExampleUnnamed, kError, "An example has no name",
     "Examples are reported by name: `## Example: a normal invoice`."},
    {Code::NotAListItem, kError, "A sentence stands outside the list",
     "Inside a section only list items are executed; other paragraphs are prose. A paragraph that "
     "reads like one of the section's sentences is an error rather than silently prose."},
    {Code::StrayBlock, kError, "A block belongs to nothing",
     "A code block, quote or table inside a section must belong to a list item: it is indented as "
     "far as the item's text. Otherwise Markdown ends the list before it."},
    {Code::FenceUnclosed, kError, "A code block is not closed",
     "The line that closes a code block has the same marks as the line that opens it."},
    {Code::QuoteUnclosed, kError, "A quotation mark is not closed",
     "Texts stand in \"…\", names in **…**, code in `…`, patterns in /…/ and URLs in <…>; each "
     "ends "
     "with the mark with which it begins, in the same paragraph."},
    {Code::ItemTooLong, kError, "A list item holds more than its sentence",
     "Items of `When`, `Extract` and `Example` are one sentence each. Put remarks into a paragraph "
     "of their own, outside the list."},
    {Code::StepsNotNumbered, kError, "Steps are not numbered",
     "Steps run in order, and examples call them by number, so `Do` is a numbered list."},
    {Code::WhenUnknown, kError, "This is no sentence of `When`",
     "Each list item of `When` either names the channel on which messages arrive or states one "
     "condition. docs/rule-language.md lists all sentences."},
    {Code::FieldUnknown, kError, "Messages have no such field",
     "Conditions and extraction look at the subject, body, sender or recipient, or at a JSON field "
     "written in backticks."},
    {Code::OperatorUnknown, kError, "Unknown comparison",
     "The comparisons are contains, is, starts with, ends with and matches, each with its "
     "negation."},
    {Code::ChannelMissing, kError, "No channel is named",
     "A rule listens on a channel that it names: `- an email arrives in **Billing inbox**`."},
    {Code::ChannelTwice, kError, "Two channels are named in one section",
     "A message arrives on one channel, so all sentences of a section speak of the same one. "
     "A second channel is a second section, `## Or when`."},
    {Code::NameNotBold, kError, "A name is not in bold",
     "Names of channels and connections are written in bold: **Billing inbox**."},
    {Code::OperandEmpty, kError, "A comparison with nothing",
     "Comparing with an empty text would fit every message, which is hardly meant."},
    {Code::OperandKind, kError, "The comparison needs another kind of value",
     "`matches` takes a pattern between slashes; all other comparisons take a text in quotation "
     "marks or backticks."},
    {Code::PatternInvalid, kError, "The pattern cannot be used",
     "Patterns run in time that grows evenly with the text, and mean the same in the hub and in "
     "the "
     "rule's project. What cannot be done that way (look-around, back references, possessive "
     "repetition) is not part of the dialect."},
    {Code::PatternTooLong, kError, "The pattern is too long",
     "A pattern has at most 1,000 characters."},
    {Code::JsonOnEmail, kError, "An e-mail has no JSON fields",
     "Only messages of webhooks carry JSON. The fields of an e-mail are written as words, without "
     "backticks."},
    {Code::JsonPathInvalid, kError, "This is no path into a JSON document",
     "A path is keys separated by dots, with list positions in brackets: `order.items[0].sku`."},
    {Code::HeaderName, kError, "The name of a header cannot be used",
     "A header is called by its name in quotation marks: `the header \"List-Id\"`. Names have no "
     "spaces and no colon; upper and lower case do not matter."},
    {Code::OneCondition, kError, "Two conditions in one sentence",
     "Each list item of `When` states one condition on one field, and all of them must hold. What "
     "may hold instead stands in a section `## Or when`; several values of one field are a list: "
     "`the subject contains \"a\" or \"b\"`."},
    {Code::PatternTooLarge, kError, "The pattern needs too much memory",
     "A pattern is compiled before it is used, and each repetition makes it larger: "
     "`(\\pL{100}){10}` holds all letters of all languages a thousand times. At most 8 MiB are "
     "allowed."},
    {Code::NoAttachments, kError, "Such a message has no attachments",
     "Only e-mails carry attachments. What a webhook sends is looked at by its JSON fields."},
    {Code::ConditionTwice, kWarning, "A condition is repeated",
     "The same condition stands in the section already. Perhaps the other one was to say something "
     "else."},
    {Code::ChannelUnknown, kError, "There is no channel of this name",
     "The bold name is none of your channels. Names must be written as the channel is called."},
    {Code::ChannelKind, kError, "The channel is of another kind",
     "The sentence speaks of an e-mail or of a webhook, but the channel is something else."},
    {Code::ExtractUnknown, kError, "This is no sentence of `Extract`",
     "Each list item of `Extract` gives a name to something found in the message: "
     "`- total: amount after \"Total:\" in the body`."},
    {Code::NameInvalid, kError, "This cannot be a name",
     "A name has letters (A to Z), digits and _, begins with a letter and has at most 64 "
     "characters, "
     "because {{name}} and :name refer to it."},
    {Code::NameTwice, kError, "Two values have the same name",
     "{{name}} would not know which one is meant."},
    {Code::NameReserved, kError, "The name already stands for something",
     "Names such as subject and body always mean the message's own field; constructor, toString "
     "and "
     "their like are what every object of the generated code has."},
    {Code::NoAddress, kError, "The field holds no address",
     "Only the sender, the recipient and JSON fields can hold an address that has a domain."},
    {Code::DefaultAndOptional, kError, "Both a default and `optional`",
     "`or \"…\"` says what to take when nothing is found, `optional` says to take nothing. Only "
     "one "
     "of them can hold."},
    {Code::ExtractUnused, kWarning, "An extracted value is never used",
     "No step uses the value. If it is not found, the rule fails nevertheless."},
    {Code::StepUnknown, kError, "This is no step",
     "Each numbered item of `Do` is one of the steps that docs/rule-language.md lists."},
    {Code::BlockMissing, kError, "The step lacks its block",
     "The step needs the block that says what to send or run, indented below its sentence."},
    {Code::BlockKind, kError, "The step has a block of another kind",
     "Each kind of step has its kind of block: webhooks a ```json block, databases a ```sql block, "
     "e-mails a quote (lines that begin with >)."},
    {Code::BlockExtra, kError, "The step has more blocks than it can use",
     "A step uses one block (a webhook also one table of headers). The other would be ignored."},
    {Code::UrlInvalid, kError, "This is no URL that a webhook can be sent to",
     "A URL begins with https:// or http:// and a host, and holds no user name or password: "
     "secrets "
     "never stand in a rule."},
    {Code::UrlHostTemplate, kError, "A message may not decide where a webhook goes",
     "The host of a URL is fixed; otherwise anybody who sends a message could choose the server "
     "that receives your data. {{…}} may stand in the path and behind the question mark."},
    {Code::JsonInvalid, kError, "The JSON is broken",
     "The block must be one JSON document. {{name}} may stand in place of a value or inside a "
     "string; it is inserted as a value, so quotes in it do no harm."},
    {Code::SqlTemplate, kError, "{{…}} stands in SQL",
     "Values never become part of a statement's text, so nobody can smuggle SQL into it. Write "
     ":name, and the value is bound to the statement."},
    {Code::SqlInvalid, kError, "The SQL cannot be run as it is",
     "The block is one statement with :name for values. Only the way in which it is cut into "
     "quotes, "
     "comments and names is checked here; what it means is up to the database."},
    {Code::AddressInvalid, kError, "This is no e-mail address",
     "Recipients are bare addresses, or {{name}} where the message decides."},
    {Code::ConnectionUnknown, kError, "There is no connection of this name",
     "The bold name is none of your connections. Names must be written as the connection is "
     "called."},
    {Code::ConnectionKind, kError, "The connection is of another kind",
     "A database step needs a PostgreSQL connection, an e-mail step a mail server."},
    {Code::MailUndecided, kError, "It is open which mail server sends the e-mail",
     "Without `using` the only mail connection is taken. There is none, or there are several."},
    {Code::HeadersInvalid, kError, "The table of headers cannot be used",
     "The table has the columns Header and Value. Names are those of HTTP headers; those that the "
     "hub sets itself cannot be set."},
    {Code::TemplateName, kError, "Unknown name in {{…}} or :name",
     "{{name}} refers to a value of `Extract`, to a field of the message or to "
     "{{idempotencyKey}}."},
    {Code::TemplateSyntax, kError, "{{…}} is malformed",
     "Between {{ and }} stands one name, or a JSON path in backticks."},
    {Code::TemplateMisplaced, kError, "{{…}} cannot stand here",
     "Conditions and extraction come first; only steps can use what was found."},
    {Code::ExpectationUnknown, kError, "This is no sentence of an example",
     "An example says `matches`, `does not match`, `NAME is …` or `step N sends …`."},
    {Code::ExampleMessage, kError, "An example has not exactly one message",
     "An example shows one message, in an ```email, ```json or ```text block."},
    {Code::ExampleKind, kError, "The example's message cannot arrive on the rule's channel",
     "An e-mail channel is tried with an ```email block, a webhook with a ```json or ```text "
     "block."},
    {Code::ExampleSilent, kError, "An example expects nothing",
     "Below the message stands a list of what must come of it, at least `- matches`."},
    {Code::ExampleField, kError, "The rule extracts no such value",
     "Examples check the values of `Extract` by name."},
    {Code::ExampleStep, kError, "The rule has no such step",
     "Steps are counted from 1 in the order in which they stand in `Do`."},
    {Code::ExampleContradiction, kError, "An example contradicts itself",
     "When a message does not match, nothing is extracted and no step runs."},
    {Code::ExampleBroken, kError, "The example's message is broken",
     "A ```json block must be JSON, an ```email block begins with headers such as From and "
     "Subject."},
});

}  // namespace

std::span<const CodeInfo> all_codes() { return kCodes; }

const CodeInfo& info_of(Code code) {
  for (const CodeInfo& info : kCodes)
    if (info.code == code) return info;
  MSGHUB_CHECK(!"every code is in the table");
  return kCodes.front();
}

std::string code_id(Code code) {
  char id[16];
  std::snprintf(id, sizeof id, "R%04d", static_cast<int>(code));
  return id;
}

}  // namespace msghub
