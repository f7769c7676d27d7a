#include "app/engines.h"

#include <boost/asio/executor_work_guard.hpp>
#include <filesystem>

#include "aws/client.h"
#include "blob/disk/disk_blobs.h"
#include "blob/s3/s3_blobs.h"
#include "net/http_transport.h"
#include "store/dynamo/dynamo_feed.h"
#include "store/dynamo/dynamo_tables.h"
#include "store/schema.h"
#include "vault/file_key_ring.h"
#include "vault/kms_key_ring.h"

namespace msghub {

namespace asio = boost::asio;

namespace {

Layout layout_of(const Config& config) {
  return config.store_layout == "single-table" ? Layout::SingleTable : Layout::MultiTable;
}

[[noreturn]] void setting_missing(const std::string& name, const std::string& why) {
  throw Failure(Failure::Retry::Never, "the setting " + name + " is missing: " + why);
}

// Whose keys and which region: looked up once, and only when some engine is AWS's.
class Account {
 public:
  Account(const Config& config, const Clock& clock)
      : config_(config), clock_(clock), credentials_(aws::default_credentials(transport_, clock)) {
    region_ = config.aws_region.empty() ? aws::default_region().value_or("") : config.aws_region;
    if (region_.empty())
      setting_missing("aws.region", "set it, or AWS_REGION, or the region of the profile");
  }

  std::unique_ptr<aws::Client> client(const std::string& service, const std::string& endpoint) {
    aws::ClientOptions options;
    options.service = service;
    options.endpoint = endpoint;
    options.region = region_;
    options.ca_file = config_.aws_ca_file;
    return std::make_unique<aws::Client>(transport_, credentials_, clock_, options);
  }
  std::unique_ptr<aws::Client> client(const std::string& service) {
    return client(service, config_.aws_endpoint);
  }

  std::unique_ptr<S3Blobs> blobs(asio::thread_pool& pool) {
    if (config_.s3_bucket.empty()) setting_missing("s3.bucket", "name the bucket of the blobs");
    S3Options options;
    options.bucket = config_.s3_bucket;
    options.endpoint = config_.aws_endpoint;
    options.region = region_;
    // Other providers rarely have a host name for each bucket.
    options.path_style = !config_.aws_endpoint.empty();
    options.encryption = config_.s3_encryption;
    options.kms_key_id = config_.s3_kms_key_id;
    options.prefix = config_.s3_prefix;
    options.ca_file = config_.aws_ca_file;
    return open_s3_blobs(transport_, credentials_, clock_, pool, options);
  }

  const std::string& region() const { return region_; }

 private:
  const Config& config_;
  const Clock& clock_;
  HttpTransport transport_;
  std::shared_ptr<aws::CredentialsProvider> credentials_;
  std::string region_;
};

}  // namespace

TableSettings table_settings(const Config& config) {
  TableSettings settings;
  settings.table_prefix = config.dynamodb_prefix;
  settings.layout = layout_of(config);
  settings.provisioned = config.dynamodb_billing == "provisioned";
  return settings;
}

struct Engines::Parts {
  Parts(const Config& config_in, asio::thread_pool& pool_in, const Clock& clock_in)
      : config(config_in), pool(pool_in), clock(clock_in) {}

  Account& account() {
    if (!aws_account) aws_account = std::make_unique<Account>(config, clock);
    return *aws_account;
  }

  void open_store() {
    if (config.store_engine == "embedded") {
      RocksOptions options;
      options.path = config.data + "/store";
      options.reserve_bytes = config.store_reserve * 1024 * 1024;
      options.layout = layout_of(config);
      options.feed_time = std::chrono::hours(config.changes_hours);
      rocks = RocksTables::open(options, clock);
      return;
    }
    DynamoOptions options;
    options.table_prefix = config.dynamodb_prefix;
    options.layout = layout_of(config);
    dynamo_client = account().client("dynamodb");
    streams_client =
        account().client("dynamodb", streams_endpoint(config.aws_endpoint, account().region()));
    dynamo = std::make_unique<DynamoTables>(*dynamo_client, clock, options);
    dynamo_feed = std::make_unique<DynamoFeed>(*dynamo_client, *streams_client, clock, options);
  }

