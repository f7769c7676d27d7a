#pragma once

#include <type_traits>

#include "base/describe.h"

// Described structs out of JSON that a person or their program wrote just now: a member that the
// struct does not have is a slip, which would otherwise be obeyed as if it were not there.

namespace msghub {

// Appends a line for each member of `value`, at any depth, that `T` does not know.
template <class T>
void find_unknown_members(const json::value& value, const std::string& path,
                          std::vector<std::string>& errors) {
  if constexpr (detail::is_optional<T>) {
    find_unknown_members<typename T::value_type>(value, path, errors);
  } else if constexpr (detail::is_vector<T>) {
    if (!value.is_array()) return;
    for (std::size_t i = 0; i < value.get_array().size(); ++i)
      find_unknown_members<typename T::value_type>(value.get_array()[i],
                                                   path + "[" + std::to_string(i) + "]", errors);
  } else if constexpr (detail::is_text_map<T>) {
    if (!value.is_object()) return;
    for (const auto& member : value.get_object())
      find_unknown_members<typename T::mapped_type>(member.value(),
                                                    path + "." + std::string(member.key()), errors);
  } else if constexpr (detail::Described<T> && !detail::TextWrapper<T>) {
    if (!value.is_object()) return;
    using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
    for (const auto& member : value.get_object()) {
      const std::string inner = (path.empty() ? "" : path + ".") + std::string(member.key());
      bool known = false;
      std::string names;
      boost::mp11::mp_for_each<Members>([&](auto described) {
        const std::string name = camel_case(described.name);
        names += (names.empty() ? "" : ", ") + name;
        if (member.key() != name) return;
        known = true;
        using Field = std::remove_cvref_t<decltype(std::declval<T>().*described.pointer)>;
        find_unknown_members<Field>(member.value(), inner, errors);
      });
      if (!known)
        errors.push_back(detail::at(inner, "there is no such member; known are " + names));
    }
  }
}

// As from_json_value; unknown members are refused (Invalid), too.
template <class T>
Result<T> from_strict_json(const json::value& value) {
  std::vector<std::string> unknown;
  find_unknown_members<T>(value, "", unknown);
  if (!unknown.empty()) return refuse(Refusal::Code::Invalid, unknown.front());
  return from_json_value<T>(value);
}

}  // namespace msghub
