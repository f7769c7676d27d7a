#pragma once

#include <array>
#include <cstdint>

#include "base/describe.h"
#include "model/ids.h"

namespace msghub {

enum class ChannelType { Email, Sms, Webhook, Slack };
inline constexpr std::array<WireName<ChannelType>, 4> kChannelTypeNames{
    {{ChannelType::Email, "email"},
     {ChannelType::Sms, "sms"},
     {ChannelType::Webhook, "webhook"},
     {ChannelType::Slack, "slack"}}};
constexpr auto& wire_names(ChannelType) { return kChannelTypeNames; }

enum class ChannelStatus { Connected, Disconnected, Error };
inline constexpr std::array<WireName<ChannelStatus>, 3> kChannelStatusNames{
    {{ChannelStatus::Connected, "connected"},
     {ChannelStatus::Disconnected, "disconnected"},
     {ChannelStatus::Error, "error"}}};
constexpr auto& wire_names(ChannelStatus) { return kChannelStatusNames; }

// Which JSON path of a webhook's payload becomes which part of the message ("order.customer").
struct WebhookMapping {
  std::optional<std::string> from;
  std::optional<std::string> subject;
  std::optional<std::string> body;
};
BOOST_DESCRIBE_STRUCT(WebhookMapping, (), (from, subject, body))

struct ChannelConfig {
  // e-mail
  std::optional<std::string> email_provider;  // "gmail", "outlook", "imap"
  std::optional<std::string> email_address;
  std::optional<std::string> imap_host;
  std::optional<std::int64_t> imap_port;
  std::optional<std::string> imap_user;
  std::optional<std::string> imap_tls;         // "implicit" (default), "starttls", "none"
  std::optional<bool> imap_allow_self_signed;  // default: false
  std::optional<std::string> imap_since;       // "new" (default) or "all": what a first look takes
  std::optional<std::vector<std::string>> folders;
  // SMS
  std::optional<std::string> phone_number;
  std::optional<std::string> sms_provider;  // "twilio", "messagebird"
  // webhook
  std::optional<std::string> webhook_url;        // "/in/<token>"; the token is the unguessable part
  std::optional<std::string> webhook_secret;     // sealed by the vault before it is stored
  std::optional<std::string> webhook_signature;  // "standard", "github"; set when a secret is
  std::optional<WebhookMapping> webhook_mapping;
  // Slack
  std::optional<std::string> workspace_id;
  std::optional<std::vector<std::string>> channel_ids;
};
BOOST_DESCRIBE_STRUCT(ChannelConfig, (),
                      (email_provider, email_address, imap_host, imap_port, imap_user, imap_tls,
                       imap_allow_self_signed, imap_since, folders, phone_number, sms_provider,
                       webhook_url, webhook_secret, webhook_signature, webhook_mapping,
                       workspace_id, channel_ids))

struct Channel {
  ChannelId id;
  UserId user_id;
  ChannelType type{};
  std::string name;
  ChannelConfig config;
  std::optional<std::string> credentials;  // ChannelCredentials as JSON, sealed by the vault
  ChannelStatus status = ChannelStatus::Disconnected;
  std::optional<std::string> status_detail;  // why, in one sentence
  Timestamp created_at{};
  Timestamp updated_at{};
  std::optional<Timestamp> last_message_at;
  std::optional<Timestamp> last_checked_at;  // the last proven look into the source
  std::int64_t message_count = 0;
};
BOOST_DESCRIBE_STRUCT(Channel, (),
                      (id, user_id, type, name, config, credentials, status, status_detail,
                       created_at, updated_at, last_message_at, last_checked_at, message_count))

// The place in an IMAP folder up to which every mail is stored. Kept beside its channel under the
// sort key "CURSOR#<folder>" and written in the same transaction as the message.
struct MailCursor {
  std::string folder;
  std::string uid_validity;
  std::int64_t uid = 0;
};
BOOST_DESCRIBE_STRUCT(MailCursor, (), (folder, uid_validity, uid))

}  // namespace msghub
