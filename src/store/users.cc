#include "store/users.h"

namespace msghub {

namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\f\v";

Key user_key(const UserId& id) { return {"USER#" + id.value, "METADATA"}; }

std::string index_key(std::string_view index) { return "EMAIL#" + std::string(index); }

}  // namespace

std::string normalised_email(std::string_view email) {
  const std::size_t first = email.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  std::string out(email.substr(first, email.find_last_not_of(kWhiteSpace) + 1 - first));
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Item user_item(const User& user, std::string_view index) {
  Item item = item_of(Table::Users, user);
  item["GSI1PK"] = index_key(index);
  return item;
}

Task<User> Users::opened(Item item) {
  User user = entity_of<User>(Table::Users, item);
  if (!cipher_.is_sealed(user.email)) co_return user;
  Result<std::string> email = co_await cipher_.unseal(user.id, std::move(user.email));
  if (!email) throw_unreadable(Table::Users, item, email.error().detail);
  user.email = std::move(*email);
  co_return user;
}

Task<std::optional<User>> Users::get_user_by_id(UserId id) {
  std::optional<Item> item = co_await tables_.get(Table::Users, user_key(id));
  if (!item) co_return std::nullopt;
  co_return co_await opened(std::move(*item));
}

Task<std::optional<User>> Users::get_user_by_email(std::string email) {
  Query query{
      .table = Table::Users, .index = "GSI1", .pk = index_key(cipher_.index_of(email)), .limit = 1};
  Result<Page> page = co_await tables_.query(std::move(query));
  if (!page || page->items.empty()) co_return std::nullopt;
  co_return co_await opened(std::move(page->items.front()));
}

Task<Result<void>> Users::create_user(User user) {
  const std::optional<User> other = co_await get_user_by_email(user.email);
  if (other)
    co_return refuse(Refusal::Code::Duplicate, "there is a user with this e-mail address already");
  const std::string index = cipher_.index_of(user.email);
  user.email = co_await cipher_.seal(user.id, std::move(user.email));
  std::vector<Write> writes;
  writes.push_back(Put{Table::Users, user_item(user, index), if_absent()});
  const Result<void> kept = co_await tables_.transact(std::move(writes));
  if (!kept && kept.error().code == Refusal::Code::Conflict)
    co_return refuse(Refusal::Code::Duplicate, "there is a user " + user.id.value + " already");
  co_return kept;
}

Task<std::size_t> Users::seal_plain_emails() {
  std::size_t count = 0;
  Scan scan{.table = Table::Users};
  do {
    const Result<Page> page = co_await tables_.scan(scan);
    for (const Item& item : page.value().items) {
      const json::value* const stored = item.if_contains("email");
      if (stored == nullptr || !stored->is_string()) continue;
      const std::string email(stored->get_string());
      if (cipher_.is_sealed(email)) continue;
      const UserId id{string_or(item, "id")};
      Changes changes;
      changes.set["email"] = co_await cipher_.seal(id, email);
      changes.set["GSI1PK"] = index_key(cipher_.index_of(email));
      std::vector<Write> writes;
      writes.push_back(
          Update{Table::Users, user_key(id), std::move(changes), if_equal("email", *stored)});
      const Result<void> kept = co_await tables_.transact(std::move(writes));
      // A conflict: another hub was faster.
      if (kept) ++count;
      if (!kept && kept.error().code != Refusal::Code::Conflict)
        throw Failure(Failure::Retry::Never, kept.error().detail);
    }
    scan.cursor = page->cursor;
  } while (!scan.cursor.empty());
  co_return count;
}

}  // namespace msghub
