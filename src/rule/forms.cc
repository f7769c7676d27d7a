#include "rule/forms.h"

#include <array>

namespace msghub {

namespace {

using enum SectionKind;

constexpr auto kSections = std::to_array<SectionName>({
    {When, "When", true},
    {OrWhen, "Or when", true},
    {Extract, "Extract", true},
    {Do, "Do", true},
    {Example, "Example", true},
    {IfItFails, "If it fails", false},
    {Settings, "Settings", false},
});

constexpr auto kForms = std::to_array<Form>({
    {FormId::EmailArrives, When,
     "[when] (a|an|any|every|each) [new] (email|e-mail|mail) (arrives|comes in|is received) "
     "(in|at|on|to|from|via) [(the|my|our)] {channel}",
     "The rule listens on this e-mail channel.", "an email arrives in **Billing inbox**"},
    {FormId::WebhookArrives, When,
     "[when] (a|an|any|every|each) [new] webhook (arrives|comes in|is received|is called) "
     "(in|at|on|to|from|via) [(the|my|our)] {channel}",
     "The rule listens on this webhook channel.", "a webhook arrives at **Order hook**"},
    {FormId::MessageArrives, When,
     "[when] (a|an|any|every|each) [new] message (arrives|comes in|is received) "
     "(in|at|on|to|from|via) [(the|my|our)] {channel}",
     "The rule listens on this channel, whatever its kind.",
     "a message arrives on **Billing inbox**"},
    {FormId::Condition, When, "[and] [(the|a|an|any|its)] {field} {operator} {operands} [{case}]",
     "The field must (or, negated, must not) compare so. All conditions of a section must hold.",
     "the subject contains \"invoice\""},
    {FormId::SmsArrives, When,
     "[when] (a|an|any|every|each) [new] (sms [message]|text message) (arrives|comes in|is "
     "received) (in|at|on|to|from|via) [(the|my|our)] {channel}",
     "The rule listens on this SMS channel.", "an SMS arrives at **Support line**"},
    {FormId::SlackArrives, When,
     "[when] (a|an|any|every|each) [new] slack message (arrives|comes in|is received|is posted) "
     "(in|at|on|to|from|via) [(the|my|our)] {channel}",
     "The rule listens on this Slack channel.", "a Slack message arrives in **Team chat**"},
    {FormId::HasAttachment, When,
     "[and] [(it|[(the|an|a)] (email|e-mail|mail|message))] (has|comes with) "
     "(an attachment|attachments|any attachment|any attachments)",
     "At least one file is attached.", "it has an attachment"},
    {FormId::HasNoAttachment, When,
     "[and] [(it|[(the|an|a)] (email|e-mail|mail|message))] "
     "(has no|(does not|doesn't) have (an|any)|comes without (an|any)|comes without) "
     "(attachment|attachments)",
     "No file is attached.", "it has no attachment"},

    {FormId::TextMatching, Extract, "[the] text matching {pattern} in [the] {field} [{case}]",
     "What the pattern's first group matches, or the whole match when it has no group.",
     "number: text matching `/INV-(\\d+)/` in the subject"},
    {FormId::TextAfter, Extract, "[the] text after {text} in [the] {field}",
     "The rest of the line after the label, without the spaces around it.",
     "due: text after \"Due by\" in the body"},
    {FormId::NumberAfter, Extract, "[the] number after {text} in [the] {field}",
     "The number after the label, exact.", "count: number after \"Items:\" in the body"},
    {FormId::AmountAfter, Extract, "[the] amount after {text} in [the] {field}",
     "The amount of money after the label, exact, with or without a currency.",
     "total: amount after \"Total:\" in the body"},
    {FormId::DomainOf, Extract, "[the] domain of [the] {field}",
     "The part of an address after @, in lower case.", "vendor: domain of the sender"},
    {FormId::JsonValue, Extract, "[the] [json] {path}",
     "The value at this path of the webhook's JSON, whatever its type.",
     "sku: json `order.items[0].sku`"},
    {FormId::NotBuilt, Extract, "[the] (date|url|link|file|(email|e-mail) address) {any}",
     "Dates, e-mail addresses, URLs and files.", "due: date after \"Due by\" in the body"},

    {FormId::SendWebhook, Do, "send [a] webhook {method} to {url}",
     "Calls the URL, with the ```json block below as body; without a block, with no body. A table "
     "with the columns Header and Value sets headers.",
     "Send webhook POST to <https://erp.example.com/invoices>:"},
    {FormId::RunSql, Do, "in [the] database {connection} run",
     "Runs the statement of the ```sql block below on a PostgreSQL connection.",
     "In database **ERP** run:"},
    {FormId::SendEmail, Do,
     "(email|e-mail|send [(a|an)] (email|e-mail|mail) to) {texts} with [the] subject {text} [using "
     "{connection}]",
     "Sends the quote below as a plain-text mail.",
     "Email \"ap@example.com\" with subject \"Invoice {{number}} filed\" using **Office mail**:"},
    {FormId::NotBuilt, Do, "append to [google] sheet {any}", "Appends a row to a Google Sheet.",
     "Append to Google Sheet **Ledger** tab \"Invoices\":"},
    {FormId::NotBuilt, Do, "ask chatgpt {any}", "Asks a language model.",
     "Ask ChatGPT `gpt-4o-mini` for **summary**:"},
    {FormId::NotBuilt, Do, "post to slack {any}", "Posts to a Slack channel.",
     "Post to Slack **#finance**:"},

    {FormId::Matches, Example, "[it] matches", "The rule applies to the message.", "matches"},
    {FormId::DoesNotMatch, Example, "[it] (does not|doesn't) match",
     "The rule does not apply to the message.", "does not match"},
    {FormId::NameIsText, Example, "{name} is {text}",
     "The extracted value reads exactly so; numbers are compared by value.", "number is \"1042\""},
    {FormId::NameIsNumber, Example, "{name} is {number}",
     "The extracted value is this number; 12.5 and 12.50 are the same.", "total is 1204.50"},
    {FormId::NameIsEmpty, Example, "{name} is empty", "Nothing was found for an optional value.",
     "vendor is empty"},
    {FormId::StepSends, Example, "step {number} sends {text}",
     "The step would send this: the text of an e-mail, the statement of a database, the body of a "
     "webhook (JSON is compared by its values).",
     "step 2 sends \"Invoice 1042 filed.\""},
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
    {"user", "from"},
    {"recipient", "to"},
    {"recipient address", "to"},
    {"to", "to"},
    {"to address", "to"},
    {"channel", "to"},
    {"thread", "json:thread_ts"},
    {"attachment", "attachment.name"},
    {"attachment name", "attachment.name"},
    {"name of an attachment", "attachment.name"},
    {"name of the attachment", "attachment.name"},
    {"attachment type", "attachment.type"},
    {"type of an attachment", "attachment.type"},
    {"type of the attachment", "attachment.type"},
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

constexpr auto kMessageNames = std::to_array<MessageName>({
    {"subject", "message.subject"},
    {"body", "message.body"},
    {"from", "message.from"},
    {"sender", "message.from"},
    {"to", "message.to"},
    {"recipient", "message.to"},
    {"payload", "message.payload"},
    {"message.subject", "message.subject"},
    {"message.body", "message.body"},
    {"message.from", "message.from"},
    {"message.to", "message.to"},
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
  if (section == Extract) return " [, or {default}] [, optional]";
  if (section == Do) return " [, continue on error] [:]";
  return "";
}
std::span<const FieldName> field_names() { return kFields; }
std::span<const OperatorName> operator_names() { return kOperators; }
std::span<const MessageName> message_names() { return kMessageNames; }

}  // namespace msghub
