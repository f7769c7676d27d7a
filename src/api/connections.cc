#include "api/audited.h"
#include "api/connection_check.h"
#include "api/handlers.h"
#include "api/in_use.h"
#include "api/names.h"
#include "store/integrations.h"

namespace msghub {

namespace {

json::value shown(const Integration& integration) {
  json::value value = to_json_value(integration);
  value.get_object().erase("credentials");
  return value;
}

}  // namespace

Task<HttpResponse> list_connections(Call call, Hub& hub) {
  const Result<PageRequest> request = page_request(call);
  if (!request) co_return refused(request.error());
  Integrations integrations(hub.tables);
  const Result<PageOf<Integration>> page = co_await integrations.list_user_integrations(
      hub.user, Paging{request->limit, request->cursor});
  if (!page) co_return refused(page.error());
  json::array data;
  for (const Integration& integration : page->items) data.push_back(shown(integration));
  co_return page_response(std::move(data), page->cursor);
}

Task<HttpResponse> create_connection(Call call, Hub& hub) {
  Result<NewConnection> wanted = body_as<NewConnection>(call.request);
  if (!wanted) co_return refused(wanted.error());
  if (const Result<void> fits = check_name("displayName", wanted->display_name); !fits)
    co_return refused(fits.error());
  if (const Result<void> fits = check_connection(*wanted); !fits) co_return refused(fits.error());
  Integrations integrations(hub.tables);
  const std::optional<Integration> other =
      co_await integrations.find_user_integration_by_name(hub.user, wanted->display_name);
  if (other)
    co_return problem(409, "duplicate",
                      "there is a connection \"" + wanted->display_name + "\" already");

  Integration integration;
  integration.id = IntegrationId::random();
  integration.user_id = hub.user;
  integration.service = wanted->service;
  integration.display_name = wanted->display_name;
  integration.settings = wanted->settings;
  SealContext context{hub.user.value, "integration", integration.id.value, "credentials"};
  integration.credentials =
      co_await hub.vault.seal(std::move(context), to_json(wanted->credentials));
  integration.created_at = integration.updated_at = hub.clock.now();
  std::vector<Write> writes;
  writes.push_back(Put{Table::Integrations, integration_item(integration), if_absent()});
  Deed deed{"connection.create",
            integration.id.value,
            Table::Integrations,
            {},
            integration_item(integration)};
  const Result<void> kept = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!kept) co_return refused(kept.error());
  co_return json_response(201, shown(integration));
}

Task<HttpResponse> get_connection(Call call, Hub& hub) {
  Integrations integrations(hub.tables);
  const std::optional<Integration> found =
      co_await integrations.get_integration_by_id(IntegrationId{call.path_value("id")});
  if (!found || found->user_id != hub.user)
    co_return problem(404, "not_found", "there is no connection " + call.path_value("id"));
  co_return json_response(200, shown(*found));
}

Task<HttpResponse> delete_connection(Call call, Hub& hub) {
  const IntegrationId id{call.path_value("id")};
  Integrations integrations(hub.tables);
  const std::optional<Integration> found = co_await integrations.get_integration_by_id(id);
  if (!found || found->user_id != hub.user)
    co_return problem(404, "not_found", "there is no connection " + id.value);
  const std::optional<HttpResponse> used = co_await in_use(call, *found, hub);
  if (used) co_return *used;
  std::vector<Write> writes;
  writes.push_back(Delete{Table::Integrations, integration_key(id), {}});
  Deed deed{"connection.delete", id.value, Table::Integrations, integration_item(*found), {}};
  const Result<void> gone = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!gone) co_return refused(gone.error());
  co_return HttpResponse{204, {}, {}};
}

}  // namespace msghub
