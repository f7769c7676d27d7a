#include "rule/wording.h"

namespace msghub::wording {

namespace {

using std::to_string;

std::string ticked(Text text) { return "`" + std::string(text) + "`"; }

Words ticked(Words words) {
  for (std::string& word : words) word = ticked(Text(word));
  return words;
}

// At most 60 characters of what the author wrote, on one line.
std::string shown(Text text) {
  constexpr std::size_t kMost = 60;
  std::string out;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    if (count == kMost) return out + "…";
    const std::size_t size = code_point_at(text, at).size;
    const unsigned char first = static_cast<unsigned char>(text[at]);
    if (first < 0x20 || first == 0x7F)
      out += ' ';
    else
      out += text.substr(at, size);
    at += size;
  }
  return out;
}

std::string joined(const Words& words, Text last = "or") {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " " + std::string(last) + " " : ", ";
    out += words[i];
  }
  return out;
}

std::optional<std::string> did_you_mean(Text suggestion, std::string otherwise) {
  if (!suggestion.empty()) return "did you mean " + ticked(suggestion) + "?";
  return otherwise;
}

std::string section_name(SectionKind kind) {
  for (const SectionName& name : section_names())
    if (name.kind == kind) return std::string(name.name);
  return {};
}

Code unknown_in(SectionKind section) {
  switch (section) {
    case SectionKind::Extract:
      return Code::ExtractUnknown;
    case SectionKind::Do:
      return Code::StepUnknown;
    case SectionKind::Example:
      return Code::ExpectationUnknown;
    default:
      return Code::WhenUnknown;
  }
}

std::string sentences_of(SectionKind section) {
  if (section == SectionKind::OrWhen) section = SectionKind::When;
  std::string out = "sentences look like";
  std::size_t count = 0;
  for (const Form& form : all_forms())
    if (form.section == section && form.id != FormId::NotBuilt && count++ < 4)
      out += (count == 1 ? " " : "; ") +
             std::string(form.example.substr(0, form.example.find_last_not_of(':') + 1));
  return out;
}

constexpr Text kFields =
    "the fields are subject, body, sender and recipient; a field of a webhook's "
    "JSON is written in backticks, as in `order.total`";
constexpr Text kOperators =
    "the comparisons are contains, is, starts with, ends with and matches, and "
    "does not contain, is not, does not start with, does not end with, does "
    "not match";

}  // namespace

