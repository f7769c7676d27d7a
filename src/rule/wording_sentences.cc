#include "rule/wording_text.h"

namespace msghub::wording {

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

}  // namespace msghub::wording
