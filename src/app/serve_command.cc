#include "api/router.h"
#include "app/commands.h"
#include "app/config_values.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/serve.h"

namespace msghub {

namespace {

struct ServeFlags {
  std::string listen;
  std::vector<std::string> egress_allow;
  std::vector<std::string> set;
  std::string store, blobs, keyring;
};

Config serve_config(const Globals& globals, const ServeFlags& flags) {
  Result<Config> config = load_config(globals.config, globals.data);
  if (!config) throw ApiError{kUsage, config.error().detail, {}};
  for (const std::string& assignment : flags.set) {
    const std::size_t equals = assignment.find('=');
    const std::string name = assignment.substr(0, equals);
    const Result<void> set = equals == std::string::npos
                                 ? refuse(Refusal::Code::Invalid, "name=value is needed")
                                 : set_setting(*config, name, assignment.substr(equals + 1));
    if (!set) throw ApiError{kUsage, "--set " + assignment + ": " + set.error().detail, {}};
  }
  const std::pair<const char*, const std::string&> engines[] = {{"store.engine", flags.store},
                                                                {"blobs.engine", flags.blobs},
                                                                {"keyring.engine", flags.keyring}};
  for (const auto& [name, value] : engines) {
    if (value.empty()) continue;
    const Result<void> set = set_setting(*config, name, value);
    if (!set) throw ApiError{kUsage, std::string(name) + ": " + set.error().detail, {}};
  }
  if (!flags.listen.empty()) {
    const Result<void> set = set_setting(*config, "listen", flags.listen);
    if (!set) throw ApiError{kUsage, "--listen: " + set.error().detail, {}};
  }
  for (const std::string& entry : flags.egress_allow) {
    const Result<void> fits = check_egress_entry(entry);
    if (!fits) throw ApiError{kUsage, "--egress-allow: " + fits.error().detail, {}};
    config->egress_allow.push_back(entry);
  }
  return *config;
}

}  // namespace

void add_serve_command(CLI::App& root, Globals& globals, int& exit_code) {
  CLI::App* command = root.add_subcommand("serve", "Run a hub until Ctrl-C");
  auto flags = std::make_shared<ServeFlags>();
  command->add_option("--listen", flags->listen, "address and port (default 127.0.0.1:4680)");
  command->add_option("--egress-allow", flags->egress_allow,
                      "a private host:port that rules may call; may be repeated");
  command->add_option("--store", flags->store, "where items are kept: embedded or dynamodb");
  command->add_option("--blobs", flags->blobs, "where bytes are kept: disk or s3");
  command->add_option("--keyring", flags->keyring, "who holds the master key: file or kms");
  command->add_option("--set", flags->set, "any setting as name=value; may be repeated");
  command->footer(R"(Examples:
  msghub serve
  msghub serve --data ./hub --listen 127.0.0.1:8080 --set workers.count=8)");
  command->callback(
      [&globals, &exit_code, flags] { exit_code = serve(serve_config(globals, *flags)); });
}

void add_api_commands(CLI::App& root, Globals& globals, int&) {
  CLI::App* api = root.add_subcommand("api", "The hub's HTTP API");
  api->require_subcommand(1);
  CLI::App* list = api->add_subcommand("routes", "List what the API answers to");
  list->footer("Examples:\n  msghub api routes\n  msghub api routes --json");
  list->callback([&globals] {
    json::array out;
    std::vector<std::vector<std::string>> rows;
    for (const Route& route : routes()) {
      json::array query;
      for (const std::string& name : route.query) query.emplace_back(name);
      out.push_back(json::object{{"method", route.method},
                                 {"path", route.pattern},
                                 {"open", route.open},
                                 {"query", std::move(query)}});
      rows.push_back({route.method, route.pattern, route.open ? "open" : "token"});
    }
    if (globals.json) return print_json(out);
    std::fputs(table({"METHOD", "PATH", "ACCESS"}, rows).c_str(), stdout);
  });
}

}  // namespace msghub
