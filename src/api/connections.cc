#include "api/audited.h"
#include "api/handlers.h"
#include "base/utf8.h"
#include "store/integrations.h"

namespace msghub {

namespace {

json::value shown(const Integration& integration) {
  json::value value = to_json_value(integration);
  value.get_object().erase("credentials");
  return value;
}

struct NewConnection {
  IntegrationService service{};
  std::string display_name;
  json::object settings;     // host, port, database, user, tls, from, allowSelfSigned
  json::object credentials;  // password
};
BOOST_DESCRIBE_STRUCT(NewConnection, (), (service, display_name, settings, credentials))

// Checks settings against what the service knows; the list is also what the error names.
Result<void> check_settings(const NewConnection& wanted) {
  static const std::vector<std::string_view> kPostgres{"host", "port", "database", "user", "tls"};
  static const std::vector<std::string_view> kSmtp{"host", "port", "user",
                                                   "from", "tls",  "allowSelfSigned"};
  if (wanted.service != IntegrationService::Postgres && wanted.service != IntegrationService::Smtp)
    return refuse(Refusal::Code::Invalid,
                  "service: this version has postgres and smtp connections");
  const bool postgres = wanted.service == IntegrationService::Postgres;
  const auto& known = postgres ? kPostgres : kSmtp;
  for (const auto& setting : wanted.settings) {
    if (std::ranges::find(known, std::string_view(setting.key())) != known.end()) continue;
    std::string names;
    for (const auto name : known) names += (names.empty() ? "" : ", ") + std::string(name);
    return refuse(Refusal::Code::Invalid,
                  "settings." + std::string(setting.key()) + " is not known; known: " + names);
  }
  if (string_or(wanted.settings, "host").empty())
    return refuse(Refusal::Code::Invalid, "settings.host: the server's name is needed");
  const json::value* port = wanted.settings.if_contains("port");
  if (port == nullptr || !port->is_int64() || port->get_int64() < 1 || port->get_int64() > 65535)
    return refuse(Refusal::Code::Invalid, "settings.port: a port from 1 to 65535 is needed");
  if (postgres && string_or(wanted.settings, "user").empty())
    return refuse(Refusal::Code::Invalid, "settings.user: the database user is needed");
  const std::string tls = string_or(wanted.settings, "tls", "none");
  const bool tls_fits = postgres ? tls == "none" || tls == "require" || tls == "verify"
                                 : tls == "none" || tls == "starttls" || tls == "implicit";
  if (!tls_fits)
    return refuse(Refusal::Code::Invalid, postgres ? "settings.tls: one of these is needed: none, "
                                                     "require, verify"
                                                   : "settings.tls: one of these is needed: none, "
                                                     "starttls, implicit");
  return {};
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
  const Result<json::object> body = json_body(call.request);
  if (!body) co_return refused(body.error());
  const Result<NewConnection> wanted = from_json_value<NewConnection>(*body);
  if (!wanted) co_return refused(wanted.error());
  if (wanted->display_name.empty() ||
      cut_to_characters(wanted->display_name, 100) != wanted->display_name)
    co_return problem(400, "invalid", "displayName: 1 to 100 characters are needed");
  if (const Result<void> fits = check_settings(*wanted); !fits) co_return refused(fits.error());
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
  std::vector<Write> writes;
  writes.push_back(Delete{Table::Integrations, integration_key(id), {}});
  Deed deed{"connection.delete", id.value, Table::Integrations, integration_item(*found), {}};
  const Result<void> gone = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!gone) co_return refused(gone.error());
  co_return HttpResponse{204, {}, {}};
}

}  // namespace msghub
