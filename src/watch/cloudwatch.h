#pragma once

#include <deque>
#include <memory>
#include <string>

#include "aws/client.h"
#include "base/time.h"
#include "watch/metrics.h"

namespace msghub {

// Publishes what the alarms on AWS look at, under `metric_namespace` and without dimensions:
// Executions and ExecutionsFailed (Count), MessageProcessingLatency (Seconds, a statistic set of
// the messages that came to their end), StorageUsed (None, 0 to 1).
class CloudWatch {
 public:
  // `client` speaks to the service "monitoring". Metrics and clock outlive the tasks.
  CloudWatch(std::unique_ptr<aws::Client> client, std::string metric_namespace, Metrics& metrics,
             const Clock& clock);

  // Takes a sample and sends it, with those of the last hour that could not be sent, each with its
  // own time. Trouble is logged when it begins and when it ends, and never thrown. One that arrived
  // without an answer is sent again and counts twice: the alarms look at shares and maxima, which
  // that leaves alone. One call at a time.
  Task<void> publish();

 private:
  struct Timed {
    Timestamp at;
    Metrics::Sample sample;
  };
  std::string request_body() const;

  std::unique_ptr<aws::Client> client_;
  std::string namespace_;
  Metrics& metrics_;
  const Clock& clock_;
  std::deque<Timed> unsent_;
  bool in_trouble_ = false;
};

}  // namespace msghub