Wording too_large(std::size_t bytes) {
  return {Code::TooLarge, "the rule has " + to_string(bytes) + " bytes; at most 1,048,576 are read",
          "", "split it into several rules"};
}
Wording not_text(bool nul) {
  return {Code::NotText, nul ? "the file holds a NUL byte" : "the file is not UTF-8 text",
          nul ? "a NUL byte stands here" : "these bytes are no character in UTF-8",
          "save the file as text in UTF-8"};
}
Wording nested_too_deeply() {
  return {Code::NestedTooDeeply, "this line opens more than 64 lists or quotes", "",
          "a rule needs lists with blocks in them, and nothing deeper"};
}
Wording too_many() {
  return {Code::TooManyMistakes,
          to_string(Report::kMost) + " mistakes are listed; the rest of the rule was not looked at",
          "", "mend these first"};
}
Wording title_missing() {
  return {Code::TitleMissing, "the rule has no name", "the name is missing",
          "begin the document with a heading, such as `# File Acme invoices`"};
}
Wording title_twice() {
  return {Code::TitleTwice, "the rule has a second name", "another heading with one #",
          "one document is one rule; use ## or ### for headings of prose"};
}
Wording heading_near_miss(Text seen, Text name) {
  return {Code::HeadingNearMiss,
          "the heading " + ticked(shown(seen)) + " is nearly the section " + ticked(name),
          "no section is called so",
          "write " + ticked(name) + " if the section is meant, or another word if it is prose"};
}
Wording heading_level(Text name) {
  return {Code::HeadingLevel, "the section " + ticked(name) + " begins with two #", "not two #",
          "with another number of # this would be prose, and never executed"};
}
Wording section_not_built(Text name) {
  return {Code::NotSupported, "the section " + ticked(name) + " is not supported in this version",
          "", "remove the section; failed steps are retried as the hub is configured"};
}
Wording sentence_not_built(Text meaning) {
  return {Code::NotSupported, "this sentence is not supported in this version", "",
          "it belongs to the language (" + std::string(meaning) +
              ") but cannot be built yet; docs/rule-language.md lists what can"};
}
Wording phrase_not_built(Text phrase) {
  const bool alternative = phrase.contains("or") || phrase == "any of";
  return {Code::NotSupported, ticked(phrase) + " is not supported in this version", "",
          alternative ? "write one `Or when` section for each alternative"
                      : "state it as a condition of `When`, perhaps in a rule of its own"};
}
Wording section_twice(Text name, std::int64_t first_line) {
  return {Code::SectionTwice, "there are two sections " + ticked(name),
          "the first is on line " + to_string(first_line),
          name == "When" ? "a second way for the rule to begin is `## Or when`"
                         : "put all items into one section"};
}
Wording section_missing(Text name) {
  return {Code::SectionMissing, "the rule has no section " + ticked(name), "",
          "add a heading " + ticked("## " + std::string(name)) + " with a list below it"};
}
Wording section_order() {
  return {Code::SectionOrder, "`Or when` stands before `When`", "",
          "the first trigger is `When`; move this section behind it"};
}
Wording section_empty(Text name) {
  return {Code::SectionEmpty, "the section " + ticked(name) + " has no list items", "",
          "fill it, or remove its heading"};
}
Wording example_unnamed() {
  return {Code::ExampleUnnamed, "the example has no name", "",
          "write it behind a colon: `## Example: a normal invoice`"};
}
Wording not_a_list_item(Text mark) {
  return {Code::NotAListItem, "this reads like a sentence of the section, but is no list item",
          "would be prose", "begin the line with " + ticked(mark) + ", or say it in other words"};
}
Wording stray_block(bool after_step, std::size_t step) {
  if (after_step)
    return {Code::StrayBlock, "this block is not part of step " + to_string(step), "not indented",
            "indent the whole block by three spaces, as far as the step's text"};
  return {Code::StrayBlock, "this block belongs to no list item", "",
          "indent it as far as the text of its item, or move it out of the section"};
}
Wording fence_unclosed(Text mark) {
  return {Code::FenceUnclosed, "the code block that begins here is not closed", "opened here",
          "end it with a line " + std::string(mark) + ", indented like this one"};
}
Wording unclosed_mark(Text mark, Text close) {
  return {Code::QuoteUnclosed, "the " + std::string(mark) + " is not closed", "opened here",
          "close it with " + std::string(close) + " in the same paragraph"};
}
Wording item_too_long() {
  return {Code::ItemTooLong, "nothing can follow the item's sentence here", "",
          "put remarks into a paragraph outside the list"};
}
Wording item_without_sentence(SectionKind section) {
  return {unknown_in(section), "this list item holds no sentence", "", sentences_of(section)};
}
Wording steps_not_numbered() {
  return {Code::StepsNotNumbered, "the steps of `Do` are a numbered list", "not numbered",
          "begin each step with its number: `1. Send webhook …`"};
}

