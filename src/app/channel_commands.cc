#include <sstream>

#include "app/commands.h"
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
  const json::object wanted{{"service", service},
                            {"displayName", flags.name},
                            {"settings", std::move(settings)},
                            {"credentials", std::move(credentials)}};
  const json::value made = ApiClient(globals).post("/v1/connections", wanted);
  if (globals.json) return print_json(made);
  std::printf("connection \"%s\" (%s); rules write it as **%s**\n",
              cell(made, "displayName").c_str(), cell(made, "id").c_str(),
              cell(made, "displayName").c_str());
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
  removing->callback([=, &globals] {
    const ApiClient client(globals);
    client.remove("/v1/" + collection + "/" + client.resolve(collection, name_member, *target));
  });
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

  add_list_and_remove(connection, "connections", "displayName", "service", globals);
}

}  // namespace msghub
