#include "rule/wording_text.h"

namespace msghub::wording {

using std::to_string;

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

}  // namespace msghub::wording
