#include "store/users.h"

namespace msghub {

Item user_item(const User& user) { return item_of(Table::Users, user); }

Task<std::optional<User>> Users::get_user_by_id(UserId id) {
  Key key{"USER#" + id.value, "METADATA"};
  co_return co_await get_entity<User>(tables_, Table::Users, std::move(key));
}

Task<std::optional<User>> Users::get_user_by_email(std::string email) {
  Query query{.table = Table::Users, .index = "GSI1", .pk = "EMAIL#" + email, .limit = 1};
  const Result<PageOf<User>> page = co_await list_entities<User>(tables_, std::move(query));
  if (!page || page->items.empty()) co_return std::nullopt;
  co_return page->items.front();
}

}  // namespace msghub
