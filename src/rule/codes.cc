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
     "Conditions and extraction look at the subject, body, sender or recipient, at a header, at "
     "the "
     "names and types of attachments, or at a JSON field written in backticks."},
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
    {Code::MailField, kError, "Only e-mails have such a field",
     "A copy, an address for answers and a name beside the sender's address stand in the headers "
     "of "
     "e-mails. What a webhook sends is looked at by its JSON fields."},
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
    {Code::ValueTypeUnknown, kError, "There is no such kind of value",
     "What a sentence of `Extract` looks for is a text, a number, an amount, a date, an e-mail "
     "address, a URL, a file or a JSON value."},
    {Code::DateOrderMisplaced, kError, "Only dates have a day and a month",
     "`(day first)` and `(month first)` say how a date such as 03/04/2026 is read. They stand "
     "behind sentences that look for a date."},
    {Code::CaseMisplaced, kError, "Nothing is compared here",
     "`(exact case)` stands behind sentences that compare with a text or a pattern."},
    {Code::TextWithoutPlace, kError, "It is open which text is meant",
     "A text begins behind a label, lies between two others or matches a pattern. The field as a "
     "whole needs no extraction: {{body}} in a step is all of it."},
    {Code::NoDisplayName, kError, "Only the sender has a name",
     "E-mails say the name of the sender beside the address. No other field has one."},
    {Code::DefaultInvalid, kError, "The default is not written as a plain number",
     "A default in quotation marks is a text; without them it is a number, of digits with a "
     "decimal "
     "point."},
    {Code::StepUnknown, kError, "This is no step",
     "Each numbered item of `Do` is one of the steps that docs/rule-language.md lists."},
    {Code::BlockMissing, kError, "The step lacks its block",
     "The step needs the block that says what to send or run, indented below its sentence."},
    {Code::BlockKind, kError, "The step has a block of another kind",
     "Each kind of step has its kind of block: webhooks a ```json block, databases a ```sql block, "
     "sheets a table, Slack and ChatGPT a quote (lines that begin with >), e-mails a quote or an "
     "```html block."},
    {Code::BlockExtra, kError, "The step has more blocks than it can use",
     "A step uses one block of each kind that it knows: a webhook a ```json block and a table of "
     "headers, ChatGPT a quote and a table of fields, an e-mail a quote and an ```html block. "
     "Another one would be ignored."},
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
     "Each kind of step works with one service: databases with PostgreSQL, e-mails with a mail "
     "server, sheets with Google, Slack posts with Slack, ChatGPT with OpenAI."},
    {Code::ConnectionUndecided, kError, "It is open which connection the step uses",
     "Without `using` the only connection of the service is taken. There is none, or there are "
     "several."},
    {Code::HeadersInvalid, kError, "The table of headers cannot be used",
     "The table has the columns Header and Value. Names are those of HTTP headers; those that the "
     "hub sets itself cannot be set."},
    {Code::OptionUnknown, kError, "This is no option of a step",
     "Behind a step stand options, each after a comma: only if, for each attachment, continue on "
     "error, as **name**; for ChatGPT temperature and at most … tokens; for a row that is looked "
     "for, or append it."},
    {Code::OptionTwice, kError, "An option stands twice",
     "Only one of them could hold. Several comparisons of `only if` are joined with `and`."},
    {Code::OptionMisplaced, kError, "The step does not know this option",
     "Some options belong to one kind of step: temperature and tokens to ChatGPT, `or append it` "
     "to `Update the row where …`."},
    {Code::OptionValue, kError, "The option's value is out of range",
     "A temperature is a number from 0 to 2, a limit of tokens a whole number from 1 to 100000."},
    {Code::GuardInvalid, kError, "`only if` is not understood",
     "`only if` compares a value that {{…}} could call: `only if total is over 1000`. Several "
     "comparisons stand with `and` between them, each with its own value."},
    {Code::GuardOr, kError, "`or` stands in `only if`",
     "All comparisons of `only if` must hold. What is to happen in either of two cases is written "
     "as two steps."},
    {Code::OutputLater, kError, "A step uses what a later step makes",
     "Steps run from top to bottom, so only what an earlier step made is known."},
    {Code::PartUnknown, kError, "The value has no such part",
     "Behind a dot stands a part of an extracted JSON value, or of what an earlier step got back: "
     "a webhook gives status and body, a database the columns of its first row, ChatGPT the fields "
     "that it was asked for, a sheet updatedRange and row, Slack channel and ts, an e-mail "
     "messageId. An attachment has name, type, size and content."},
    {Code::AttachmentOutside, kError, "There is no attachment at hand here",
     "`attachment` is one attachment of the message, which is at hand only in a step with `for "
     "each attachment`."},
    {Code::TableInvalid, kError, "The table of columns and values cannot be used",
     "The table's header row names columns of the sheet's tab, each once; below it stands exactly "
     "one row with their values."},
    {Code::FieldsInvalid, kError, "The table of expected fields cannot be used",
     "The table has the columns Field, Type and, if you like, Meaning. A type is text, number, yes "
     "or no, date, or one of and texts in quotation marks."},
    {Code::SheetInvalid, kError, "It is open which sheet, tab or row is meant",
     "A sheet is a Google connection in bold, or a spreadsheet's id in backticks or its URL. Its "
     "tab, and the column to look in, are fixed texts; a row is a number from 1 or {{…}}."},
    {Code::FileUnknown, kError, "The rule extracts no such file",
     "An e-mail can take along all attachments, the attachment at hand of `for each attachment`, "
     "or a file that `Extract` names."},
    {Code::SlackChannelInvalid, kError, "This cannot be a channel of Slack",
     "Slack's channels are written as #name, in small letters, digits, - and _, or as their id "
     "(C0123456789)."},
    {Code::ModelInvalid, kError, "This cannot be the name of a model",
     "A model is written in backticks as OpenAI calls it: `gpt-4o-mini`."},
    {Code::SpreadsheetMissing, kError, "The connection names no spreadsheet",
     "A sheet in bold is a Google connection whose settings have a spreadsheetId. Another "
     "spreadsheet is written as its id in backticks or as its URL."},
    {Code::TemplateName, kError, "Unknown name in {{…}} or :name",
     "{{name}} refers to a value of `Extract`, to a field of the message or to "
     "{{idempotencyKey}}."},
    {Code::TemplateSyntax, kError, "{{…}} is malformed",
     "Between {{ and }} stands one name, a JSON path in backticks or a fixed text in quotation "
     "marks, "
     "and behind names and paths as many filters as you like, each behind a bar."},
    {Code::TemplateMisplaced, kError, "{{…}} cannot stand here",
     "Conditions and extraction come first; only steps can use what was found."},
    {Code::FilterUnknown, kError, "There is no such filter",
     "The filters are a closed list: number, money, date, upper, lower, trim, truncate, default, "
     "json and join."},
    {Code::FilterArguments, kError, "A filter's arguments do not fit",
     "The arguments of a filter stand behind its name, with spaces between them: texts in "
     "quotation marks, numbers in digits."},
    {Code::CurrencyInvalid, kError, "This is no currency",
     "Currencies are named by the three capital letters of ISO 4217, such as EUR, USD or JPY."},
    {Code::DateFormatInvalid, kError, "The date format is wrong",
     "A date format is made of yyyy, yy, MMMM, MMM, MM, M, dd, d, EEEE, EEE, HH, H, hh, h, mm, m, "
     "ss, s and a; other characters stand for themselves, and words are put between two '."},
    {Code::TimeZoneInvalid, kError, "This is no time zone",
     "Time zones are named as in the IANA database, by area and place, so that summer time is "
     "known."},
    {Code::FilterOnLiteral, kError, "A filter stands behind a fixed text",
     "{{\"…\"}} is text as it is; there is nothing to format."},
    {Code::FilterNeverFits, kError, "A filter can never work on this value",
     "number and money take numbers, date takes dates. Each filter gets what the one before it "
     "made, and what they make is text."},
    {Code::HtmlPlace, kError, "{{…}} stands where HTML does not protect it",
     "Values are escaped for the text between tags and for attributes in quotation marks. In other "
     "places, a value could add tags, attributes or scripts of its own."},
    {Code::SingleBraces, kWarning, "A value stands in single braces",
     "Only `{{name}}` is replaced by a value. `{name}` is text and is sent as it is typed; when "
     "there is a value of this name, the second pair of braces was most likely forgotten."},
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
     "Subject, and an ```http block has headers, an empty line and a body that a hub takes."},
    {Code::AnswerTwice, kError, "A step has two answers",
     "In one example the outside world answers each step once. Another answer is another example."},
    {Code::AnswerNotJson, kError, "The step's answer has fields",
     "A ChatGPT step with a table of fields is answered with one JSON object, in backticks, that "
     "holds these fields."},
    {Code::AnswerField, kError, "The answer has a field that the step does not ask for",
     "The names in the answer are those of the step's table, and values are of the type that it "
     "says."},
    {Code::ExampleMended, kWarning, "The example's mail is broken",
     "A hub reads broken mails as well as it can: what is cut off, or in an encoding that it does "
     "not "
     "know, is mended or left out. The example then proves less than it seems to."},
    {Code::FailureUnknown, kError, "Not a sentence of If it fails",
     "`If it fails` says how often a failure is tried again and who hears of it in the end; each "
     "list "
     "item is one such sentence."},
    {Code::FailureTwice, kError, "The retries are said twice",
     "A rule has one way of retrying, so one sentence says it."},
    {Code::RetryCount, kError, "The number is not possible",
     "A failed execution is tried again 0 to 100 times; numbers are written in digits."},
    {Code::RetryTime, kError, "The time of the retries is not possible",
     "Retries can be spread over 1 second to 30 days."},
    {Code::DurationMissing, kError, "A length of time is missing",
     "A length of time is a number with seconds, minutes, hours or days behind it."},
    {Code::SettingUnknown, kError, "Not a setting",
     "`Settings` knows the time zone, the time limit, how many messages are worked on at a time, "
     "tags "
     "and the owner."},
    {Code::SettingTwice, kError, "A setting stands twice", "Each setting has one value."},
    {Code::TimeZoneUnknown, kError, "There is no such time zone",
     "Time zones are those of the IANA database, which are called after places. Abbreviations such "
     "as "
     "CEST mean different times in different countries."},
    {Code::TimeLimitRange, kError, "The time limit is not possible",
     "One try of a rule may take 1 second to 15 minutes."},
    {Code::ConcurrencyRange, kError, "So many at a time are not possible",
     "A rule works on 1 to 100 messages at a time."},
    {Code::TagsInvalid, kError, "The tags cannot be used",
     "A rule has 1 to 20 different tags of at most 40 characters, with commas between them."},
    {Code::OwnerMissing, kError, "The owner is missing",
     "The owner is a name or an address of somebody who answers for the rule."},
    {Code::OutputUnused, kWarning, "What a step makes is never used",
     "The step's output has a name, but no later step calls it."},
    {Code::GuardNever, kWarning, "The step can never run",
     "The comparisons of `only if` contradict each other, or what the rule knows of the value."},
    {Code::TriggersItself, kWarning, "The rule would trigger itself",
     "What the step sends arrives where the rule listens and fulfils all its conditions, so each "
     "message would be followed by another one, without end."},
    {Code::NeverTogether, kWarning, "Two conditions can never hold together",
     "All conditions of a section must hold, and there is no message on which these two do. The "
     "section will never begin the rule."},
    {Code::ConditionImplied, kWarning, "A condition says nothing new",
     "Whenever the other condition holds, this one does too. Perhaps it was to say something "
     "else."},
    {Code::ValueImplied, kWarning, "A value in a list changes nothing",
     "Each text that fits this value fits another value of the list as well."},
    {Code::SenderOpen, kWarning, "The condition lets strangers through",
     "A sender can own a domain that begins or ends with the letters of another one: "
     "billing@acme.com.example.net is not Acme, nor is x@notacme.com. A condition that is to let "
     "only one sender through says where the address ends and where its domain begins."},
    {Code::PatternFitsAll, kWarning, "The pattern fits every text",
     "The pattern is found even in an empty text, so it keeps no message out."},
    {Code::SectionImplied, kWarning, "A section adds no message",
     "Each section is one more way for the rule to begin. The messages of this one all fulfil "
     "another section as well."},
    {Code::StarLiteral, kWarning, "A star stands for itself",
     "In file names * stands for any text. In a rule it is a character like others, so the text is "
     "only found with the star. What may stand before or behind a text is said by the comparison: "
     "`contains`, `starts with` or `ends with`."},
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
