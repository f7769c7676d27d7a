#include "app/engines.h"

#include <boost/asio/executor_work_guard.hpp>
#include <filesystem>

#include "blob/disk/disk_blobs.h"
#include "vault/file_key_ring.h"

namespace msghub {

namespace asio = boost::asio;

namespace {

RocksOptions rocks_options(const Config& config) {
  RocksOptions options;
  options.path = config.data + "/store";
  options.reserve_bytes = config.store_reserve * 1024 * 1024;
  return options;
}

}  // namespace

struct Engines::Parts {
  Parts(const Config& config_in, asio::thread_pool& pool, const Clock& clock)
      : config(config_in),
        rocks(RocksTables::open(rocks_options(config), clock)),
        blobs(open_disk_blobs(config.data + "/blobs", pool)) {}

  Config config;
  std::shared_ptr<RocksTables> rocks;
  std::unique_ptr<Blobs> blobs;
  std::optional<Vault> vault;
};

Engines::Engines(const Config& config, asio::io_context&, asio::thread_pool& pool,
                 const Clock& clock) {
  std::filesystem::create_directories(config.data);
  std::filesystem::permissions(config.data, std::filesystem::perms::owner_all);
  parts_ = std::make_unique<Parts>(config, pool, clock);
}

Engines::~Engines() = default;

Tables& Engines::tables() { return *parts_->rocks; }
Blobs& Engines::blobs() { return *parts_->blobs; }

std::string Engines::bucket() const { return {}; }

Vault& Engines::vault(bool create) {
  if (parts_->vault) return *parts_->vault;
  const Config& config = parts_->config;
  Result<std::unique_ptr<FileKeyRing>> ring =
      FileKeyRing::open(config.key_file, config.data, create);
  if (!ring) throw Failure(Failure::Retry::Never, ring.error().detail);
  return parts_->vault.emplace(std::move(*ring));
}

bool Engines::shared() const { return false; }
RocksTables* Engines::rocks() { return parts_->rocks.get(); }

std::optional<std::string> Engines::trouble() const {
  std::string why = parts_->rocks->intake_trouble();
  if (why.empty()) return std::nullopt;
  return why;
}

Offline::Offline(const Config& config) {
  engines_ = std::make_unique<Engines>(config, io_, pool_, clock_);
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
