#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/user.h"
#include "store/items.h"

namespace msghub {

// How e-mail addresses are kept: sealed, and found by a keyed index, so that who reads the store
// learns neither an address nor whether a guessed one is there. Thread-safe.
class EmailCipher {
 public:
  virtual ~EmailCipher() = default;
  virtual Task<std::string> seal(UserId user, std::string email) const = 0;
  // Refuses what was not sealed for this user, or cannot be opened with the keys at hand.
  virtual Task<Result<std::string>> unseal(UserId user, std::string sealed) const = 0;
  // Whether a stored text is a sealed one. No e-mail address looks like it.
  virtual bool is_sealed(std::string_view stored) const = 0;
  // The same for all spellings that normalised_email makes one.
  virtual std::string index_of(std::string_view email) const = 0;
};

// Without white space around it and with ASCII letters in lower case, those before the "@" too:
// servers may tell them apart, people and practice do not. All else stays: dots, "+tags" and
// letters beyond ASCII differ.
std::string normalised_email(std::string_view email);

// Of a user whose `email` is sealed; `index` stands in the place of the address in the key.
Item user_item(const User& user, std::string_view index);

// Access patterns of Users. Users have their addresses in the clear here. Tables and cipher must
// outlive the repository's tasks. Throws Failure(Never) when a stored address cannot be opened, and
// what the cipher throws.
class Users {
 public:
  Users(Tables& tables, const EmailCipher& cipher) : tables_(tables), cipher_(cipher) {}

  Task<std::optional<User>> get_user_by_id(UserId id);
  // In any spelling that normalised_email makes the same; when several users have it, the one whose
  // id sorts first. What was just written may not be found yet (it is an index).
  Task<std::optional<User>> get_user_by_email(std::string email);
  // Refuses (Duplicate) when there is a user with this id, or one with this address already.
  Task<Result<void>> create_user(User user);
  // Seals the addresses that were stored before there was sealing. Gives their number.
  Task<std::size_t> seal_plain_emails();

 private:
  Task<User> opened(Item item);

  Tables& tables_;
  const EmailCipher& cipher_;
};

}  // namespace msghub
