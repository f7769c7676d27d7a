#pragma once

#include <boost/describe.hpp>
#include <boost/json/object.hpp>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

// JSON from described structs, both ways. Describe a struct once (BOOST_DESCRIBE_STRUCT) and its
// members appear in JSON under their camelCase names: `received_at` is "receivedAt". An enum gives
// its wire names in one table: `constexpr auto wire_names(Colour)` found by argument-dependent
// look-up, an array of {enumerator, name}.
//
// Writing leaves out empty optionals. Reading refuses (Invalid) with the path of the member that is
// missing or of another type ("triggers[0].channelId: a string is needed"); unknown members are
// ignored, so that older programs read what newer ones wrote.

namespace msghub {

template <class E>
struct WireName {
  E value;
  std::string_view name;
};

template <class E>
  requires std::is_enum_v<E>
constexpr std::string_view wire_name(E value) {
  for (const auto& entry : wire_names(value))
    if (entry.value == value) return entry.name;
  return {};
}

template <class E>
  requires std::is_enum_v<E>
constexpr std::optional<E> from_wire_name(std::string_view name) {
  for (const auto& entry : wire_names(E{}))
    if (entry.name == name) return entry.value;
  return std::nullopt;
}

// "received_at" to "receivedAt".
std::string camel_case(std::string_view snake);

template <class T>
json::value to_json_value(const T& value);

// Reads `out` from `value`; appends to `errors`, each with its path, and goes on.
template <class T>
void read_json(const json::value& value, T& out, const std::string& path,
               std::vector<std::string>& errors);

template <class T>
Result<T> from_json_value(const json::value& value) {
  T out{};
  std::vector<std::string> errors;
  read_json(value, out, "", errors);
  if (errors.empty()) return out;
  std::string detail;
  for (std::size_t i = 0; i < errors.size() && i < 10; ++i)
    detail += (i > 0 ? "; " : "") + errors[i];
  return refuse(Refusal::Code::Invalid, detail);
}

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_text_map = false;
template <class T>
inline constexpr bool is_text_map<std::map<std::string, T>> = true;

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

// Typed ids and other one-string wrappers: a struct with only `std::string value`.
template <class T>
concept TextWrapper = requires(T t) {
  { t.value } -> std::same_as<std::string&>;
  requires T::kIsTextWrapper;
};

inline std::string at(const std::string& path, std::string_view what) {
  return (path.empty() ? "the document" : path) + ": " + std::string(what);
}

}  // namespace detail

template <class T>
json::value to_json_value(const T& value) {
  if constexpr (std::is_same_v<T, json::value> || std::is_same_v<T, json::object> ||
                std::is_same_v<T, json::array>) {
    return value;
  } else if constexpr (detail::TextWrapper<T>) {
    return json::value(value.value);
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return json::value(to_iso8601(value));
  } else if constexpr (std::is_enum_v<T>) {
    return json::value(wire_name(value));
  } else if constexpr (std::is_same_v<T, std::string> || std::is_arithmetic_v<T>) {
    return json::value(value);
  } else if constexpr (detail::is_optional<T>) {
    return value ? to_json_value(*value) : json::value(nullptr);
  } else if constexpr (detail::is_vector<T>) {
    json::array out;
    out.reserve(value.size());
    for (const auto& item : value) out.push_back(to_json_value(item));
    return out;
  } else if constexpr (detail::is_text_map<T>) {
    json::object out;
    for (const auto& [key, item] : value) out[key] = to_json_value(item);
    return out;
  } else {
    static_assert(detail::Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
    json::object out;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) {
          const auto& field = value.*member.pointer;
          using Field = std::remove_cvref_t<decltype(field)>;
          if constexpr (detail::is_optional<Field>) {
            if (!field) return;
          }
          out[camel_case(member.name)] = to_json_value(field);
        });
    return out;
  }
}

template <class T>
void read_json(const json::value& value, T& out, const std::string& path,
               std::vector<std::string>& errors) {
  if constexpr (std::is_same_v<T, json::value>) {
    out = value;
  } else if constexpr (std::is_same_v<T, json::object>) {
    if (value.is_object())
      out = value.get_object();
    else
      errors.push_back(detail::at(path, "an object is needed"));
  } else if constexpr (detail::TextWrapper<T>) {
    read_json(value, out.value, path, errors);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (value.is_string())
      out = std::string(value.get_string());
    else
      errors.push_back(detail::at(path, "a string is needed"));
  } else if constexpr (std::is_same_v<T, bool>) {
    if (value.is_bool())
      out = value.get_bool();
    else
      errors.push_back(detail::at(path, "true or false is needed"));
  } else if constexpr (std::is_integral_v<T>) {
    boost::json::error_code ec;
    const auto number = value.to_number<T>(ec);
    if (!ec)
      out = number;
    else
      errors.push_back(detail::at(path, "a whole number is needed"));
  } else if constexpr (std::is_floating_point_v<T>) {
    if (value.is_number())
      out = value.to_number<T>();
    else
      errors.push_back(detail::at(path, "a number is needed"));
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    const auto time = value.is_string() ? from_iso8601(value.get_string()) : std::nullopt;
    if (time)
      out = *time;
    else
      errors.push_back(detail::at(path, "an ISO 8601 time is needed"));
  } else if constexpr (std::is_enum_v<T>) {
    const auto found =
        value.is_string() ? from_wire_name<T>(value.get_string()) : std::optional<T>{};
    if (found) {
      out = *found;
    } else {
      std::string names;
      for (const auto& entry : wire_names(T{}))
        names += (names.empty() ? "" : ", ") + std::string(entry.name);
      errors.push_back(detail::at(path, "one of these is needed: " + names));
    }
  } else if constexpr (detail::is_optional<T>) {
    if (value.is_null()) {
      out.reset();
    } else {
      typename T::value_type inner{};
      read_json(value, inner, path, errors);
      out = std::move(inner);
    }
  } else if constexpr (detail::is_vector<T>) {
    if (!value.is_array()) {
      errors.push_back(detail::at(path, "a list is needed"));
      return;
    }
    out.clear();
    for (std::size_t i = 0; i < value.get_array().size(); ++i) {
      typename T::value_type item{};
      read_json(value.get_array()[i], item, path + "[" + std::to_string(i) + "]", errors);
      out.push_back(std::move(item));
    }
  } else if constexpr (detail::is_text_map<T>) {
    if (!value.is_object()) {
      errors.push_back(detail::at(path, "an object is needed"));
      return;
    }
    out.clear();
    for (const auto& member : value.get_object()) {
      typename T::mapped_type item{};
      read_json(member.value(), item, path + "." + std::string(member.key()), errors);
      out.emplace(member.key(), std::move(item));
    }
  } else {
    static_assert(detail::Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
    if (!value.is_object()) {
      errors.push_back(detail::at(path, "an object is needed"));
      return;
    }
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) {
          auto& field = out.*member.pointer;
          using Field = std::remove_cvref_t<decltype(field)>;
          const std::string name = camel_case(member.name);
          const std::string inner = path.empty() ? name : path + "." + name;
          if (const json::value* found = value.get_object().if_contains(name))
            read_json(*found, field, inner, errors);
          else if constexpr (!detail::is_optional<Field>)
            errors.push_back(detail::at(inner, "is missing"));
        });
  }
}

}  // namespace msghub
