#include <cstdio>

#include "app/commands.h"
#include "app/config.h"
#include "app/engines.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "store/dynamo/create_tables.h"

namespace msghub {

namespace {

struct TablesFlags {
  std::string kms_key;
  bool no_recovery = false;
};

Config tables_config(const Globals& globals) {
  Result<Config> config = load_config(globals.config, globals.data);
  if (!config) throw ApiError{kUsage, config.error().detail, {}};
  // Tables are made before a hub moves to them: its own store and blobs are not asked for.
  config->store_engine = "dynamodb";
  config->blobs_engine = "disk";
  return std::move(*config);
}

TableSettings settings_of(const Config& config, const TablesFlags& flags) {
  TableSettings settings = table_settings(config);
  settings.kms_key = flags.kms_key;
  settings.point_in_time_recovery = !flags.no_recovery;
  return settings;
}

void show_progress(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

// Says what differs; true when nothing does.
bool report_differences(const Globals& globals, const std::vector<std::string>& lines) {
  if (globals.json) {
    json::array differences;
    for (const std::string& line : lines) differences.emplace_back(line);
    print_json(json::object{{"differences", std::move(differences)}});
  } else if (lines.empty()) {
    std::puts("The tables are as they should be.");
  }
  if (!globals.json)
    for (const std::string& line : lines) std::printf("%s\n", line.c_str());
  return lines.empty();
}

void compare(Offline& hub, aws::Client& client, const Globals& globals,
             const TableSettings& settings, int& exit_code) {
  const std::vector<std::string> lines = hub.run(check_tables(client, settings));
  if (!report_differences(globals, lines)) exit_code = kFailed;
}

void add_flags(CLI::App& command, TablesFlags& flags) {
  command.add_option("--kms-key", flags.kms_key,
                     "encrypt with this KMS key instead of the one AWS keeps for DynamoDB");
  command.add_flag("--no-recovery", flags.no_recovery, "without point-in-time recovery");
}

}  // namespace

void add_tables_commands(CLI::App& root, Globals& globals, int& exit_code) {
  auto flags = std::make_shared<TablesFlags>();
  CLI::App* tables = root.add_subcommand("tables", "The hub's tables in DynamoDB");
  tables->require_subcommand(1);
  tables->footer(
      "Settings: store.layout, dynamodb.table_prefix, dynamodb.billing, aws.region, aws.endpoint.\n"
      "Examples:\n  msghub tables create --config hub.toml\n  msghub tables check --json");

  CLI::App* create =
      tables->add_subcommand("create", "Make the tables that are not there yet, and compare");
  add_flags(*create, *flags);
  create->footer("Examples:\n  msghub tables create --config hub.toml");
  create->callback([&globals, &exit_code, flags] {
    const Config config = tables_config(globals);
    const TableSettings settings = settings_of(config, *flags);
    Offline hub(config, Offline::Version::Unchecked);
    const std::unique_ptr<aws::Client> client = hub.engines().aws_client("dynamodb");
    hub.check_version(*client, settings);
    hub.run(create_tables(*client, settings, show_progress));
    compare(hub, *client, globals, settings, exit_code);
  });

  CLI::App* check = tables->add_subcommand("check", "Compare the tables with what they should be");
  add_flags(*check, *flags);
  check->footer("Examples:\n  msghub tables check --json");
  check->callback([&globals, &exit_code, flags] {
    const Config config = tables_config(globals);
    const TableSettings settings = settings_of(config, *flags);
    Offline hub(config, Offline::Version::Unchecked);
    const std::unique_ptr<aws::Client> client = hub.engines().aws_client("dynamodb");
    hub.check_version(*client, settings);
    compare(hub, *client, globals, settings, exit_code);
  });
}

}  // namespace msghub
