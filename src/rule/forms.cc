#include "rule/forms.h"

#include <array>

namespace msghub {

namespace {

using enum SectionKind;

constexpr auto kSections = std::to_array<SectionName>({
    {When, "When"},
    {OrWhen, "Or when"},
    {Extract, "Extract"},
    {Do, "Do"},
    {Example, "Example"},
    {IfItFails, "If it fails"},
    {Settings, "Settings"},
});

constexpr auto kForms = std::to_array<Form>({
    {FormId::EmailArrives, When,
     "[(when|whenever)] ((a|an|any|every|each) [new] (email|e-mail|mail) (arrives|comes in|is "
     "received)|[new] (emails|e-mails|mails) (arrive|come in|are received)) "
     "(in|at|on|to|from|via) [(the|my|our)] {channel}",
     "The rule listens on this e-mail channel.", "an email arrives in **Billing inbox**"},
    {FormId::WebhookArrives, When,
     "[(when|whenever)] (a|an|any|every|each) [new] webhook (arrives|comes in|is received|is "
     "called) (in|at|on|to|from|via) [(the|my|our)] {channel}",
     "The rule listens on this webhook channel.", "a webhook arrives at **Order hook**"},
    {FormId::MessageArrives, When,
     "[(when|whenever)] (a|an|any|every|each) [new] message (arrives|comes in|is received) "
     "(in|at|on|to|from|via) [(the|my|our)] {channel}",
     "The rule listens on this channel, whatever its kind.",
     "a message arrives on **Billing inbox**"},
    {FormId::Condition, When, "[and] [(the|a|an|any|its)] {field} {operator} {operands} [{case}]",
     "The field must (or, negated, must not) compare so. All conditions of a section must hold.",
     "the subject contains \"invoice\""},
    {FormId::SmsArrives, When,
     "[(when|whenever)] (a|an|any|every|each) [new] (sms [message]|text message) (arrives|comes "
     "in|is "
     "received) (in|at|on|to|from|via) [(the|my|our)] {channel}",
     "The rule listens on this SMS channel.", "an SMS arrives at **Support line**"},
    {FormId::SlackArrives, When,
     "[(when|whenever)] (a|an|any|every|each) [new] slack message (arrives|comes in|is received|is "
     "posted) "
     "(in|at|on|to|from|via) [(the|my|our)] {channel}",
     "The rule listens on this Slack channel.", "a Slack message arrives in **Team chat**"},
    {FormId::HasAttachment, When,
     "[and] [(it|[(the|an|a)] (email|e-mail|mail|message))] (has|comes with) "
     "(an attachment|attachments|any attachment|any attachments|(a file|files) [attached])",
     "At least one file is attached.", "it has an attachment"},
    {FormId::HasNoAttachment, When,
     "[and] [(it|[(the|an|a)] (email|e-mail|mail|message))] "
     "(has no|(does not|doesn't) have (an|any)|comes without (an|any)|comes without) "
     "(attachment|attachments)",
     "No file is attached.", "it has no attachment"},
    {FormId::HasPdf, When,
     "[and] [(it|[(the|an|a)] (email|e-mail|mail|message))] (has|comes with) "
     "(a pdf|a pdf attachment|pdf attachments|an attached pdf)",
     "A file is attached whose type contains `pdf`.", "it has a PDF attachment"},
    {FormId::FieldIsEmpty, When,
     "[and] [(the|a|an|any|its)] {field} (is empty|is not empty|isn't empty)",
     "The message does not have the field, or nothing but white space in it.",
     "the subject is empty"},
    {FormId::ComesFrom, When,
     "[and] (it|[(the|an|a)] (email|e-mail|mail|message)) (is|is not|isn't|comes) from {operands} "
     "[{case}]",
     "The sender is this address.", "it comes from \"billing@acme.com\""},

    {FormId::ValueMatching, Extract,
     "[(the|a|an)] [first] {type} matching {pattern} (in|from) [(the|a|an|any|its)] {field}",
     "What the pattern's first group matches, or the whole match when it has no group, read as a "
     "value of the type.",
     "number: text matching `/INV-(\\d+)/` in the subject"},
    {FormId::ValueAfter, Extract,
     "[(the|a|an)] [first] {type} after {text} (in|from) [(the|a|an|any|its)] {field}",
     "The value behind the label, on the same line.", "total: amount after \"Total:\" in the body"},
    {FormId::TextBetween, Extract,
     "[(the|a|any)] [first] text between {text} and {text} (in|from) [(the|a|an|any|its)] {field}",
     "The text between the two, over several lines too, without the white space around it.",
     "notes: text between \"Notes:\" and \"Regards\" in the body"},
    {FormId::FirstValue, Extract,
     "[(the|a|an)] [first] {type} (in|from) [(the|a|an|any|its)] {field}",
     "The first value of the type in the field.", "link: first URL in the body"},
    {FormId::DomainOf, Extract, "[the] domain of [(the|a|an|any|its)] {field}",
     "The part of an address after @, in lower case.", "vendor: domain of the sender"},
    {FormId::NameOf, Extract, "[the] [display] name of [the] {field}",
     "The name that an e-mail gives beside the sender's address.",
     "contact: name of the sender, optional"},
    {FormId::JsonValue, Extract, "[the] [json] {path}",
     "The value at this path of the webhook's JSON, whatever its type.",
     "sku: json `order.items[0].sku`"},
    {FormId::FileWhose, Extract,
     "[(the|a|an)] [first] (file|attachment) whose (name|type) {operator} {operands}",
     "The first attached file whose name or type compares so, as in `When`.",
     "invoice: file whose name ends with \".pdf\""},
    {FormId::FirstFile, Extract, "[(the|a|an)] [first] (file|attachment)",
     "The first attached file.", "scan: first file"},

    {FormId::SendWebhook, Do, "send [a] webhook {method} to {url}",
     "Calls the URL, with the ```json block below as body; without a block, with no body. A table "
     "with the columns Header and Value sets headers.",
     "Send webhook POST to <https://erp.example.com/invoices>:"},
    {FormId::RunSql, Do, "in [the] database {connection} run",
     "Runs the statement of the ```sql block below on a PostgreSQL connection.",
     "In database **ERP** run:"},
    {FormId::SendEmail, Do,
     "((email|e-mail) [to]|send [(a|an)] (email|e-mail|mail) to) {texts} "
     "[[,] [(with|and)] (cc|copy to) {cc}] [[,] [(with|and)] (bcc|blind copy to) {bcc}] "
     "[,] with [the] subject [:] {text} "
     "[(and with|and|with) ([all] [the] attachments|the attachment [{file}]|the file {file})] "
     "[using {connection}]",
     "Sends the quote below as text, the ```html block below as HTML, or both.",
     "Email \"ap@example.com\" with subject \"Invoice {{number}} filed\" using **Office mail**:"},
    {FormId::AppendRow, Do,
     "(append|add) [[a] row] to [the] [google] sheet {sheet} tab {text} [using {connection}]",
     "Adds a row with the values of the table below, whose header row names columns of the tab.",
     "Append to Google Sheet **Ledger** tab \"Invoices\":"},
    {FormId::UpdateRow, Do,
     "update [the] row {row} (in|of) [the] [google] sheet {sheet} tab {text} [using {connection}]",
     "Writes the values of the table below into the row of this number.",
     "Update row \"{{row}}\" in Google Sheet **Ledger** tab \"Invoices\":"},
    {FormId::UpdateRowWhere, Do,
     "update [the] row where {column} is {find} (in|of) [the] [google] sheet {sheet} tab {text} "
     "[using {connection}]",
     "Writes the values of the table below into the first row that has this value in this column.",
     "Update the row where \"Number\" is \"{{number}}\" in Google Sheet **Ledger** tab "
     "\"Invoices\":"},
    {FormId::PostToSlack, Do,
     "post [a message] (to|in) slack [channel] {slackchannel} [in [the] thread {text}] "
     "[using {connection}]",
     "Posts the quote below to the Slack channel, or as a reply in the thread of that timestamp.",
     "Post to Slack **#finance**:"},
    {FormId::AskChatgpt, Do, "ask chatgpt {model} for {output} [using {connection}]",
     "Asks the model what the quote below says; later steps call the answer by the bold name.",
     "Ask ChatGPT `gpt-4o-mini` for **summary**:"},

    {FormId::OnlyIf, StepOption, "only if {any}",
     "The step runs only when the comparison holds, or all comparisons with `and` between them.",
     "only if total is over 1000 and vendor is not \"acme.com\""},
    {FormId::Unless, StepOption, "unless {any}",
     "The step runs only when the comparison does not hold.", "unless vendor is \"acme.com\""},
    {FormId::ForEachAttachment, StepOption, "for each attachment",
     "The step runs once for each attachment of the message, which it calls `attachment`.",
     "for each attachment"},
    {FormId::ContinueOnError, StepOption, "continue on error",
     "The step is tried once, and the next step runs even when it fails.", "continue on error"},
    {FormId::AsName, StepOption, "as {output}",
     "Later steps call what this step got back by this name.", "as **customer**"},
    {FormId::Temperature, StepOption, "temperature {number}",
     "ChatGPT only: how freely the model answers, from 0 to 2.", "temperature 0.2"},
    {FormId::MaxTokens, StepOption, "at most {number} tokens",
     "ChatGPT only: the longest answer, from 1 to 100000 tokens.", "at most 200 tokens"},
    {FormId::OrAppend, StepOption, "or append (it|one|[(the|a)] row)",
     "`Update the row where` only: adds the row when there is none with that value.",
     "or append it"},
    {FormId::GuardComparison, Guard, "[the] {value} {test} [{guard}] [{case}]",
     "Compares a value that {{…}} could call.", "total is over 1000"},
    {FormId::GuardOrMore, Guard, "[the] {value} is {number} or (more|higher|above)",
     "The number is greater or equal.", "total is 100 or more"},
    {FormId::GuardOrLess, Guard, "[the] {value} is {number} or (less|fewer|lower|below)",
     "The number is smaller or equal.", "total is 100 or less"},
    {FormId::GuardBetween, Guard, "[the] {value} is between {number} and {number}",
     "The number is neither below the first nor above the second.", "total is between 10 and 20"},

    {FormId::Matches, Example, "[(it|the rule)] matches", "The rule applies to the message.",
     "matches"},
    {FormId::DoesNotMatch, Example, "[(it|the rule)] (does not|doesn't) match",
     "The rule does not apply to the message.", "does not match"},
    {FormId::NameIsText, Example, "{name} is {text}",
     "The extracted value reads exactly so; numbers are compared by value.", "number is \"1042\""},
    {FormId::NameIsNumber, Example, "{name} is {number}",
     "The extracted value is this number; 12.5 and 12.50 are the same.", "total is 1204.50"},
    {FormId::NameIsPlain, Example, "{name} is {plain}",
     "The extracted value is this date, or true or false in the JSON.", "due is 2026-03-12"},
    {FormId::NameIsEmpty, Example, "{name} is empty", "Nothing was found for an optional value.",
     "vendor is empty"},
    {FormId::StepSends, Example, "step {number} sends {text}",
     "The step would send this: the text of an e-mail or a post, the statement of a database, the "
     "question to a model, the row of a sheet, the body of a webhook (JSON is compared by its "
     "values).",
     "step 2 sends \"Invoice 1042 filed.\""},
    {FormId::StepSendsBlock, Example, "step {number} sends [:]",
     "The step would send what the quote or code block below holds, which may have several "
     "paragraphs.",
     "step 2 sends:"},
    {FormId::StepDoesNotRun, Example, "step {number} (does not run|doesn't run|is skipped)",
     "The step is not performed, because what it says behind `only if` does not hold.",
     "step 3 does not run"},
    {FormId::StepAnswers, Example, "step {number} (answers|returns) {answer}",
     "What the outside world answers to the step in this example; later steps see it.",
     "step 2 answers \"A short summary.\""},

    {FormId::RetryTimes, IfItFails,
     "[then] (retry|try [it] again) [(up to|at most)] ({number} [more] (time|times)|once|twice) "
     "[[,] [spread] (over|within) [the next] {duration}]",
     "A failure that may pass is tried again so often, spread over that time.",
     "retry 5 times over 2 hours"},
    {FormId::NoRetry, IfItFails, "((do not|don't|never) (retry|try [it] again)|no (retry|retries))",
     "A failure is final at once.", "do not retry"},
    {FormId::SendEmail, IfItFails,
     "[[and] then] ((email|e-mail) [to]|send [(a|an)] (email|e-mail|mail) to) {texts} "
     "[with [the] subject [:] {text}] [using {connection}]",
     "Once the rule has failed for good, sends a mail that says so, or the quote below.",
     "then email \"ops@example.com\""},
    {FormId::PostToSlack, IfItFails,
     "[[and] then] post [a message] (to|in) slack [channel] {slackchannel} [using {connection}]",
     "Once the rule has failed for good, posts to the Slack channel that it did, or the quote "
     "below.",
     "then post to Slack **#ops**"},
    {FormId::SendWebhook, IfItFails, "[[and] then] send [a] webhook {method} to {url}",
     "Once the rule has failed for good, calls the URL with rule, message and error as JSON, or "
     "with "
     "the ```json block below.",
     "then send webhook POST to <https://ops.example.com/failures>"},

    {FormId::TimeZone, Settings, "[the] (time zone|timezone) (:|is) {any}",
     "The time zone in which dates and times are written.", "time zone: Europe/Paris"},
    {FormId::TimeLimit, Settings, "[the] time limit (:|is|of) {duration}",
     "How long one try may take, 1 second to 15 minutes.", "time limit: 30 seconds"},
    {FormId::Concurrency, Settings,
     "([the] concurrency (:|is|of) {number}|"
     "[run] ((at most|up to) {number}|one) (at a time|at once|at the same time))",
     "How many messages the rule works on at once, 1 to 100; others wait for their turn.",
     "at most 2 at a time"},
    {FormId::Tags, Settings, "[the] (tags|tag) (:|are|is) {any}",
     "Words to find the rule by, with commas between them.", "tags: finance, invoices"},
    {FormId::Owner, Settings, "[the] owner (:|is) {any}", "Who answers for the rule.",
     "owner: \"ann@example.com\""},
});

constexpr auto kFields = std::to_array<FieldName>({
    {"subject", "subject"},
    {"subject line", "subject"},
    {"body", "body"},
    {"text", "body"},
    {"message", "body"},
    {"message text", "body"},
    {"sender", "from"},
    {"sender address", "from"},
    {"from", "from"},
    {"from address", "from"},
    {"phone number", "from"},
    {"name of the sender", "from.name"},
    {"sender's name", "from.name"},
    {"sender name", "from.name"},
    {"user", "from"},
    {"recipient", "to"},
    {"recipient address", "to"},
    {"to", "to"},
    {"to address", "to"},
    {"channel", "to"},
    {"cc", "cc"},
    {"cc address", "cc"},
    {"reply-to", "reply-to"},
    {"reply-to address", "reply-to"},
    {"thread", "json:thread_ts"},
    {"attachment", "attachment.name"},
    {"attachment name", "attachment.name"},
    {"name of an attachment", "attachment.name"},
    {"name of the attachment", "attachment.name"},
    {"attachment type", "attachment.type"},
    {"type of an attachment", "attachment.type"},
    {"type of the attachment", "attachment.type"},
});

using Type = Extraction::Type;

constexpr auto kValueTypes = std::to_array<ValueTypeName>({
    {"text", Type::Text},
    {"number", Type::Number},
    {"amount", Type::Amount},
    {"price", Type::Amount},
    {"date", Type::Date},
    {"email address", Type::Address},
    {"e-mail address", Type::Address},
    {"mail address", Type::Address},
    {"address", Type::Address},
    {"email", Type::Address},
    {"e-mail", Type::Address},
    {"url", Type::Url},
    {"link", Type::Url},
    {"web address", Type::Url},
});

using enum ConditionOperator;

constexpr auto kOperators = std::to_array<OperatorName>({
    {"contains", Contains, false},
    {"does not contain", Contains, true},
    {"doesn't contain", Contains, true},
    {"contains none of", Contains, true},
    {"includes", Contains, false},
    {"does not include", Contains, true},
    {"doesn't include", Contains, true},
    {"is", Equals, false},
    {"equals", Equals, false},
    {"is not", Equals, true},
    {"isn't", Equals, true},
    {"does not equal", Equals, true},
    {"doesn't equal", Equals, true},
    {"is equal to", Equals, false},
    {"is not equal to", Equals, true},
    {"is none of", Equals, true},
    {"matches", Matches, false},
    {"does not match", Matches, true},
    {"doesn't match", Matches, true},
    {"starts with", StartsWith, false},
    {"begins with", StartsWith, false},
    {"does not start with", StartsWith, true},
    {"doesn't start with", StartsWith, true},
    {"does not begin with", StartsWith, true},
    {"doesn't begin with", StartsWith, true},
    {"ends with", EndsWith, false},
    {"does not end with", EndsWith, true},
    {"doesn't end with", EndsWith, true},
});

using Test = GuardCondition::Test;

constexpr auto kGuardTests = std::to_array<GuardTestName>({
    {"is", Test::Is, false},
    {"equals", Test::Is, false},
    {"is not", Test::Is, true},
    {"isn't", Test::Is, true},
    {"does not equal", Test::Is, true},
    {"doesn't equal", Test::Is, true},
    {"is equal to", Test::Is, false},
    {"is not equal to", Test::Is, true},
    {"is none of", Test::Is, true},
    {"contains", Test::Contains, false},
    {"does not contain", Test::Contains, true},
    {"doesn't contain", Test::Contains, true},
    {"contains none of", Test::Contains, true},
    {"includes", Test::Contains, false},
    {"does not include", Test::Contains, true},
    {"doesn't include", Test::Contains, true},
    {"starts with", Test::StartsWith, false},
    {"begins with", Test::StartsWith, false},
    {"does not start with", Test::StartsWith, true},
    {"doesn't start with", Test::StartsWith, true},
    {"does not begin with", Test::StartsWith, true},
    {"doesn't begin with", Test::StartsWith, true},
    {"ends with", Test::EndsWith, false},
    {"does not end with", Test::EndsWith, true},
    {"doesn't end with", Test::EndsWith, true},
    {"matches", Test::Matches, false},
    {"does not match", Test::Matches, true},
    {"doesn't match", Test::Matches, true},
    {"is over", Test::Over, false},
    {"is above", Test::Over, false},
    {"is more than", Test::Over, false},
    {"is greater than", Test::Over, false},
    {"is at least", Test::AtLeast, false},
    {"is no less than", Test::AtLeast, false},
    {"is under", Test::Under, false},
    {"is below", Test::Under, false},
    {"is less than", Test::Under, false},
    {"is at most", Test::AtMost, false},
    {"is no more than", Test::AtMost, false},
    {"is empty", Test::Empty, false},
    {"is not empty", Test::Empty, true},
    {"isn't empty", Test::Empty, true},
});

constexpr auto kMessageNames = std::to_array<MessageName>({
    {"subject", "message.subject"},
    {"body", "message.body"},
    {"from", "message.from"},
    {"sender", "message.from"},
    {"to", "message.to"},
    {"recipient", "message.to"},
    {"cc", "", "cc", true},
    {"reply_to", "", "reply-to", true},
    {"from_name", "", "from.name", true},
    {"user", "message.from", "", true},
    {"thread", "", "json:thread_ts", true},
    {"payload", "message.payload"},
    {"message.subject", "message.subject"},
    {"message.body", "message.body"},
    {"message.from", "message.from"},
    {"message.to", "message.to"},
    {"message.cc", "", "cc"},
    {"message.replyTo", "", "reply-to"},
    {"message.fromName", "", "from.name"},
    {"message.id", "message.id"},
    {"message.channelId", "message.channelId"},
    {"message.channelType", "message.channelType"},
    {"message.externalId", "message.externalId"},
    {"message.receivedAt", "message.receivedAt"},
    {"message.timestamp", "message.timestamp"},
});

}  // namespace

std::span<const SectionName> section_names() { return kSections; }
std::span<const Form> all_forms() { return kForms; }
std::string_view sentence_end(SectionKind section) {
  if (section == Extract)
    return " [({case} [{order}]|{order} [{case}])] [, (or|otherwise) {default}] [, optional]";
  if (section == Do || section == IfItFails) return " [:]";
  return "";
}
std::span<const FieldName> field_names() { return kFields; }
std::span<const ValueTypeName> value_type_names() { return kValueTypes; }
std::span<const OperatorName> operator_names() { return kOperators; }
std::span<const GuardTestName> guard_test_names() { return kGuardTests; }
std::span<const MessageName> message_names() { return kMessageNames; }

}  // namespace msghub
