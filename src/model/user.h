#pragma once

#include <array>

#include "base/describe.h"
#include "model/ids.h"

namespace msghub {

enum class UserStatus { Active, Suspended, Deleted };
inline constexpr std::array<WireName<UserStatus>, 3> kUserStatusNames{
    {{UserStatus::Active, "active"},
     {UserStatus::Suspended, "suspended"},
     {UserStatus::Deleted, "deleted"}}};
constexpr auto& wire_names(UserStatus) { return kUserStatusNames; }

// A person who owns rules, channels and connections.
struct User {
  UserId id;
  std::string email;
  std::string display_name;
  Timestamp created_at{};
  Timestamp updated_at{};
  UserStatus status = UserStatus::Active;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, email, display_name, created_at, updated_at, status))

}  // namespace msghub
