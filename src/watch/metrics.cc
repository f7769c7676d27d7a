#include "watch/metrics.h"

#include <algorithm>

#include "watch/prometheus.h"

namespace msghub {

namespace {

template <class Names, class Status>
std::size_t place_of(const Names& names, Status status) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].value == status) return i;
  return 0;
}

template <class Names, class Counts>
void count_by_status(PrometheusText& out, const Names& names, const Counts& counts,
                     std::string_view unfinished) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].name != unfinished)
      out.sample(static_cast<double>(counts[i]), {{"status", std::string(names[i].name)}});
}

}  // namespace

void Metrics::execution_ended(ExecutionStatus status) {
  const std::lock_guard lock(mutex_);
  ++executions_[place_of(kExecutionStatusNames, status)];
  ++sample_.executions;
  if (status == ExecutionStatus::Failed) ++sample_.executions_failed;
}

void Metrics::message_ended(MessageStatus status, std::chrono::milliseconds latency) {
  // A clock that was set back makes no negative times.
  const double seconds = std::max(0.0, std::chrono::duration<double>(latency).count());
  const std::lock_guard lock(mutex_);
  ++messages_[place_of(kMessageStatusNames, status)];
  const auto end = std::ranges::lower_bound(kLatencyEnds, seconds);
  if (end != kLatencyEnds.end())
    ++latency_buckets_[static_cast<std::size_t>(end - kLatencyEnds.begin())];
  ++latency_count_;
  latency_sum_ += seconds;
  sample_.latency_least =
      sample_.messages == 0 ? seconds : std::min(sample_.latency_least, seconds);
  sample_.latency_most = std::max(sample_.latency_most, seconds);
  sample_.latency_sum += seconds;
  ++sample_.messages;
}

void Metrics::storage_used(double share) {
  const std::lock_guard lock(mutex_);
  storage_used_ = share;
}

std::string Metrics::prometheus_text(const Now& now) const {
  PrometheusText out;
  const auto gauge = [&out](std::string_view name, std::string_view help, std::size_t value) {
    out.family(name, "gauge", help);
    out.sample(static_cast<double>(value));
  };
  const std::lock_guard lock(mutex_);
  out.family("msghub_executions_total", "counter", "Executions that ended, by status");
  count_by_status(out, kExecutionStatusNames, executions_, "running");
  out.family("msghub_messages_total", "counter", "Messages that came to their end, by status");
  count_by_status(out, kMessageStatusNames, messages_, "pending");
  out.family("msghub_message_latency_seconds", "histogram",
             "Time from a message's arrival to its final status");
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < kLatencyEnds.size(); ++i) {
    up_to += latency_buckets_[i];
    std::string end = std::to_string(kLatencyEnds[i]);
    end.erase(end.find_last_not_of('0') + 1);
    if (end.back() == '.') end.pop_back();
    out.sample(static_cast<double>(up_to), {{"le", std::move(end)}}, "_bucket");
  }
  out.sample(static_cast<double>(latency_count_), {{"le", "+Inf"}}, "_bucket");
  out.sample(latency_sum_, {}, "_sum");
  out.sample(static_cast<double>(latency_count_), {}, "_count");
  gauge("msghub_messages_waiting", "Messages waiting to be matched", now.messages_waiting);
  gauge("msghub_executions_waiting", "Executions waiting for a worker or under way",
        now.executions_waiting);
  gauge("msghub_executions_retrying", "Executions waiting for their next try",
        now.executions_retrying);
  gauge("msghub_workers", "Worker processes that are up", now.workers);
  if (storage_used_) {
    out.family("msghub_storage_used_ratio", "gauge", "Used share of the data folder's disk");
    out.sample(*storage_used_);
  }
  return out.text();
}

Metrics::Sample Metrics::take_sample() {
  const std::lock_guard lock(mutex_);
  Sample out = sample_;
  out.storage_used = storage_used_;
  sample_ = {};
  return out;
}

}  // namespace msghub
