#include "store/dynamo/attribute_values.h"

#include <charconv>
#include <cmath>

namespace msghub::dynamo {

namespace {

constexpr double kSmallest = 1e-130;
constexpr double kTooLarge = 1e126;

// As deep as an item may be: what stands in one string is the inner part of it.
constexpr std::size_t kReadDepth = kDepthLimit + 2;

[[noreturn]] void throw_foreign(const std::string& what) {
  throw Failure(Failure::Retry::Never, "the table holds " + what +
                                           ", which this program never writes; something else "
                                           "writes to the hub's tables");
}

json::value tagged(std::string_view type, json::value value) {
  json::object attribute;
  attribute.emplace(type, std::move(value));
  return attribute;
}

Result<json::value> to_number(const json::value& value) {
  if (value.is_double()) {
    const double size = std::abs(value.get_double());
    if (size != 0 && !(size >= kSmallest && size < kTooLarge))
      return refuse(Refusal::Code::Invalid,
                    "the number " + to_json(value) +
                        " is not within 1E-130 and 9.99E+125, which is what DynamoDB can hold");
  }
  return tagged("N", json::value(to_json(value)));
}

Result<json::value> to_value(const json::value& value, std::size_t level);

Result<json::value> to_list(const json::array& list, std::size_t level) {
  json::array members;
  members.reserve(list.size());
  for (const json::value& member : list) {
    Result<json::value> attribute = to_value(member, level + 1);
    if (!attribute) return attribute;
    members.push_back(std::move(*attribute));
  }
  return tagged("L", std::move(members));
}

Result<json::value> to_map(const json::object& map, std::size_t level) {
  json::object members;
  members.reserve(map.size());
  for (const auto& member : map) {
    Result<json::value> attribute = to_value(member.value(), level + 1);
    if (!attribute) return attribute;
    members.emplace(member.key(), std::move(*attribute));
  }
  return tagged("M", std::move(members));
}

Result<json::value> to_value(const json::value& value, std::size_t level) {
  const bool has_empty_key = value.is_object() && value.get_object().contains("");
  if (has_empty_key || (value.is_structured() && level > kPlainLevels))
    return tagged("SS", json::array{json::value(to_json(value))});
  switch (value.kind()) {
    case json::kind::string:
      return tagged("S", value);
    case json::kind::bool_:
      return tagged("BOOL", value);
    case json::kind::null:
      return tagged("NULL", true);
    case json::kind::array:
      return to_list(value.get_array(), level);
    case json::kind::object:
      return to_map(value.get_object(), level);
    default:
      return to_number(value);
  }
}

json::value from_number(std::string_view text) {
  std::int64_t whole = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) return whole;
  const Result<json::value> number = parse_json(text);
  if (!number || !number->is_number()) throw_foreign("the number \"" + std::string(text) + "\"");
  return *number;
}

json::value from_text_of_json(const json::value& set) {
  const json::array* texts = set.if_array();
  if (texts == nullptr || texts->size() != 1 || !texts->front().is_string())
    throw_foreign("a set of strings");
  Result<json::value> value = parse_json(texts->front().get_string(), {.depth = kReadDepth});
  if (!value) throw_foreign("a set of strings");
  return std::move(*value);
}

// Digits without the zeros at both ends and without the exponent.
std::size_t significant_digits(std::string_view number) {
  std::string digits;
  for (const char c : number.substr(0, number.find_first_of("eE")))
    if (c >= '0' && c <= '9') digits += c;
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return 0;
  return digits.find_last_not_of('0') - first + 1;
}

std::size_t value_size(const json::value& attribute) {
  const auto& [key, value] = *attribute.get_object().begin();
  const std::string_view type = key;
  if (type == "S") return value.get_string().size();
  if (type == "N") {
    const std::string_view number = value.get_string();
    const std::size_t minus = number.starts_with('-') ? 1 : 0;
    return (significant_digits(number) + 1) / 2 + 1 + minus;
  }
  std::size_t size = 3;
  if (type == "SS")
    for (const json::value& text : value.get_array()) size += text.get_string().size() + 1;
  else if (type == "L")
    for (const json::value& member : value.get_array()) size += value_size(member) + 1;
  else if (type == "M")
    for (const auto& member : value.get_object())
      size += member.key().size() + value_size(member.value()) + 1;
  else
    size = 1;
  return size;
}

}  // namespace

Result<json::value> to_attribute(const json::value& value) { return to_value(value, 1); }

Result<json::object> to_attributes(const Item& item) {
  json::object attributes;
  attributes.reserve(item.size() + 2);
  for (const auto& member : item) {
    if (member.key().empty()) return refuse(Refusal::Code::Invalid, "an attribute's name is empty");
    Result<json::value> attribute = to_attribute(member.value());
    if (!attribute)
      return refuse(attribute.error().code,
                    std::string(member.key()) + ": " + attribute.error().detail);
    attributes.emplace(member.key(), std::move(*attribute));
  }
  return attributes;
}

json::value from_attribute(const json::value& attribute) {
  const json::object* tag = attribute.if_object();
  if (tag == nullptr || tag->size() != 1) throw_foreign("an attribute without a type");
  const std::string_view type = tag->begin()->key();
  const json::value& value = tag->begin()->value();
  if (type == "S" || type == "BOOL") return value;
  if (type == "NULL") return nullptr;
  if (type == "N" && value.is_string()) return from_number(value.get_string());
  if (type == "M" && value.is_object()) return from_attributes(value.get_object());
  if (type == "SS") return from_text_of_json(value);
  if (type != "L" || !value.is_array())
    throw_foreign("an attribute of the type " + std::string(type));
  json::array list;
  list.reserve(value.get_array().size());
  for (const json::value& member : value.get_array()) list.push_back(from_attribute(member));
  return list;
}

Item from_attributes(const json::object& attributes) {
  Item item;
  item.reserve(attributes.size());
  for (const auto& member : attributes) item.emplace(member.key(), from_attribute(member.value()));
  return item;
}

std::size_t attributes_size(const json::object& attributes) {
  std::size_t size = 0;
  for (const auto& attribute : attributes)
    size += attribute.key().size() + value_size(attribute.value());
  return size;
}

}  // namespace msghub::dynamo
