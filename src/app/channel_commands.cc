#include <sstream>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"

namespace msghub {

namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

void print_channel(const json::value& channel, const Globals& globals) {
  if (globals.json) return print_json(channel);
  std::printf("channel \"%s\" (%s)\n", cell(channel, "name").c_str(), cell(channel, "id").c_str());
  const json::value& config = channel.at("config");
  if (config.as_object().contains("webhookUrl"))
    std::printf("  address: %s\n", cell(config, "webhookUrl").c_str());
  if (channel.as_object().contains("secret"))
    std::printf("  secret:  %s   (shown this once)\n", cell(channel, "secret").c_str());
  else if (cell(channel, "type") == "email")
    std::printf("  next: `msghub channel list` shows whether it connects\n");
  else
    std::printf("  anyone who knows the address can send to it; --signature checks who does\n");
}

struct WebhookFlags {
  std::string name, signature = "none", secret_file, from, subject, body;
};

void add_webhook(const WebhookFlags& flags, const Globals& globals) {
  json::object mapping;
  for (const auto& [key, value] :
       {std::pair{"from", &flags.from}, std::pair{"subject", &flags.subject},
        std::pair{"body", &flags.body}})
    if (!value->empty()) mapping[key] = *value;
  json::object wanted{{"type", "webhook"}, {"name", flags.name}, {"signature", flags.signature}};
  if (!mapping.empty()) wanted["config"] = {{"webhookMapping", std::move(mapping)}};
  if (!flags.secret_file.empty()) wanted["secret"] = read_secret(flags.secret_file);
  print_channel(ApiClient(globals).post("/v1/channels", wanted), globals);
}

struct ImapFlags {
  std::string name, host, user, tls = "implicit", folders = "INBOX", since = "new", password_file;
  int port = 0;
  bool allow_self_signed = false;
};

void add_imap(const ImapFlags& flags, const Globals& globals) {
  json::array folders;
  for (const std::string& folder : split(flags.folders)) folders.emplace_back(folder);
  json::object config{{"imapHost", flags.host},
                      {"imapUser", flags.user},
                      {"imapTls", flags.tls},
                      {"imapSince", flags.since},
                      {"folders", std::move(folders)}};
  if (flags.port != 0) config["imapPort"] = flags.port;
  if (flags.allow_self_signed) config["imapAllowSelfSigned"] = true;
  const json::object wanted{{"type", "email"},
                            {"name", flags.name},
                            {"config", std::move(config)},
                            {"password", read_secret(flags.password_file)}};
  print_channel(ApiClient(globals).post("/v1/channels", wanted), globals);
}

struct ConnectionFlags {
  std::string name, host, database, user, from, tls, password_file;
  int port = 0;
  bool allow_self_signed = false, no_password = false;
};

void create_connection(const json::object& wanted, const Globals& globals) {
  const json::value made = ApiClient(globals).post("/v1/connections", wanted);
  if (globals.json) return print_json(made);
  std::printf("connection \"%s\" (%s); rules write it as **%s**\n",
              cell(made, "displayName").c_str(), cell(made, "id").c_str(),
              cell(made, "displayName").c_str());
}

void add_connection(const std::string& service, const ConnectionFlags& flags,
                    const Globals& globals) {
  json::object settings{{"host", flags.host}, {"port", flags.port}};
  for (const auto& [key, value] :
       {std::pair{"database", &flags.database}, std::pair{"user", &flags.user},
        std::pair{"from", &flags.from}, std::pair{"tls", &flags.tls}})
    if (!value->empty()) settings[key] = *value;
  if (flags.allow_self_signed) settings["allowSelfSigned"] = true;
  json::object credentials;
  if (!flags.no_password) credentials["password"] = read_secret(flags.password_file);
  create_connection({{"service", service},
                     {"displayName", flags.name},
                     {"settings", std::move(settings)},
                     {"credentials", std::move(credentials)}},
                    globals);
}

// An account of a service that has no server of its own.
struct AccountFlags {
  std::string name, key_file, token_file, spreadsheet, base_url;
};

void add_account(const std::string& service, const AccountFlags& flags, const Globals& globals) {
  json::object settings;
  if (!flags.base_url.empty()) settings["baseUrl"] = flags.base_url;
  if (!flags.spreadsheet.empty()) settings["spreadsheetId"] = flags.spreadsheet;
  json::object credentials;
  if (service == "slack")
    credentials["token"] = read_secret(flags.token_file);
  else if (service == "openai")
    credentials["apiKey"] = read_secret(flags.key_file);
  else if (!flags.key_file.empty())
    credentials["serviceAccount"] = read_file(flags.key_file);
  else
    credentials["accessToken"] = read_secret(flags.token_file);
  create_connection({{"service", service},
                     {"displayName", flags.name},
                     {"settings", std::move(settings)},
                     {"credentials", std::move(credentials)}},
                    globals);
}

constexpr const char* kPasswordHelp = "file with the password, - for standard input";

void add_connection_flags(CLI::App* command, const std::shared_ptr<ConnectionFlags>& flags,
                          int default_port, const std::string& tls_help) {
  flags->port = default_port;
  command->add_option("name", flags->name, "what rules write in bold")->required();
  command->add_option("--host", flags->host, "the server's name or address")->required();
  command->add_option("--port", flags->port, "its port")->capture_default_str();
  command->add_option("--user", flags->user, "the user who signs in");
  command->add_option("--tls", flags->tls, tls_help);
  command->add_option("--password-file", flags->password_file, kPasswordHelp);
  command->add_flag("--no-password", flags->no_password, "the server wants none");
}

// Where a webhook is reached, or why a mailbox is not.
std::string detail_of(const json::value& entry) {
  const json::value* config = entry.as_object().if_contains("config");
  if (config != nullptr && config->as_object().contains("webhookUrl"))
    return cell(*config, "webhookUrl");
  return cell(entry, "statusDetail");
}

void add_list_and_remove(CLI::App* parent, const std::string& collection,
                         const std::string& name_member, const std::string& kind_member,
                         Globals& globals) {
  CLI::App* listing = parent->add_subcommand("list", "List the " + collection);
  const std::string one = collection.substr(0, collection.size() - 1);
  listing->footer("Examples:\n  msghub " + one + " list\n  msghub " + one + " list --json");
  listing->callback([=, &globals] {
    const json::array entries = ApiClient(globals).list("/v1/" + collection, 10'000);
    if (globals.json) return print_json(entries);
    std::vector<std::vector<std::string>> rows;
    for (const json::value& entry : entries)
      rows.push_back({cell(entry, "id"), cell(entry, kind_member), cell(entry, "status"),
                      cell(entry, name_member), detail_of(entry)});
    std::fputs(table({"ID", "KIND", "STATUS", "NAME", "DETAIL"}, rows).c_str(), stdout);
  });
  auto target = std::make_shared<std::string>();
  CLI::App* removing = parent->add_subcommand("remove", "Remove one of the " + collection);
  removing->add_option(one, *target, "id or name")->required();
  removing->footer("Examples:\n  msghub " + one + " remove \"Old one\"\n  msghub " + one +
                   " remove ID");
  auto force = std::make_shared<bool>(false);
  removing->add_flag("--force", *force, "also when active rules use it");
  removing->callback([=, &globals] {
    const ApiClient client(globals);
    client.remove("/v1/" + collection + "/" + client.resolve(collection, name_member, *target) +
                  (*force ? "?force=true" : ""));
  });
}

void add_account_commands(CLI::App* add, Globals& globals) {
  const auto command = [add](const char* service, const char* help, AccountFlags& flags,
                             const char* server) {
    CLI::App* made = add->add_subcommand(service, help);
    made->add_option("name", flags.name, "what rules write in bold")->required();
    made->add_option("--base-url", flags.base_url, server);
    return made;
  };
  auto google = std::make_shared<AccountFlags>();
  CLI::App* sheets = command("google", "A Google account, or one spreadsheet that it may edit",
                             *google, "another address than https://sheets.googleapis.com");
  sheets->add_option("--spreadsheet", google->spreadsheet,
                     "the spreadsheet that the name stands for: its address or id");
  CLI::Option* key = sheets->add_option("--key-file", google->key_file,
                                        "JSON key file of a service account, - for standard input");
  CLI::Option* token = sheets->add_option("--token-file", google->token_file,
                                          "in its place: file with an access token");
  key->excludes(token);
  sheets->footer(
      "Share the spreadsheet with the service account's address, as an editor.\n\n"
      "Examples:\n"
      "  msghub connection add google Ledger --key-file key.json --spreadsheet "
      "https://docs.google.com/spreadsheets/d/1x2y3z/edit\n"
      "  pass google/robot | msghub connection add google Google --key-file -");
  sheets->callback([google, key, token, &globals] {
    if (key->count() + token->count() == 0)
      throw ApiError{kUsage, "give the key with --key-file FILE (- for standard input)", {}};
    add_account("google", *google, globals);
  });

  auto workspace = std::make_shared<AccountFlags>();
  CLI::App* slack = command("slack", "A Slack workspace to post to", *workspace,
                            "another address than https://slack.com/api/");
  slack
      ->add_option("--token-file", workspace->token_file,
                   "file with the bot's token, xoxb-…; - for standard input")
      ->required();
  slack->footer(
      "The app needs the scope chat:write; invite it to the channels that it is to post to.\n\n"
      "Examples:\n"
      "  msghub connection add slack Slack --token-file token.txt\n"
      "  pass slack/bot | msghub connection add slack Workspace --token-file -");
  slack->callback([workspace, &globals] { add_account("slack", *workspace, globals); });

  auto model = std::make_shared<AccountFlags>();
  CLI::App* openai = command("openai", "OpenAI, or a server that speaks its protocol", *model,
                             "another address than https://api.openai.com/v1");
  openai->add_option("--key-file", model->key_file, "file with the API key; - for standard input")
      ->required();
  openai->footer(
      "Examples:\n"
      "  msghub connection add openai OpenAI --key-file key.txt\n"
      "  echo none | msghub connection add openai Local --base-url http://localhost:8000/v1 "
      "--key-file -");
  openai->callback([model, &globals] { add_account("openai", *model, globals); });
}

}  // namespace

void add_channel_commands(CLI::App& root, Globals& globals, int&) {
  CLI::App* channel = root.add_subcommand("channel", "Where messages come from");
  channel->require_subcommand(1);
  CLI::App* add = channel->add_subcommand("add", "Add a channel");
  add->require_subcommand(1);

  auto hook = std::make_shared<WebhookFlags>();
  CLI::App* webhook = add->add_subcommand("webhook", "An address that takes HTTP POST");
  webhook->add_option("name", hook->name, "what rules write in bold")->required();
  webhook
      ->add_option("--signature", hook->signature, "standard (Standard Webhooks), github, or none")
      ->capture_default_str();
  webhook->add_option("--secret-file", hook->secret_file,
                      "the sender's secret, - for standard input; left out: a new one is made");
  webhook->add_option("--from", hook->from, "JSON path that becomes the sender");
  webhook->add_option("--subject", hook->subject, "JSON path that becomes the subject");
  webhook->add_option("--body", hook->body, "JSON path that becomes the body");
  webhook->footer(
      "Examples:\n  msghub channel add webhook Orders --subject order.title\n"
      "  msghub channel add webhook Pushes --signature github --secret-file secret.txt");
  webhook->callback([hook, &globals] { add_webhook(*hook, globals); });

  auto mail = std::make_shared<ImapFlags>();
  CLI::App* imap = add->add_subcommand("imap", "A mailbox");
  imap->add_option("name", mail->name, "what rules write in bold")->required();
  imap->add_option("--host", mail->host, "the server's name or address")->required();
  imap->add_option("--port", mail->port, "default: 993, without implicit TLS 143");
  imap->add_option("--user", mail->user, "the user who signs in")->required();
  imap->add_option("--tls", mail->tls, "implicit, starttls or none")->capture_default_str();
  imap->add_option("--folders", mail->folders, "names with commas between")->capture_default_str();
  imap->add_option("--since", mail->since, "new: mails from now on; all: what is there, too")
      ->capture_default_str();
  imap->add_flag("--allow-self-signed", mail->allow_self_signed, "trust any certificate");
  imap->add_option("--password-file", mail->password_file, kPasswordHelp);
  imap->footer(
      "Examples:\n"
      "  msghub channel add imap \"Billing inbox\" --host imap.acme.com --user billing@acme.com "
      "--password-file pw\n"
      "  pass mail/me | msghub channel add imap Mine --host mail.me --user me --password-file - "
      "--since all");
  imap->callback([mail, &globals] { add_imap(*mail, globals); });

  add_list_and_remove(channel, "channels", "name", "type", globals);
}

void add_connection_commands(CLI::App& root, Globals& globals, int&) {
  CLI::App* connection = root.add_subcommand("connection", "Accounts and servers that rules use");
  connection->require_subcommand(1);
  CLI::App* add = connection->add_subcommand("add", "Add a connection");
  add->require_subcommand(1);

  auto database = std::make_shared<ConnectionFlags>();
  CLI::App* postgres = add->add_subcommand("postgres", "A PostgreSQL database");
  add_connection_flags(postgres, database, 5432, "none, require, or verify");
  postgres->add_option("--database", database->database, "default: the user's name");
  postgres->footer(
      "Examples:\n"
      "  msghub connection add postgres ERP --host db.local --database erp --user hub "
      "--password-file pw\n"
      "  MSGHUB_PASSWORD=… msghub connection add postgres ERP --host localhost --user hub");
  postgres->callback([database, &globals] { add_connection("postgres", *database, globals); });

  auto mail = std::make_shared<ConnectionFlags>();
  CLI::App* smtp = add->add_subcommand("smtp", "A mail server to send through");
  add_connection_flags(smtp, mail, 587, "starttls (default), implicit, or none");
  smtp->add_option("--from", mail->from, "the sender's address; default: the user");
  smtp->add_flag("--allow-self-signed", mail->allow_self_signed, "trust any certificate");
  smtp->footer(
      "Examples:\n"
      "  msghub connection add smtp \"Office mail\" --host smtp.acme.com --user hub@acme.com "
      "--password-file pw\n"
      "  msghub connection add smtp Relay --host localhost --port 25 --tls none --no-password "
      "--from hub@acme.com");
  smtp->callback([mail, &globals] { add_connection("smtp", *mail, globals); });

  add_account_commands(add, globals);
  add_list_and_remove(connection, "connections", "displayName", "service", globals);
}

}  // namespace msghub