Wording sentence_unknown(SectionKind section, Text suggestion) {
  return {unknown_in(section), "this is no sentence of " + ticked(section_name(section)),
          suggestion.empty() ? "not understood" : "not understood from here on",
          did_you_mean(suggestion, sentences_of(section))};
}
Wording sentence_stops(SectionKind section, const Words& expected, bool method, Text suggestion) {
  Words choices = expected;
  if (method) choices = {"POST", "PUT", "PATCH"};
  const bool marks = !choices.empty() && choices.size() <= 6;
  return {unknown_in(section),
          "this sentence of " + ticked(section_name(section)) + " is not understood from here on",
          marks ? "expected " + joined(ticked(choices)) : "nothing more was expected",
          did_you_mean(suggestion, sentences_of(section))};
}
Wording one_sentence_each(SectionKind section) {
  return {unknown_in(section), "a list item is one sentence", "a second one begins here",
          "make it a list item of its own"};
}
Wording field_unknown(Text seen, Text suggestion) {
  return {Code::FieldUnknown, "messages have no field " + ticked(shown(seen)),
          "not a field of a message", did_you_mean(suggestion, std::string(kFields))};
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

Wording extract_without_name() {
  return {Code::ExtractUnknown, "the item gives no name to what it finds",
          "a name and a colon are missing", sentences_of(SectionKind::Extract)};
}
Wording extract_without_rule() {
  return {Code::ExtractUnknown, "the item does not say what to find", "nothing behind the colon",
          sentences_of(SectionKind::Extract)};
}
Wording name_invalid(Text name, Text better) {
  return {Code::NameInvalid, ticked(shown(name)) + " cannot be a name",
          "letters, digits and _ only",
          better.empty() ? "a name begins with a letter from A to Z and has at most 64 characters"
                         : "write " + ticked(better)};
}
Wording name_twice(Text name, std::int64_t line) {
  return {Code::NameTwice, "the name " + ticked(name) + " is given twice",
          "line " + to_string(line) + " gives it as well", "choose another name"};
}
Wording name_reserved(Text name) {
  return {Code::NameReserved, "the name " + ticked(name) + " already stands for something",
          "already has a meaning",
          "choose another name, such as " + ticked("my_" + std::string(name))};
}
Wording no_address(Text field) {
  return {Code::NoAddress, "the " + std::string(field) + " holds no address",
          "only the sender and the recipient have a domain", "write `domain of the sender`"};
}
Wording default_and_optional() {
  return {Code::DefaultAndOptional, "a default and `optional` exclude each other", "",
          "remove one of them"};
}
Wording extract_unused(Text name) {
  return {Code::ExtractUnused, ticked(name) + " is never used", "",
          "use it as {{" + std::string(name) + "}} in a step, or remove the line"};
}

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

Wording expected_number(Text seen) {
  return {Code::ExpectationUnknown, ticked(seen) + " is not written as a plain number", "",
          "write digits and a decimal point, as in 1204.50, or a text in quotation marks"};
}
Wording example_without_message() {
  return {Code::ExampleMessage, "the example has no message", "",
          "add an ```email, ```json or ```text block below its heading"};
}
Wording example_second_message() {
  return {Code::ExampleMessage, "the example has a second message", "",
          "make it an example of its own, with its own heading"};
}
Wording example_fence(Text info) {
  return {Code::ExampleMessage, "an example's message is no " + ticked(shown(info)) + " block", "",
          "write ```email for an e-mail, ```json or ```text for a webhook's body"};
}
Wording example_kind(Text info, Text wanted) {
  return {Code::ExampleKind,
          "a message of the kind ```" + std::string(info) + " never arrives on this rule's channel",
          "the rule listens for " + std::string(wanted), std::nullopt};
}
Wording example_silent() {
  return {Code::ExampleSilent, "the example does not say what must come of its message", "",
          "add a list below the message, at least `- matches`"};
}
Wording example_field(Text name, Text suggestion) {
  return {Code::ExampleField, "the rule extracts no " + ticked(shown(name)), "",
          did_you_mean(suggestion, "examples check the names of `Extract`")};
}
Wording example_step(std::size_t steps) {
  return {Code::ExampleStep, "the rule has no such step", "",
          steps == 1 ? "it has one step, number 1" : "its steps are 1 to " + to_string(steps)};
}
Wording example_contradiction() {
  return {Code::ExampleContradiction, "a message that does not match is not worked on",
          "cannot hold together with `does not match`", "remove one of them"};
}
Wording example_json_broken(Text why) {
  return {Code::ExampleBroken, "the JSON is broken: " + std::string(why), "",
          "use a ```text block for a body that is no JSON"};
}
Wording example_not_mail() {
  return {Code::ExampleBroken, "an e-mail begins with headers", "expected a line such as `From: …`",
          "write From: and Subject: lines, an empty line, and then the text"};
}

}  // namespace msghub::wording
