#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/execution.h"
#include "model/message.h"

namespace msghub {

// What this process has done since it started, in numbers. Thread-safe; nothing here waits.
class Metrics {
 public:
  void execution_ended(ExecutionStatus status);
  // `latency`: from its arrival to its final status.
  void message_ended(MessageStatus status, std::chrono::milliseconds latency);
  // Used share of the storage, 0 to 1.
  void storage_used(double share);

  // What is so at this moment, for the gauges.
  struct Now {
    std::size_t messages_waiting = 0;
    std::size_t executions_waiting = 0;
    std::size_t executions_retrying = 0;
    std::size_t workers = 0;
  };
  // All of it in Prometheus' text format.
  std::string prometheus_text(const Now& now) const;

  // What happened since the last call; for those who take sums over time.
  struct Sample {
    std::uint64_t executions = 0;
    std::uint64_t executions_failed = 0;
    std::uint64_t messages = 0;  // that came to their end; with their latency in seconds:
    double latency_sum = 0;
    double latency_least = 0;
    double latency_most = 0;
    std::optional<double> storage_used;  // the last that is known
  };
  Sample take_sample();

 private:
  // Upper ends of the histogram, in seconds; the alarm rings at 300.
  static constexpr std::array<double, 12> kLatencyEnds{0.1, 0.25, 0.5, 1,   2.5,  5,
                                                       10,  30,   60,  300, 1800, 7200};

  mutable std::mutex mutex_;
  std::array<std::uint64_t, kExecutionStatusNames.size()> executions_{};
  std::array<std::uint64_t, kMessageStatusNames.size()> messages_{};
  std::array<std::uint64_t, kLatencyEnds.size()> latency_buckets_{};  // each by itself
  std::uint64_t latency_count_ = 0;
  double latency_sum_ = 0;
  std::optional<double> storage_used_;
  Sample sample_;
};

}  // namespace msghub
