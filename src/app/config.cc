#include "app/config.h"

#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "app/config_values.h"
#include "rule/nearest.h"

namespace msghub {

namespace fs = std::filesystem;

namespace {

struct Entry {
  Setting setting;
  std::function<Result<void>(Config&, const std::string&)> set;
};

Result<std::int64_t> whole_number(const std::string& text, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < least ||
      value > most)
    return refuse(Refusal::Code::Invalid, "\"" + text + "\" is no whole number from " +
                                              std::to_string(least) + " to " +
                                              std::to_string(most));
  return value;
}

auto text_into(std::string Config::* member) {
  return [member](Config& config, const std::string& value) -> Result<void> {
    config.*member = value;
    return {};
  };
}

template <class T>
auto number_into(T Config::* member, std::int64_t least, std::int64_t most) {
  return [=](Config& config, const std::string& value) -> Result<void> {
    const auto number = whole_number(value, least, most);
    if (!number) return std::unexpected(number.error());
    config.*member = T(*number);
    return {};
  };
}

Result<void> set_egress(Config& config, const std::string& value) {
  config.egress_allow.clear();
  std::size_t at = 0;
  while (at <= value.size()) {
    const std::size_t comma = std::min(value.find(',', at), value.size());
    const std::string entry(trim(std::string_view(value).substr(at, comma - at)));
    at = comma + 1;
    if (entry.empty()) continue;
    if (Result<void> fits = check_egress_entry(entry); !fits) return fits;
    config.egress_allow.push_back(entry);
  }
  return {};
}

Result<void> set_listen(Config& config, const std::string& value) {
  const Result<ListenAddress> address = read_listen_address(value);
  if (!address) return std::unexpected(address.error());
  config.listen = value;
  return {};
}

Result<void> set_public_url(Config& config, const std::string& value) {
  if (value.empty()) return {};  // what listens tells
  Result<std::string> url = read_public_url(value);
  if (!url) return std::unexpected(url.error());
  config.public_url = std::move(*url);
  return {};
}

auto switch_into(bool Config::* member) {
  return [member](Config& config, const std::string& value) -> Result<void> {
    if (value != "true" && value != "false")
      return refuse(Refusal::Code::Invalid, "\"" + value + "\" is neither true nor false");
    config.*member = value == "true";
    return {};
  };
}

auto choice_into(std::string Config::* member, std::vector<std::string> choices) {
  return [member, choices = std::move(choices)](Config& config,
                                                const std::string& value) -> Result<void> {
    if (std::ranges::find(choices, value) == choices.end()) {
      std::string known;
      for (const std::string& choice : choices) known += (known.empty() ? "" : ", ") + choice;
      return refuse(Refusal::Code::Invalid, "\"" + value + "\" is none of " + known);
    }
    config.*member = value;
    return {};
  };
}

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all{
      {{"key_file", "MSGHUB_KEY_FILE", "file of the master key, outside the data folder"},
       text_into(&Config::key_file)},
      {{"listen", "MSGHUB_LISTEN", "address and port of the API and the webhooks"}, set_listen},
      {{"public_url", "MSGHUB_PUBLIC_URL", "how senders of webhooks reach the hub"},
       set_public_url},
      {{"node", "MSGHUB_NODE", "path of Node.js 24"}, text_into(&Config::node)},
      {{"runtime", "MSGHUB_RUNTIME", "folder of the TypeScript runtime"},
       text_into(&Config::runtime)},
      {{"workers.count", "MSGHUB_WORKERS_COUNT", "worker processes, 1 to 256"},
       number_into(&Config::workers, 1, 256)},
      {{"workers.memory", "MSGHUB_WORKERS_MEMORY", "MiB of JavaScript heap of one worker"},
       number_into(&Config::worker_memory, 32, 65'536)},
      {{"workers.deadline_ms", "MSGHUB_WORKERS_DEADLINE_MS", "time limit of one try of a rule"},
       number_into(&Config::deadline, 100, 3'600'000)},
      {{"egress.allow", "MSGHUB_EGRESS_ALLOW",
        "private addresses that rules may call, \"host:port\" or \"10.0.0.0/8:443\""},
       set_egress},
      {{"retry.base_ms", "MSGHUB_RETRY_BASE_MS", "first pause before a failed rule runs again"},
       number_into(&Config::retry_base, 1, 3'600'000)},
      {{"retry.tries", "MSGHUB_RETRY_TRIES", "tries of an execution in all"},
       number_into(&Config::retry_tries, 1, 100)},
      {{"store.engine", "MSGHUB_STORE_ENGINE", "where items are kept: embedded or dynamodb"},
       choice_into(&Config::store_engine, {"embedded", "dynamodb"})},
      {{"store.layout", "MSGHUB_STORE_LAYOUT", "multi-table or single-table"},
       choice_into(&Config::store_layout, {"multi-table", "single-table"})},
      {{"store.changes_hours", "MSGHUB_STORE_CHANGES_HOURS",
        "how long the embedded store keeps its change feed"},
       number_into(&Config::changes_hours, 1, 720)},
      {{"blobs.engine", "MSGHUB_BLOBS_ENGINE", "where bytes are kept: disk or s3"},
       choice_into(&Config::blobs_engine, {"disk", "s3"})},
      {{"keyring.engine", "MSGHUB_KEYRING_ENGINE", "who holds the master key: file or kms"},
       choice_into(&Config::keyring_engine, {"file", "kms"})},
      {{"aws.region", "MSGHUB_AWS_REGION", "region of DynamoDB, S3 and KMS"},
       text_into(&Config::aws_region)},
      {{"aws.endpoint", "MSGHUB_AWS_ENDPOINT", "URL of all AWS services, instead of Amazon's own"},
       text_into(&Config::aws_endpoint)},
      {{"aws.ca_file", "MSGHUB_AWS_CA_FILE", "certificate authorities of that URL, PEM"},
       text_into(&Config::aws_ca_file)},
      {{"dynamodb.table_prefix", "MSGHUB_DYNAMODB_TABLE_PREFIX", "before the names of the tables"},
       text_into(&Config::dynamodb_prefix)},
      {{"dynamodb.billing", "MSGHUB_DYNAMODB_BILLING",
        "of tables that are created: on-demand or provisioned"},
       choice_into(&Config::dynamodb_billing, {"on-demand", "provisioned"})},
      {{"s3.bucket", "MSGHUB_S3_BUCKET", "bucket of the blobs"}, text_into(&Config::s3_bucket)},
      {{"s3.prefix", "MSGHUB_S3_PREFIX", "before the paths of the objects"},
       text_into(&Config::s3_prefix)},
      {{"s3.encryption", "MSGHUB_S3_ENCRYPTION", "AES256, aws:kms, or none for the bucket's own"},
       choice_into(&Config::s3_encryption, {"", "AES256", "aws:kms"})},
      {{"s3.kms_key_id", "MSGHUB_S3_KMS_KEY_ID", "key of aws:kms, instead of the account's own"},
       text_into(&Config::s3_kms_key_id)},
      {{"kms.key_id", "MSGHUB_KMS_KEY_ID", "id, alias or ARN of the key ring's key"},
       text_into(&Config::kms_key_id)},
      {{"retention.days", "MSGHUB_RETENTION_DAYS", "how long messages and executions are kept"},
       number_into(&Config::retention_days, 1, 3'650)},
      {{"retention.archive_hours", "MSGHUB_RETENTION_ARCHIVE_HOURS",
        "how long before their end they are archived"},
       number_into(&Config::retention_archive_hours, 0, 8'760)},
      {{"retention.sweep_minutes", "MSGHUB_RETENTION_SWEEP_MINUTES", "how often the sweeper works"},
       number_into(&Config::retention_sweep_minutes, 1, 1'440)},
      {{"store.reserve", "MSGHUB_STORE_RESERVE", "MiB of free disk below which intake stops"},
       number_into(&Config::store_reserve, 1, 1'048'576)},
      {{"metrics.cloudwatch", "MSGHUB_METRICS_CLOUDWATCH",
        "true: send metrics to CloudWatch every minute"},
       switch_into(&Config::metrics_cloudwatch)},
      {{"metrics.namespace", "MSGHUB_METRICS_NAMESPACE", "of the metrics in CloudWatch"},
       text_into(&Config::metrics_namespace)},
      {{"log.level", "MSGHUB_LOG_LEVEL", "debug, info, warn or error"},
       choice_into(&Config::log_level, {"debug", "info", "warn", "error"})},
  };
  return all;
}

std::string text_of(const toml::node& node) {
  if (const auto text = node.value<std::string>(); node.is_string() && text) return *text;
  if (const auto number = node.value<std::int64_t>(); node.is_integer() && number)
    return std::to_string(*number);
  if (const auto truth = node.value<bool>(); node.is_boolean() && truth)
    return *truth ? "true" : "false";
  std::string joined;
  if (const toml::array* list = node.as_array())
    for (const toml::node& entry : *list)
      joined += (joined.empty() ? "" : ",") + entry.value_or(std::string());
  return joined;
}

// Variables that are no settings. Others may begin like ours, too: Kubernetes sets MSGHUB_PORT for
// a service that is called msghub. So only what is a slip of one of ours is refused.
Result<void> check_variables() {
  constexpr std::string_view kOurs = "MSGHUB_";
  std::vector<std::string> known{"DATA", "URL", "TOKEN", "PASSWORD"};
  for (const Entry& entry : entries()) known.push_back(entry.setting.variable.substr(kOurs.size()));
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string name(*variable, std::string_view(*variable).find('='));
    if (!name.starts_with(kOurs)) continue;
    const std::string rest = name.substr(kOurs.size());
    if (std::ranges::find(known, rest) != known.end()) continue;
    if (const std::string near = nearest(rest, known); !near.empty())
      return refuse(Refusal::Code::Invalid, name + ": there is no such setting; did you mean " +
                                                std::string(kOurs) + near + "?");
  }
  return {};
}

Result<void> read_table(Config& config, const toml::table& table, const std::string& prefix,
                        const std::string& file) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      if (Result<void> read = read_table(config, *inner, name + ".", file); !read) return read;
      continue;
    }
    if (const Result<void> set = set_setting(config, name, text_of(node)); !set)
      return refuse(Refusal::Code::Invalid, file + ":" + std::to_string(node.source().begin.line) +
                                                ": " + name + ": " + set.error().detail);
  }
  return {};
}

}  // namespace

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> out;
    for (const Entry& entry : entries()) out.push_back(entry.setting);
    return out;
  }();
  return all;
}

Result<void> set_setting(Config& config, const std::string& name, const std::string& value) {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) {
    if (entry.setting.name == name) return entry.set(config, value);
    names.push_back(entry.setting.name);
  }
  const std::string near = nearest(name, names);
  return refuse(Refusal::Code::Invalid,
                "there is no such setting" + (near.empty() ? "" : "; did you mean " + near + "?"));
}

