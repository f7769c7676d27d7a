#include "api/names.h"

#include <algorithm>

#include "base/utf8.h"
#include "rule/nearest.h"

namespace msghub {

Result<void> check_name(std::string_view member, const std::string& name) {
  const auto no = [&](const char* why) {
    return refuse(Refusal::Code::Invalid, std::string(member) + ": " + why);
  };
  if (name.empty() || cut_to_characters(name, 100) != name)
    return no("1 to 100 characters are needed");
  if (trim(name) != name) return no("no blanks at the beginning or the end");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::ranges::any_of(name, is_control)) return no("no control characters");
  if (name.contains('*')) return no("no asterisks: rules write it in **bold**");
  return {};
}

bool is_same_name(std::string_view a, std::string_view b) {
  return lower_ascii(a) == lower_ascii(b);
}

}  // namespace msghub
