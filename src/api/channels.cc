#include "store/channels.h"

#include <set>

#include "api/audited.h"
#include "api/endpoint.h"
#include "api/handlers.h"
#include "api/in_use.h"
#include "api/names.h"
#include "channels/webhook/signature.h"
#include "channels/webhook/webhook.h"

namespace msghub {

namespace {

// A channel as the API shows it: without what is sealed.
json::value shown(Channel channel, const Hub& hub) {
  channel.credentials.reset();
  const bool signed_ = channel.config.webhook_secret.has_value();
  channel.config.webhook_secret.reset();
  if (channel.config.webhook_url)
    channel.config.webhook_url = hub.public_url + *channel.config.webhook_url;
  json::value value = to_json_value(channel);
  value.get_object()["signed"] = signed_;
  return value;
}

Task<std::vector<Channel>> all_channels(Hub& hub) {
  std::vector<Channel> all;
  Channels channels(hub.tables);
  std::string cursor;
  do {
    Result<PageOf<Channel>> page =
        co_await channels.list_users_channels(hub.user, Paging{100, cursor});
    for (Channel& channel : page.value().items) all.push_back(std::move(channel));
    cursor = page->cursor;
  } while (!cursor.empty());
  co_return all;
}

// What a client may say about a new channel.
struct NewChannel {
  ChannelType type{};
  std::string name;
  std::optional<ChannelConfig> config;
  std::optional<std::string> signature;  // webhook: "standard", "github", "none" (default)
  std::optional<std::string> secret;     // webhook: the sender's; made here when left out
  std::optional<std::string> password;   // e-mail
};
BOOST_DESCRIBE_STRUCT(NewChannel, (), (type, name, config, signature, secret, password))

// Refuses what a channel of this type does not have, rather than dropping it.
Result<void> only_what_fits(const NewChannel& wanted) {
  const bool email = wanted.type == ChannelType::Email;
  static const std::set<std::string_view> kMail{
      "emailProvider", "emailAddress",        "imapHost",  "imapPort", "imapUser",
      "imapTls",       "imapAllowSelfSigned", "imapSince", "folders"};
  static const std::set<std::string_view> kWebhook{"webhookMapping"};
  std::vector<std::string> wrong;
  if (email && wanted.signature) wrong.emplace_back("signature");
  if (email && wanted.secret) wrong.emplace_back("secret");
  if (!email && wanted.password) wrong.emplace_back("password");
  const json::value config = to_json_value(wanted.config.value_or(ChannelConfig{}));
  for (const auto& member : config.get_object())
    if (!(email ? kMail : kWebhook).contains(member.key()))
      wrong.push_back("config." + std::string(member.key()));
  if (wrong.empty()) return {};
  return refuse(Refusal::Code::Invalid, wrong.front() +
                                            ": this is not said of a new channel of type " +
                                            std::string(wire_name(wanted.type)));
}

Result<void> set_up_webhook(Channel& channel, const NewChannel& wanted, std::string& secret) {
  channel.config = ChannelConfig{};
  if (wanted.config) channel.config.webhook_mapping = wanted.config->webhook_mapping;
  channel.config.webhook_url = "/in/" + new_token(channel.id);
  channel.status = ChannelStatus::Connected;
  const std::string scheme = wanted.signature.value_or("none");
  if (scheme == "none") {
    if (wanted.secret)
      return refuse(Refusal::Code::Invalid,
                    "a secret needs a signature: \"standard\" or \"github\"");
    return {};
  }
  if (scheme != "standard" && scheme != "github")
    return refuse(Refusal::Code::Invalid,
                  "signature: one of these is needed: standard, github, none");
  secret = wanted.secret.value_or(new_webhook_secret());
  if (scheme == "standard") {
    const Result<std::string> trial = sign_standard(secret, "trial", "0", "");
    if (!trial) return std::unexpected(trial.error());
  } else if (secret.empty()) {
    return refuse(Refusal::Code::Invalid, "secret: the secret that GitHub was given is needed");
  }
  channel.config.webhook_signature = scheme;
  return {};
}

Result<void> set_up_mail(Channel& channel, const NewChannel& wanted) {
  ChannelConfig config = wanted.config.value_or(ChannelConfig{});
  if (config.email_provider.value_or("imap") != "imap")
    return refuse(
        Refusal::Code::Invalid,
        "config.emailProvider: this version has imap, which Gmail and Outlook speak, too");
  if (config.imap_host.value_or("").empty())
    return refuse(Refusal::Code::Invalid, "config.imapHost: the name of the IMAP server is needed");
  if (config.imap_user.value_or("").empty())
    return refuse(Refusal::Code::Invalid, "config.imapUser: the user name is needed");
  if (wanted.password.value_or("").empty())
    return refuse(Refusal::Code::Invalid, "password: the password of the mailbox is needed");
  const std::string tls = config.imap_tls.value_or("implicit");
  if (tls != "implicit" && tls != "starttls" && tls != "none")
    return refuse(Refusal::Code::Invalid,
                  "config.imapTls: one of these is needed: implicit, starttls, none");
  const std::int64_t port = config.imap_port.value_or(tls == "implicit" ? 993 : 143);
  if (port < 1 || port > 65535)
    return refuse(Refusal::Code::Invalid, "config.imapPort: a port from 1 to 65535 is needed");
  const std::string since = config.imap_since.value_or("new");
  if (since != "new" && since != "all")
    return refuse(Refusal::Code::Invalid, "config.imapSince: one of these is needed: new, all");
  ChannelConfig kept;
  kept.email_provider = "imap";
  kept.email_address = config.email_address.value_or(*config.imap_user);
  kept.imap_host = config.imap_host;
  kept.imap_port = port;
  kept.imap_user = config.imap_user;
  kept.imap_tls = tls;
  kept.imap_allow_self_signed = config.imap_allow_self_signed;
  kept.imap_since = since;
  kept.folders = config.folders && !config.folders->empty()
                     ? config.folders
                     : std::optional(std::vector<std::string>{"INBOX"});
  channel.config = std::move(kept);
  return {};
}

Result<void> set_up_channel(Channel& channel, const NewChannel& wanted, std::string& secret) {
  const bool webhook = wanted.type == ChannelType::Webhook;
  if (!webhook && wanted.type != ChannelType::Email)
    return refuse(Refusal::Code::Invalid, "type: this version has email and webhook channels");
  if (Result<void> fits = only_what_fits(wanted); !fits) return fits;
  return webhook ? set_up_webhook(channel, wanted, secret) : set_up_mail(channel, wanted);
}

// The channel with its secrets sealed in it.
Task<Channel> with_secrets(Channel channel, std::string webhook_secret, std::string password,
                           const Vault& vault) {
  SealContext context{channel.user_id.value, "channel", channel.id.value, "webhookSecret"};
  if (!webhook_secret.empty())
    channel.config.webhook_secret = co_await vault.seal(context, std::move(webhook_secret));
  context.field = "credentials";
  if (channel.type == ChannelType::Email) {
    std::string plain = to_json(json::object{{"password", std::move(password)}});
    channel.credentials = co_await vault.seal(std::move(context), std::move(plain));
  }
  co_return channel;
}

}  // namespace

Task<HttpResponse> list_channels(Call call, Hub& hub) {
  const Result<PageRequest> request = page_request(call);
  if (!request) co_return refused(request.error());
  Channels channels(hub.tables);
  const Result<PageOf<Channel>> page =
      co_await channels.list_users_channels(hub.user, Paging{request->limit, request->cursor});
  if (!page) co_return refused(page.error());
  json::array data;
  for (const Channel& channel : page->items) data.push_back(shown(channel, hub));
  co_return page_response(std::move(data), page->cursor);
}

Task<HttpResponse> create_channel(Call call, Hub& hub) {
  const Result<NewChannel> wanted = body_as<NewChannel>(call.request);
  if (!wanted) co_return refused(wanted.error());
  if (const Result<void> fits = check_name("name", wanted->name); !fits)
    co_return refused(fits.error());
  const std::vector<Channel> others = co_await all_channels(hub);
  for (const Channel& other : others)
    if (is_same_name(other.name, wanted->name))
      co_return problem(409, "duplicate", "there is a channel \"" + other.name + "\" already");

  Channel channel;
  channel.id = ChannelId::random();
  channel.user_id = hub.user;
  channel.type = wanted->type;
  channel.name = wanted->name;
  channel.created_at = channel.updated_at = hub.clock.now();
  std::string secret;
  const Result<void> set_up = set_up_channel(channel, *wanted, secret);
  if (!set_up) co_return refused(set_up.error());
  channel =
      co_await with_secrets(std::move(channel), secret, wanted->password.value_or(""), hub.vault);

  std::vector<Write> writes;
  writes.push_back(Put{Table::Channels, channel_item(channel), if_absent()});
  Deed deed{"channel.create", channel.id.value, Table::Channels, {}, channel_item(channel)};
  const Result<void> kept = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!kept) co_return refused(kept.error());
  if (channel.type == ChannelType::Email) hub.mail_channels_changed();
  json::value answer = shown(channel, hub);
  if (!secret.empty()) answer.get_object()["secret"] = secret;  // shown this once
  co_return json_response(201, answer);
}

