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

Wording sql_template(Text name) {
  const std::string bind = name.empty() ? ":name" : ":" + shown(name);
  return {Code::SqlTemplate, "values are not put into the text of SQL",
          "would become part of the SQL",
          "write " + bind + " without quotation marks; the value is bound to the statement"};
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

Wording connection_unknown(Text name, Text suggestion, bool mail) {
  return {
      Code::ConnectionUnknown, "you have no connection called " + ticked(shown(name)),
      "no such connection",
      did_you_mean(suggestion, mail ? "create a connection to a mail server (smtp) of this name"
                                    : "create a connection to a database (postgres) of this name")};
}

Wording connection_kind(Text name, Text is, bool mail) {
  return {Code::ConnectionKind,
          "the connection " + ticked(shown(name)) + " is of the kind " + std::string(is),
          mail ? "a mail server (smtp) is needed" : "a database (postgres) is needed",
          std::nullopt};
}

Wording mail_undecided(const Words& names) {
  if (names.empty())
    return {Code::MailUndecided, "you have no connection to a mail server", "",
            "create one; the step then sends by it"};
  return {Code::MailUndecided, "it is open which mail server sends this", "",
          "add `using **name**` with one of " + joined(ticked(names))};
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

Wording template_name(Text name, bool sql, Text suggestion, const Words& extracted) {
  const std::string form = sql ? ":" : "{{";
  const std::string end = sql ? "" : "}}";
  std::string known;
  if (extracted.empty())
    known = "the rule extracts nothing; the message has subject, body, from and to";
  else
    known = "the rule extracts " + joined(extracted, "and") +
            "; the message has subject, body, from and to";
  return {
      Code::TemplateName, "nothing is called " + ticked(shown(name)), "unknown name",
      suggestion.empty() ? known : "did you mean " + form + std::string(suggestion) + end + "?"};
}

Wording template_unclosed() {
  return {Code::TemplateSyntax, "the {{ is not closed", "opened here",
          "close it with }} on the same line"};
}

Wording template_malformed(Text inner) {
  return {Code::TemplateSyntax,
          inner.empty() ? "{{…}} holds no name" : "{{" + shown(inner) + "}} is no single name", "",
          "write one name, as in {{total}}, or a JSON path, as in {{`order.items[0].sku`}}"};
}

Wording template_misplaced() {
  return {Code::TemplateMisplaced, "{{…}} cannot stand in conditions or extraction", "",
          "values are put in only into the steps of `Do`"};
}

}  // namespace msghub::wording
