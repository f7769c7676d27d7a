#pragma once

#include <array>

#include "base/describe.h"
#include "model/ids.h"

namespace msghub {

// postgres and smtp are ours: a rule's database and mail server are connections like the others.
enum class IntegrationService { Google, Openai, Slack, Twilio, Stripe, Mailgun, Postgres, Smtp };
inline constexpr std::array<WireName<IntegrationService>, 8> kIntegrationServiceNames{
    {{IntegrationService::Google, "google"},
     {IntegrationService::Openai, "openai"},
     {IntegrationService::Slack, "slack"},
     {IntegrationService::Twilio, "twilio"},
     {IntegrationService::Stripe, "stripe"},
     {IntegrationService::Mailgun, "mailgun"},
     {IntegrationService::Postgres, "postgres"},
     {IntegrationService::Smtp, "smtp"}}};
constexpr auto& wire_names(IntegrationService) { return kIntegrationServiceNames; }

enum class IntegrationStatus { Connected, Expired, Error, Revoked };
inline constexpr std::array<WireName<IntegrationStatus>, 4> kIntegrationStatusNames{
    {{IntegrationStatus::Connected, "connected"},
     {IntegrationStatus::Expired, "expired"},
     {IntegrationStatus::Error, "error"},
     {IntegrationStatus::Revoked, "revoked"}}};
constexpr auto& wire_names(IntegrationStatus) { return kIntegrationStatusNames; }

struct IntegrationMetadata {
  std::optional<std::string> account_email;
  std::optional<std::string> account_id;
  std::optional<std::vector<std::string>> permissions;
};
BOOST_DESCRIBE_STRUCT(IntegrationMetadata, (), (account_email, account_id, permissions))

// A connection that rules name in bold: a database, a mail server, a third-party account.
struct Integration {
  IntegrationId id;
  UserId user_id;
  IntegrationService service{};
  std::string display_name;  // what rules write in bold; unique within the user
  json::object settings;     // what is no secret: host, port, database, user, from …
  std::string credentials;   // JSON sealed by the vault
  std::vector<std::string> scopes;
  IntegrationStatus status = IntegrationStatus::Connected;
  Timestamp created_at{};
  Timestamp updated_at{};
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> last_used_at;
  IntegrationMetadata metadata;
};
BOOST_DESCRIBE_STRUCT(Integration, (),
                      (id, user_id, service, display_name, settings, credentials, scopes, status,
                       created_at, updated_at, expires_at, last_used_at, metadata))

}  // namespace msghub
