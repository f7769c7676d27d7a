#include "rule/names.h"

#include <algorithm>
#include <array>

#include "rule/forms.h"

namespace msghub {

namespace {

constexpr auto kReserved = std::to_array<std::string_view>(
    {"attachment", "constructor", "error", "hasOwnProperty", "idempotencyKey", "isPrototypeOf",
     "message", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf"});

}  // namespace

bool is_reserved_name(std::string_view name) {
  for (const MessageName& known : message_names())
    if (known.name == name) return !known.yields;
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

bool is_bare_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  const std::string_view local = text.substr(0, at), domain = text.substr(at + 1);
  const auto dotted = [](std::string_view part) {
    return !part.empty() && part.front() != '.' && part.back() != '.' && !part.contains("..");
  };
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool local_good = std::all_of(local.begin(), local.end(), [&](char c) {
    return alphanumeric(c) || std::string_view(".!#$%&'*+/=?^_`{|}~-").contains(c);
  });
  const bool domain_good = std::all_of(domain.begin(), domain.end(), [&](char c) {
    return alphanumeric(c) || c == '.' || c == '-';
  });
  return local_good && domain_good && dotted(local) && dotted(domain) && !domain.contains("-.") &&
         !domain.contains(".-") && domain.front() != '-' && domain.back() != '-';
}

bool is_plain_number(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  constexpr std::string_view kDigits = "0123456789";
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, dot);
  const bool good = !whole.empty() && text.size() <= kLongest &&
                    whole.find_first_not_of(kDigits) == std::string_view::npos;
  if (!good || dot == text.size()) return good;
  const std::string_view rest = text.substr(dot + 1);
  return !rest.empty() && rest.find_first_not_of(kDigits) == std::string_view::npos;
}

}  // namespace msghub
