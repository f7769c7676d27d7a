#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace msghub {

// Settings of a hub. Sources, the later ones win: defaults, the file, MSGHUB_* variables, flags.
// docs/operations/configuration.md lists them; a test holds the page and kSettings equal.
struct Config {
  std::string data;                       // folder of everything the hub keeps
  std::string key_file;                   // master key; default "<data>.key"
  std::string listen = "127.0.0.1:4680";  // address and port of the API and the webhooks
  std::string public_url;                 // how the world reaches it; default from `listen`
  std::string node;                       // Node.js 24; default: the one of the runtime's packages
  std::string runtime;                    // folder "runtime"; default: found from the program
  std::size_t workers = 4;
  std::size_t worker_memory = 256;  // MiB of JavaScript heap of one worker
  std::chrono::milliseconds deadline{60'000};
  std::vector<std::string> egress_allow;  // private targets that rules may call: "127.0.0.1:9000"
  std::chrono::milliseconds retry_base{1'000};
  int retry_tries = 8;
  std::string store_engine = "embedded";       // or "dynamodb"
  std::string store_layout = "multi-table";    // or "single-table"
  std::size_t store_reserve = 64;              // MiB of free disk below which intake stops
  std::size_t changes_hours = 24;              // how long the embedded store keeps its change feed
  std::string blobs_engine = "disk";           // or "s3"
  std::string keyring_engine = "file";         // or "kms"
  std::string aws_region;                      // default: the environment's, the profile's
  std::string aws_endpoint;                    // of all services, instead of Amazon's own
  std::string aws_ca_file;                     // more certificate authorities, PEM
  std::string dynamodb_prefix;                 // before the names of the tables
  std::string dynamodb_billing = "on-demand";  // or "provisioned"; of tables that are created
  std::string s3_bucket;
  std::string s3_prefix;      // before the paths of objects
  std::string s3_encryption;  // "", "AES256", "aws:kms"
  std::string s3_kms_key_id;
  std::string kms_key_id;                    // key id, alias or ARN of the key ring
  std::size_t retention_days = 90;           // how long messages and executions are kept
  std::size_t retention_archive_hours = 48;  // how long before their end they are archived
  std::size_t retention_sweep_minutes = 10;
  bool metrics_cloudwatch = false;  // whether metrics go to CloudWatch
  std::string metrics_namespace = "MessageAutomationHub";
  std::string log_level = "info";  // "debug", "info", "warn", "error"
};

// One setting: its dotted name in the file, its variable, and how it is read and shown.
struct Setting {
  std::string name;      // "retry.tries"
  std::string variable;  // "MSGHUB_RETRY_TRIES"
  std::string help;
};
const std::vector<Setting>& settings();

// Sets one setting by its dotted name. Refuses (Invalid) an unknown name with a suggestion, or a
// value that does not fit. Lists are separated by commas.
Result<void> set_setting(Config& config, const std::string& name, const std::string& value);

// Reads the file (none: no error when `file` is empty) and the environment. Refuses (Invalid) with
// file, line and reason.
Result<Config> load_config(const std::string& file, const std::string& data);

// The data folder when none is named: $MSGHUB_DATA, else $XDG_DATA_HOME/msghub, else
// ~/.local/share/msghub.
std::string default_data_folder();

}  // namespace msghub
