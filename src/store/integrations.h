#pragma once

#include "model/integration.h"
#include "store/items.h"

namespace msghub {

inline Key integration_key(const IntegrationId& id) {
  return {"INTEGRATION#" + id.value, "METADATA"};
}
Item integration_item(const Integration& integration);

// Everything of a connection but lastUsedAt.
Update integration_update(const Integration& integration, Condition condition = if_present());

// Access patterns of Integrations. The tables must outlive the repository's tasks.
class Integrations {
 public:
  explicit Integrations(Tables& tables) : tables_(tables) {}

  Task<std::optional<Integration>> get_integration_by_id(IntegrationId id);
  Task<Result<PageOf<Integration>>> list_user_integrations(UserId user, Paging paging);
  Task<Result<PageOf<Integration>>> list_user_integrations_of_service(UserId user,
                                                                      IntegrationService service,
                                                                      Paging paging);
  // The oldest one.
  Task<std::optional<Integration>> get_users_google_integration(UserId user);
  // The one that rules name in bold.
  Task<std::optional<Integration>> find_user_integration_by_name(UserId user,
                                                                 std::string display_name);

 private:
  Tables& tables_;
};

}  // namespace msghub
