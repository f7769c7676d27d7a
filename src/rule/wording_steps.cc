#include "rule/wording_text.h"

namespace msghub::wording {

Wording block_missing(Text what) {
  return {Code::BlockMissing, "the step lacks its " + std::string(what), "nothing follows this",
          "write it below the sentence, indented by three spaces"};
}

Wording block_kind(Text what) {
  return {Code::BlockKind, "this step needs a " + std::string(what), "another kind of block",
          std::nullopt};
}

Wording block_unmarked(Text what) {
  return {Code::BlockKind, "this step needs a " + std::string(what), "plain text",
          "plain text below a step is no part of it"};
}

Wording block_extra(Text what) {
  return {Code::BlockExtra, "the step has its " + std::string(what) + " already",
          "one block too many", "give each block a step of its own"};
}

Wording url_invalid(Text why) {
  return {Code::UrlInvalid, "this is no URL for a webhook: " + std::string(why), "", std::nullopt};
}

Wording url_with_user() {
  return {Code::UrlInvalid, "the URL holds a user name or password",
          "a secret must not stand in a rule", std::nullopt};
}

Wording url_host_template() {
  return {Code::UrlHostTemplate, "the host of the URL must be fixed", "the message would decide",
          "{{…}} may stand behind the first / or ? only"};
}

Wording json_broken(Text why) {
  return {Code::JsonInvalid, "the JSON is broken: " + std::string(why), "", std::nullopt};
}

Wording sql_template(Text name, bool filtered) {
  const std::string bind = name.empty() ? ":name" : ":" + shown(name);
  return {Code::SqlTemplate, "values are not put into the text of SQL",
          "would become part of the SQL",
          "write " + bind + " without quotation marks; the value is bound to the statement" +
              (filtered ? " as it is, without filters" : "")};
}

Wording sql_quoted(Text name, Text better) {
  return {Code::SqlInvalid, ticked(":" + std::string(name)) + " stands in quotation marks",
          "would be this text itself, not the value",
          "write " + std::string(better) + "; a value that is bound needs no quotation marks"};
}

Wording sql_unclosed(Text mark) {
  return {Code::SqlInvalid, "the " + shown(mark) + " is not closed in the SQL", "opened here",
          std::nullopt};
}

Wording sql_positional() {
  return {Code::SqlInvalid, "values are written :name, not by number", "", "write :name"};
}

Wording sql_second_statement() {
  return {Code::SqlInvalid, "a step runs one statement", "a second statement",
          "make it a step of its own"};
}

Wording sql_empty() { return {Code::SqlInvalid, "the block has no SQL in it", "", std::nullopt}; }

Wording address_invalid(Text address) {
  return {Code::AddressInvalid, "\"" + shown(address) + "\" is no e-mail address", "",
          "write one bare address in each pair of quotation marks: \"ap@example.com\", "
          "\"cfo@example.com\""};
}

namespace {

std::string service_of(IntegrationService service) {
  const std::string name = " (" + std::string(wire_name(service)) + ")";
  switch (service) {
    case IntegrationService::Smtp:
      return "a mail server" + name;
    case IntegrationService::Postgres:
      return "a database" + name;
    case IntegrationService::Google:
      return "a Google account" + name;
    case IntegrationService::Slack:
      return "a Slack workspace" + name;
    default:
      return "an account of " + std::string(wire_name(service));
  }
}

// The command that makes a connection; of what it needs besides, it says more itself.
std::string command_for(IntegrationService service, Text name) {
  return "`msghub connection add " + std::string(wire_name(service)) + " \"" + std::string(name) +
         "\"`";
}

}  // namespace

Wording connection_unknown(Text name, Text suggestion, IntegrationService wanted) {
  return {Code::ConnectionUnknown, "you have no connection called " + ticked(shown(name)),
          "no such connection",
          did_you_mean(suggestion, "create it by " + command_for(wanted, shown(name)))};
}

Wording connection_kind(Text name, Text is, IntegrationService wanted) {
  return {Code::ConnectionKind,
          "the connection " + ticked(shown(name)) + " is of the kind " + std::string(is),
          service_of(wanted) + " is needed", std::nullopt};
}

Wording connection_undecided(const Words& names, IntegrationService wanted) {
  if (names.empty())
    return {Code::ConnectionUndecided, "you have no connection to " + service_of(wanted), "",
            "create one by " + command_for(wanted, "…") + "; the step then uses it"};
  return {Code::ConnectionUndecided, "it is open which connection the step uses",
          service_of(wanted), "add `using **name**` with one of " + joined(ticked(names))};
}

Wording headers_columns() {
  return {Code::HeadersInvalid, "the table of headers has the columns Header and Value", "",
          std::nullopt};
}

Wording header_name(Text name, bool own, bool twice) {
  const std::string what = own     ? " is set by the hub itself"
                           : twice ? " stands twice"
                                   : " is no name of an HTTP header";
  return {Code::HeadersInvalid, ticked(shown(name)) + what, "", std::nullopt};
}

Wording step_name_not_bold(Text what, Text sample) {
  return {Code::NameNotBold, "the name of the " + std::string(what) + " must be in bold",
          "expected " + std::string(sample) + " here", "names are written **in bold**"};
}

Wording model_not_in_code() {
  return {Code::ModelInvalid, "the model must stand in backticks", "expected `gpt-4o-mini` here",
          "write it as OpenAI calls it: Ask ChatGPT `gpt-4o-mini` for **summary**"};
}

Wording model_invalid(Text seen) {
  return {Code::ModelInvalid, ticked(shown(seen)) + " cannot be the name of a model", "",
          "write it as OpenAI calls it: `gpt-4o-mini`"};
}

Wording option_only_if() {
  return {Code::OptionUnknown, "a condition of a step begins with `only if`", "expected `only if`",
          "write it behind a comma, as in: , only if total is over 1000"};
}

Wording option_unknown(Text suggestion) {
  return {
      Code::OptionUnknown, "this is no option of a step", "not understood",
      did_you_mean(suggestion,
                   "options are only if …, unless …, for each attachment, continue on error and as "
                   "**name**; for ChatGPT temperature 0.2 and at most 200 tokens; for a row "
                   "that is looked for, or append it")};
}

Wording option_without_comma() {
  return {Code::OptionUnknown, "an option stands behind a comma", "a comma is missing before this",
          std::nullopt};
}

Wording option_twice() {
  return {Code::OptionTwice, "this option stands in the step already", "a second one",
          "remove one of them; comparisons of `only if` are joined with `and`"};
}

Wording option_misplaced(Text step) {
  return {Code::OptionMisplaced, "this option belongs to " + std::string(step), "",
          "remove it here"};
}

Wording option_value(Text seen, Text why) {
  return {Code::OptionValue, ticked(shown(seen)) + " is out of range", "", std::string(why)};
}

Wording output_named_already(Text name) {
  return {Code::OptionTwice, "what this step makes is called " + ticked(shown(name)) + " already",
          "a second name", "remove one of the names"};
}

Wording guard_unknown(Text suggestion) {
  return {Code::GuardInvalid, "this comparison of `only if` is not understood", "not understood",
          did_you_mean(suggestion,
                       "write a value, a comparison and what to compare with, each time anew: only "
                       "if total is over 1000 and vendor is \"acme.com\"; the comparisons are is, "
                       "contains, starts with, ends with, matches, is over, is at least, is under, "
                       "is at most and is empty")};
}

Wording guard_or() {
  return {Code::GuardOr, "`only if` knows no `or` between comparisons", "all comparisons must hold",
          "write two steps, one for each case; several values for one comparison are a list: is "
          "\"a\" or \"b\""};
}

Wording guard_one_number() {
  return {Code::GuardInvalid, "a size is compared with one number", "a second number",
          "write one of them; for a range write `is between 10 and 20`"};
}

Wording guard_unless() {
  return {Code::GuardInvalid, "`unless` takes one comparison", "several comparisons",
          "say with `only if` what must hold, with `and` between the comparisons; `is between` "
          "stands for two"};
}

Wording guard_case() {
  return {Code::GuardInvalid, "`(exact case)` belongs to comparisons of texts",
          "there is no case here", "remove it"};
}

Wording guard_number(Text seen) {
  return {Code::GuardInvalid, ticked(shown(seen)) + " is no plain number", "",
          "write digits and, where needed, a point: 1204.50"};
}

Wording guard_operand_empty() {
  return {Code::GuardInvalid, "the comparison has no text", "nothing to compare with",
          "to ask whether there is a value, write `is empty` or `is not empty`"};
}

Wording guard_type(Text name, Text type) {
  return {
      Code::GuardInvalid,
      ticked(shown(name)) + " is " + std::string(type) + " and cannot be over or under a number",
      "", "compare it with is, contains, starts with, ends with or matches"};
}

Wording output_later(Text name, std::size_t step, bool own) {
  const std::string maker = "step " + std::to_string(step);
  return {Code::OutputLater,
          ticked(shown(name)) + " is made by " + maker + (own ? " itself" : ", which runs later"),
          "not known yet", "put " + maker + " before the step that uses it"};
}

Wording part_unknown(Text name, Text part, Text suggestion, const Words& parts) {
  return {Code::PartUnknown, ticked(shown(name)) + " has no part called " + ticked(shown(part)),
          "no such part", did_you_mean(suggestion, "it has " + joined(parts, "and"))};
}

Wording no_parts(Text name, Text type) {
  return {Code::PartUnknown, ticked(shown(name)) + " is " + std::string(type) + " and has no parts",
          "no such part", "write " + ticked("{{" + shown(name) + "}}")};
}

Wording attachment_outside() {
  return {Code::AttachmentOutside, "no attachment is at hand here", "which attachment?",
          "add `, for each attachment` to the step"};
}

Wording attachment_whole() {
  return {Code::PartUnknown, "an attachment cannot be put into a text as a whole", "",
          "write {{attachment.name}}, .type, .size or .content"};
}

Wording table_without_header(bool lines) {
  if (lines)
    return {Code::TableInvalid, "the table has no header", "the names of the columns",
            "a table begins with the names of its columns and a line |---|---| below them"};
  return {Code::TableInvalid, "the table has no header", "only one line",
          "write the names of the columns above it, and a line |---|---| between the two"};
}

Wording table_rows(std::size_t rows) {
  return {
      Code::TableInvalid,
      rows == 0 ? "the table has no row of values" : "the table has more than one row of values",
      rows == 0 ? "only the names of columns" : "a second row",
      "write one row of values below the names of the columns; another row is another step"};
}

Wording column(Text name) {
  if (name.empty()) return {Code::TableInvalid, "a column has no name", "", std::nullopt};
  return {Code::TableInvalid, "the column " + ticked(shown(name)) + " stands twice",
          "a second time", "each column has one value"};
}

Wording column_template() {
  return {Code::TableInvalid, "the names of columns are fixed", "the message would decide",
          "write the column's name as it stands in the sheet's first row"};
}

Wording fields_columns() {
  return {Code::FieldsInvalid, "the table of fields has the columns Field, Type and Meaning", "",
          "write one row for each field; Meaning may be left out"};
}

Wording field_name(Text name, bool twice) {
  if (twice)
    return {Code::FieldsInvalid, "the field " + ticked(shown(name)) + " stands twice", "",
            std::nullopt};
  return {Code::FieldsInvalid, ticked(shown(name)) + " cannot be the name of a field", "",
          "names have letters (A to Z), digits and _, and begin with a letter"};
}

Wording field_type(Text seen) {
  return {Code::FieldsInvalid, ticked(shown(seen)) + " is no type of a field", "",
          "the types are text, number, yes or no, date, and one of \"a\", \"b\""};
}

Wording sheet_invalid(bool url) {
  return {Code::SheetInvalid,
          url ? "this is no URL of a Google Sheet" : "this is no id of a spreadsheet", "",
          "write the sheet's URL, https://docs.google.com/spreadsheets/d/…, the long id from it in "
          "`backticks`, or a Google connection in **bold**"};
}

Wording sheet_with_using() {
  return {Code::SheetInvalid, "a sheet in bold is a connection by itself", "a second connection",
          "remove `using`, or write the sheet's id in `backticks` or its URL"};
}

Wording tab_invalid() {
  return {Code::SheetInvalid, "the tab is a fixed text", "",
          "write its name as Google Sheets shows it: tab \"Invoices\""};
}

Wording row_number(Text seen) {
  return {Code::SheetInvalid, ticked(shown(seen)) + " is no number of a row", "",
          "rows count from 1; write the number, or {{row}} with what an earlier step got back"};
}

Wording find_empty() {
  return {Code::SheetInvalid, "the row is looked for with an empty value", "nothing to look for",
          "write the value in quotation marks: where \"Number\" is \"{{number}}\""};
}

Wording file_unknown(Text name, Text suggestion, bool other_value) {
  return {Code::FileUnknown,
          other_value ? ticked(shown(name)) + " is no file"
                      : "the rule extracts no file called " + ticked(shown(name)),
          "not a file",
          did_you_mean(suggestion, "write `with all attachments`, or name a file in `Extract`: - " +
                                       shown(name) + ": file whose name ends with \".pdf\"")};
}

Wording slack_channel(Text name) {
  return {Code::SlackChannelInvalid, ticked(shown(name)) + " cannot be a channel of Slack", "",
          "write its name with # and in small letters, **#finance**, or its id"};
}

Wording spreadsheet_missing(Text name) {
  return {Code::SpreadsheetMissing,
          "the connection " + ticked(shown(name)) + " names no spreadsheet", "which spreadsheet?",
          "set spreadsheetId in the connection, or write the sheet's id in `backticks`"};
}

Wording output_unused(Text name) {
  return {Code::OutputUnused, ticked(shown(name)) + " is never used", "no later step calls it",
          "use it as {{" + shown(name) + "}}, or remove the step or the name"};
}

Wording guard_never(Text why) {
  return {Code::GuardNever, "the step can never run", std::string(why), std::nullopt};
}

Wording triggers_itself(Text what) {
  return {Code::TriggersItself, "the rule would trigger itself", std::string(what),
          "add a condition to `When` that its own message does not fulfil, or send it elsewhere"};
}

}  // namespace msghub::wording
