#include "store/integrations.h"

namespace msghub {

namespace {

Query of_user(const UserId& user, Paging paging) {
  return {.table = Table::Integrations,
          .index = "GSI1",
          .pk = "USER#" + user.value,
          .limit = paging.limit,
          .cursor = std::move(paging.cursor)};
}

}  // namespace

Item integration_item(const Integration& integration) {
  return item_of(Table::Integrations, integration);
}

Update integration_update(const Integration& integration, Condition condition) {
  condition.push_back(edge_clause(integration.status));
  return {Table::Integrations, integration_key(integration.id),
          changes_to(Table::Integrations, integration, {"lastUsedAt"}), std::move(condition)};
}

Task<std::optional<Integration>> Integrations::get_integration_by_id(IntegrationId id) {
  co_return co_await get_entity<Integration>(tables_, Table::Integrations, integration_key(id));
}

Task<Result<PageOf<Integration>>> Integrations::list_user_integrations(UserId user, Paging paging) {
  Query query = of_user(user, std::move(paging));
  co_return co_await list_entities<Integration>(tables_, std::move(query));
}

Task<Result<PageOf<Integration>>> Integrations::list_user_integrations_of_service(
    UserId user, IntegrationService service, Paging paging) {
  Query query = of_user(user, std::move(paging));
  query.begins_with = "SERVICE#" + std::string(wire_name(service)) + "#";
  co_return co_await list_entities<Integration>(tables_, std::move(query));
}

Task<std::optional<Integration>> Integrations::get_users_google_integration(UserId user) {
  const Paging one{.limit = 1};
  const Result<PageOf<Integration>> page =
      co_await list_user_integrations_of_service(std::move(user), IntegrationService::Google, one);
  MSGHUB_CHECK(page.has_value());
  if (page->items.empty()) co_return std::nullopt;
  co_return page->items.front();
}

Task<std::optional<Integration>> Integrations::find_user_integration_by_name(
    UserId user, std::string display_name) {
  Paging paging;
  do {
    Result<PageOf<Integration>> page = co_await list_user_integrations(user, paging);
    MSGHUB_CHECK(page.has_value());
    for (Integration& integration : page->items)
      if (integration.display_name == display_name) co_return std::move(integration);
    paging.cursor = page->cursor;
  } while (!paging.cursor.empty());
  co_return std::nullopt;
}

}  // namespace msghub
