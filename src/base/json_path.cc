#include "base/json_path.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace msghub {

namespace {

// Where the indexes begin in "items[0][1]"; the end of `part` when it has none.
std::size_t indexes_begin(std::string_view part) {
  const std::size_t begin = part.find_first_of("[]");
  bool inside = false;
  bool digits = false;
  for (const char c : part.substr(std::min(begin, part.size()))) {
    if (inside && c >= '0' && c <= '9') {
      digits = true;
    } else if (inside ? c == ']' && digits : c == '[') {
      inside = !inside;
      digits = false;
    } else {
      return part.size();
    }
  }
  return begin == std::string_view::npos || inside ? part.size() : begin;
}

const json::value* item_at(const json::value& value, std::string_view digits) {
  std::uint64_t index = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (parsed.ec != std::errc() || !value.is_array()) return nullptr;
  return index < value.get_array().size() ? &value.get_array()[index] : nullptr;
}

}  // namespace

const json::value* json_at(const json::value& root, std::string_view path) {
  const json::value* value = &root;
  for (bool more = true; more && value != nullptr;) {
    const std::size_t dot = path.find('.');
    const std::string_view part = path.substr(0, dot);
    more = dot != std::string_view::npos;
    if (more) path.remove_prefix(dot + 1);

    std::string_view indexes = part.substr(indexes_begin(part));
    const std::string_view key = part.substr(0, part.size() - indexes.size());
    if (!key.empty() || indexes.empty())
      value = value->is_object() ? value->get_object().if_contains(key) : nullptr;
    while (!indexes.empty() && value != nullptr) {
      const std::size_t close = indexes.find(']');
      value = item_at(*value, indexes.substr(1, close - 1));
      indexes.remove_prefix(close + 1);
    }
  }
  return value;
}

}  // namespace msghub