Task<HttpResponse> get_channel(Call call, Hub& hub) {
  Channels channels(hub.tables);
  const std::optional<Channel> channel =
      co_await channels.get_channel_by_id(ChannelId{call.path_value("id")});
  if (!channel || channel->user_id != hub.user)
    co_return problem(404, "not_found", "there is no channel " + call.path_value("id"));
  co_return json_response(200, shown(*channel, hub));
}

Task<HttpResponse> delete_channel(Call call, Hub& hub) {
  const ChannelId id{call.path_value("id")};
  Channels channels(hub.tables);
  const std::optional<Channel> channel = co_await channels.get_channel_by_id(id);
  if (!channel || channel->user_id != hub.user)
    co_return problem(404, "not_found", "there is no channel " + id.value);
  const std::optional<HttpResponse> used = co_await in_use(call, *channel, hub);
  if (used) co_return *used;
  std::vector<Write> writes;
  writes.push_back(Delete{Table::Channels, channel_key(id), {}});
  const std::vector<MailCursor> cursors = co_await channels.list_mail_cursors(id);
  for (const MailCursor& cursor : cursors) {
    const Item item = mail_cursor_item(id, cursor);
    writes.push_back(Delete{Table::Channels, {string_or(item, "PK"), string_or(item, "SK")}, {}});
  }
  Deed deed{"channel.delete", id.value, Table::Channels, channel_item(*channel), {}};
  const Result<void> gone = co_await transact_for_owner(hub, std::move(deed), std::move(writes));
  if (!gone) co_return refused(gone.error());
  hub.rulebook.forget_channel(id);
  if (channel->type == ChannelType::Email) hub.mail_channels_changed();
  co_return HttpResponse{204, {}, {}};
}

}  // namespace msghub
