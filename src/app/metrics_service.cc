#include "app/metrics_service.h"

#include <sys/statvfs.h>

#include <boost/asio/detached.hpp>

#include "watch/cloudwatch.h"

namespace msghub {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kInterval{60};
constexpr std::chrono::seconds kLastWait{5};
constexpr std::chrono::milliseconds kLook{20};

// As df says it: what only root may use counts as used by nobody.
std::optional<double> used_share(const std::string& folder) {
  struct statvfs disk{};
  if (::statvfs(folder.c_str(), &disk) != 0) return std::nullopt;
  const auto used = static_cast<double>(disk.f_blocks - disk.f_bfree);
  const double all = used + static_cast<double>(disk.f_bavail);
  if (all <= 0) return std::nullopt;
  return used / all;
}

}  // namespace

// Outlives the service while a request is under way.
struct MetricsService::Parts {
  Metrics metrics;
  std::string measured_folder;  // "": nothing of this hub grows on a disk
  std::unique_ptr<CloudWatch> cloudwatch;
  bool stopping = false;
  bool publishing = false;

  void measure() {
    if (measured_folder.empty()) return;
    if (const std::optional<double> share = used_share(measured_folder))
      metrics.storage_used(*share);
  }

  static Task<void> publish(std::shared_ptr<Parts> self) {
    if (!self->cloudwatch || self->publishing) co_return;
    self->publishing = true;
    co_await self->cloudwatch->publish();
    self->publishing = false;
  }

  static Task<void> run(std::shared_ptr<Parts> self) {
    for (;;) {
      self->measure();
      co_await sleep_for(kInterval);
      if (self->stopping) co_return;
      co_await publish(self);
    }
  }
};

MetricsService::MetricsService(const Config& config, Engines& engines, const Clock& clock)
    : parts_(std::make_shared<Parts>()) {
  if (config.store_engine == "embedded" || config.blobs_engine == "disk")
    parts_->measured_folder = config.data;
  if (config.metrics_cloudwatch)
    parts_->cloudwatch = std::make_unique<CloudWatch>(
        engines.aws_client("monitoring"), config.metrics_namespace, parts_->metrics, clock);
}

MetricsService::~MetricsService() {
  parts_->stopping = true;
  // What waits on the loop keeps the parts, and the client must not outlive the engines.
  if (!parts_->publishing) parts_->cloudwatch.reset();
}

Metrics& MetricsService::metrics() { return parts_->metrics; }

Listeners MetricsService::listeners() {
  Metrics& metrics = parts_->metrics;
  Listeners out;
  out.execution_ended = [&metrics](ExecutionStatus status) { metrics.execution_ended(status); };
  out.message_ended = [&metrics](MessageStatus status, std::chrono::milliseconds latency) {
    metrics.message_ended(status, latency);
  };
  return out;
}

void MetricsService::start(asio::any_io_executor executor) {
  asio::co_spawn(executor, Parts::run(parts_), asio::detached);
}

Task<void> MetricsService::stop() {
  parts_->stopping = true;
  if (!parts_->cloudwatch) co_return;
  const auto executor = co_await asio::this_coro::executor;
  asio::co_spawn(executor, Parts::publish(parts_), asio::detached);
  const auto until = std::chrono::steady_clock::now() + kLastWait;
  do co_await sleep_for(kLook);
  while (parts_->publishing && std::chrono::steady_clock::now() < until);
}

}  // namespace msghub
