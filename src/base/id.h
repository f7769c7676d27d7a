#pragma once

#include <compare>
#include <functional>
#include <string>

#include "base/crypto.h"

namespace msghub {

// A UUID that knows what it names: a RuleId cannot be passed where a MessageId is wanted.
template <class Tag>
struct Id {
  static constexpr bool kIsTextWrapper = true;
  std::string value;

  static Id random() { return Id{random_uuid()}; }
  bool empty() const { return value.empty(); }
  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;
};

}  // namespace msghub

template <class Tag>
struct std::hash<msghub::Id<Tag>> {
  std::size_t operator()(const msghub::Id<Tag>& id) const noexcept {
    return std::hash<std::string>()(id.value);
  }
};