Result<Config> load_config(const std::string& file, const std::string& data) {
  Config config;
  config.data =
      fs::absolute(data.empty() ? default_data_folder() : data).lexically_normal().string();
  if (config.data.ends_with('/')) config.data.pop_back();
  std::string path = file;
  if (path.empty() && fs::exists(config.data + "/msghub.toml")) path = config.data + "/msghub.toml";
  if (fs::is_directory(path))
    return refuse(Refusal::Code::Invalid, path + " is a folder; a file is needed");
  if (!path.empty()) {
    try {
      const toml::table table = toml::parse_file(path);
      if (const Result<void> read = read_table(config, table, "", path); !read)
        return std::unexpected(read.error());
    } catch (const toml::parse_error& error) {
      return refuse(Refusal::Code::Invalid, path + ":" + std::to_string(error.source().begin.line) +
                                                ": " + std::string(error.description()));
    }
  }
  if (const Result<void> checked = check_variables(); !checked)
    return std::unexpected(checked.error());
  for (const Entry& entry : entries()) {
    const char* value = std::getenv(entry.setting.variable.c_str());
    if (value == nullptr) continue;
    if (const Result<void> set = entry.set(config, value); !set)
      return refuse(Refusal::Code::Invalid, entry.setting.variable + ": " + set.error().detail);
  }
  if (config.key_file.empty()) config.key_file = config.data + ".key";
  return config;
}

std::string default_data_folder() {
  if (const char* data = std::getenv("MSGHUB_DATA")) return data;
  if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg != '\0')
    return std::string(xdg) + "/msghub";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.local/share/msghub";
}

}  // namespace msghub
