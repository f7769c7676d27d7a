#include "api/connection_check.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace msghub {

namespace {

using Names = std::vector<std::string_view>;

// What a service knows. Anything else is a mistake, such as a secret among the settings.
struct Shape {
  IntegrationService service;
  Names settings;
  Names credentials;
};

const Shape* shape_of(IntegrationService service) {
  static const std::vector<Shape> kShapes{
      {IntegrationService::Postgres, {"host", "port", "database", "user", "tls"}, {"password"}},
      {IntegrationService::Smtp,
       {"host", "port", "user", "from", "tls", "allowSelfSigned"},
       {"password"}},
      {IntegrationService::Google, {"spreadsheetId", "baseUrl"}, {"serviceAccount", "accessToken"}},
      {IntegrationService::Slack, {"baseUrl"}, {"token"}},
      {IntegrationService::Openai, {"baseUrl"}, {"apiKey"}},
  };
  const auto found = std::ranges::find(kShapes, service, &Shape::service);
  return found == kShapes.end() ? nullptr : &*found;
}

Result<void> invalid(std::string text) { return refuse(Refusal::Code::Invalid, std::move(text)); }

Result<void> check_names(std::string_view member, const json::object& given, const Names& known) {
  for (const auto& entry : given) {
    if (std::ranges::find(known, std::string_view(entry.key())) != known.end()) continue;
    std::string names;
    for (const auto name : known) names += (names.empty() ? "" : ", ") + std::string(name);
    return invalid(std::string(member) + "." + std::string(entry.key()) +
                   " is not known; known: " + names);
  }
  return {};
}

Result<void> check_server(const NewConnection& wanted) {
  const json::object& settings = wanted.settings;
  const bool postgres = wanted.service == IntegrationService::Postgres;
  if (string_or(settings, "host").empty())
    return invalid("settings.host: the server's name is needed");
  const json::value* port = settings.if_contains("port");
  if (port == nullptr || !port->is_int64() || port->get_int64() < 1 || port->get_int64() > 65535)
    return invalid("settings.port: a port from 1 to 65535 is needed");
  if (postgres && string_or(settings, "user").empty())
    return invalid("settings.user: the database user is needed");
  const Names modes =
      postgres ? Names{"none", "require", "verify"} : Names{"none", "starttls", "implicit"};
  if (std::ranges::find(modes, string_or(settings, "tls", "none")) == modes.end())
    return invalid("settings.tls: one of these is needed: " + std::string(modes[0]) + ", " +
                   std::string(modes[1]) + ", " + std::string(modes[2]));
  return {};
}

Result<void> check_base_url(const json::object& settings) {
  const json::value* url = settings.if_contains("baseUrl");
  if (url == nullptr) return {};
  const std::string text = string_or(settings, "baseUrl");
  const bool http = text.starts_with("https://") || text.starts_with("http://");
  if (!http || text.contains('@') || text.contains(' '))
    return invalid("settings.baseUrl: an address that begins with https:// or http:// is needed");
  return {};
}

Result<void> check_secret(const NewConnection& wanted, std::string_view name,
                          std::string_view what) {
  if (!string_or(wanted.credentials, name).empty()) return {};
  return invalid("credentials." + std::string(name) + ": " + std::string(what) + " is needed");
}

// The id in https://docs.google.com/spreadsheets/d/<id>/edit, or the text itself.
std::string spreadsheet_id(std::string text) {
  static constexpr std::string_view kBefore = "/spreadsheets/d/";
  const std::size_t at = text.find(kBefore);
  if (at == std::string::npos) return text;
  text.erase(0, at + kBefore.size());
  return text.substr(0, text.find_first_of("/?#"));
}

bool is_spreadsheet_id(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

Result<void> check_google(NewConnection& wanted) {
  if (wanted.settings.contains("spreadsheetId")) {
    const std::string id = spreadsheet_id(string_or(wanted.settings, "spreadsheetId"));
    if (!is_spreadsheet_id(id))
      return invalid("settings.spreadsheetId: the id or the address of a spreadsheet is needed");
    wanted.settings["spreadsheetId"] = id;
  }
  const bool token = !string_or(wanted.credentials, "accessToken").empty();
  const std::string account = string_or(wanted.credentials, "serviceAccount");
  if (token && account.empty()) return {};
  const Result<json::value> key = parse_json(account);
  const json::object* members = key ? key->if_object() : nullptr;
  if (members == nullptr || string_or(*members, "client_email").empty() ||
      string_or(*members, "private_key").empty())
    return invalid(
        "credentials.serviceAccount: the text of the JSON key file that Google gives for a service "
        "account is needed");
  return {};
}

}  // namespace

Result<void> check_connection(NewConnection& wanted) {
  const Shape* shape = shape_of(wanted.service);
  if (shape == nullptr)
    return invalid(
        "service: this version has postgres, smtp, google, slack and openai connections");
  if (Result<void> fits = check_names("settings", wanted.settings, shape->settings); !fits)
    return fits;
  if (Result<void> fits = check_names("credentials", wanted.credentials, shape->credentials); !fits)
    return fits;
  if (Result<void> fits = check_base_url(wanted.settings); !fits) return fits;
  switch (wanted.service) {
    case IntegrationService::Google:
      return check_google(wanted);
    case IntegrationService::Slack:
      return check_secret(wanted, "token", "a bot's token, xoxb-…,");
    case IntegrationService::Openai:
      return check_secret(wanted, "apiKey", "an API key");
    default:
      return check_server(wanted);
  }
}

}  // namespace msghub
