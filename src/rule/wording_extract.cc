#include "rule/wording_text.h"

namespace msghub::wording {

using std::to_string;

Wording extract_without_colon() {
  return {Code::ExtractUnknown, "a colon stands behind the name of a value", "expected `:`",
          "write it as in: total: amount after \"Total:\" in the body"};
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

Wording value_type_unknown(Text seen, Text suggestion) {
  return {Code::ValueTypeUnknown, "there is no kind of value called " + ticked(shown(seen)),
          "expected a kind of value",
          did_you_mean(suggestion,
                       "the kinds are text, number, amount, date, email address, URL and file")};
}

Wording date_order_misplaced() {
  return {Code::DateOrderMisplaced, "only a date has a day and a month", "",
          "remove it, or look for a date: `date after \"Due by\" in the body (day first)`"};
}

Wording case_misplaced() {
  return {Code::CaseMisplaced, "`(exact case)` has nothing to compare here", "",
          "remove it; it stands behind sentences with `after`, `between`, `matching` or `whose`"};
}

Wording text_without_place(Text field) {
  std::string whole;
  if (field == "subject" || field == "body" || field == "from" || field == "to")
    whole = "{{" + std::string(field) + "}}";
  if (field == "cc") whole = "{{cc}}";
  if (field == "reply-to") whole = "{{reply_to}}";
  if (field == "from.name") whole = "{{from_name}}";
  if (field.starts_with("json:")) whole = "{{`" + std::string(field.substr(5)) + "`}}";
  if (!whole.empty()) whole = "; for all of it use `` " + whole + " `` in the step";
  return {Code::TextWithoutPlace, "it is open which text of the field is meant",
          "where does it begin?",
          "write `text after \"Label\"`, `text between \"A\" and \"B\"` or ``text matching "
          "`/…/` ``" +
              whole};
}

Wording default_number(Text seen) {
  return {Code::DefaultInvalid, ticked(seen) + " is not written as a plain number", "",
          "write digits and a decimal point, as in 1204.50, or a text in quotation marks"};
}

Wording no_display_name(Text field) {
  return {Code::NoDisplayName, ticked(shown(field)) + " has no name", "only the sender has one",
          "write `name of the sender`"};
}

}  // namespace msghub::wording
