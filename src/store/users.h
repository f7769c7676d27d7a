#pragma once

#include "model/user.h"
#include "store/items.h"

namespace msghub {

Item user_item(const User& user);

// Access patterns of Users. The tables must outlive the repository's tasks.
class Users {
 public:
  explicit Users(Tables& tables) : tables_(tables) {}

  Task<std::optional<User>> get_user_by_id(UserId id);
  // The address literally as it was stored; when several users have it, the one whose id sorts
  // first.
  Task<std::optional<User>> get_user_by_email(std::string email);

 private:
  Tables& tables_;
};

}  // namespace msghub
