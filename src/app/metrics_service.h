#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "app/config.h"
#include "app/engines.h"
#include "pipeline/listeners.h"
#include "watch/metrics.h"

namespace msghub {

// The hub's metrics, fed by its corridor and, if the configuration says so, published in CloudWatch
// once a minute. Lives on one executor, and not longer than the engines.
class MetricsService {
 public:
  // Throws Failure when CloudWatch is wanted and region or the like is missing.
  MetricsService(const Config& config, Engines& engines, const Clock& clock);
  ~MetricsService();

  Metrics& metrics();
  Listeners listeners();
  void start(boost::asio::any_io_executor executor);
  // Publishes what was counted since the last minute; gives it five seconds.
  Task<void> stop();

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace msghub