  void open_blobs() {
    if (config.blobs_engine == "disk")
      blobs = open_disk_blobs(config.data + "/blobs", pool);
    else
      open_bucket();
  }

  void open_bucket() {
    std::unique_ptr<S3Blobs> bucket = account().blobs(pool);
    s3 = bucket.get();
    blobs = std::move(bucket);
  }

  std::unique_ptr<KeyRing> open_ring(bool create) {
    if (config.keyring_engine == "kms") {
      if (config.kms_key_id.empty())
        setting_missing("kms.key_id", "name the KMS key that wraps data keys");
      return std::make_unique<KmsKeyRing>(account().client("kms"), clock,
                                          KmsOptions{.key_id = config.kms_key_id});
    }
    Result<std::unique_ptr<FileKeyRing>> ring =
        FileKeyRing::open(config.key_file, config.data, create);
    if (!ring) throw Failure(Failure::Retry::Never, ring.error().detail);
    return std::move(*ring);
  }

  const Config config;
  asio::thread_pool& pool;
  const Clock& clock;
  // Before what speaks through it.
  std::unique_ptr<Account> aws_account;
  std::unique_ptr<aws::Client> dynamo_client;
  std::unique_ptr<aws::Client> streams_client;
  std::shared_ptr<RocksTables> rocks;
  std::unique_ptr<DynamoTables> dynamo;
  std::unique_ptr<DynamoFeed> dynamo_feed;
  std::unique_ptr<Blobs> blobs;
  S3Blobs* s3 = nullptr;
  std::optional<Vault> vault;
};

Engines::Engines(const Config& config, asio::thread_pool& pool, const Clock& clock)
    : parts_(std::make_unique<Parts>(config, pool, clock)) {
  std::filesystem::create_directories(config.data);
  std::filesystem::permissions(config.data, std::filesystem::perms::owner_all);
  parts_->open_store();
  parts_->open_blobs();
}

Engines::~Engines() = default;

Tables& Engines::tables() {
  if (parts_->rocks) return *parts_->rocks;
  return *parts_->dynamo;
}

ChangeFeed& Engines::feed() {
  if (parts_->rocks) return parts_->rocks->feed();
  return *parts_->dynamo_feed;
}

Blobs& Engines::blobs() { return *parts_->blobs; }
std::string Engines::bucket() const {
  return parts_->config.blobs_engine == "s3" ? parts_->config.s3_bucket : std::string();
}

Vault& Engines::vault(bool create) {
  if (!parts_->vault) parts_->vault.emplace(parts_->open_ring(create));
  return *parts_->vault;
}

std::unique_ptr<aws::Client> Engines::aws_client(const std::string& service) {
  return parts_->account().client(service);
}

S3Blobs* Engines::s3() { return parts_->s3; }

bool Engines::shared() const { return parts_->dynamo != nullptr; }
RocksTables* Engines::rocks() { return parts_->rocks.get(); }

std::optional<std::string> Engines::trouble() const {
  std::string why;
  if (parts_->rocks) why = parts_->rocks->intake_trouble();
  if (why.empty()) return std::nullopt;
  return why;
}

Offline::Offline(const Config& config, Version version)
    : engines_(std::make_unique<Engines>(config, pool_, clock_)) {
  if (version == Version::Checked && engines_->shared())
    run(check_known_schema(engines_->tables()));
}

void Offline::check_version(aws::Client& client, const TableSettings& settings) {
  if (run(has_users_table(client, settings))) run(check_known_schema(engines_->tables()));
}

Offline::~Offline() {
  pool_.join();
  engines_.reset();
}

void Offline::run(Task<void> task) {
  std::exception_ptr failed;
  asio::co_spawn(io_, std::move(task), [&](std::exception_ptr error) {
    failed = error;
    io_.stop();
  });
  run_loop();
  if (failed) std::rethrow_exception(failed);
}

void Offline::run_loop() {
  const auto guard = asio::make_work_guard(io_);
  io_.restart();
  io_.run();
}

}  // namespace msghub
