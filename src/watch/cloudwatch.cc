#include "watch/cloudwatch.h"

#include <charconv>

#include "base/log.h"

namespace msghub {

namespace {

constexpr std::size_t kMostUnsent = 60;  // samples; of at most four metrics each, so that one
                                         // request, which may hold 1,000, takes them all

// The query protocol's form: every service version and stand-in of CloudWatch takes it.
class Form {
 public:
  explicit Form(const std::string& metric_namespace) {
    add("Action", "PutMetricData");
    add("Version", "2010-08-01");
    add("Namespace", metric_namespace);
  }

  // What follows belongs to another metric.
  void metric(const std::string& name, const std::string& unit, Timestamp at) {
    member_ = "MetricData.member." + std::to_string(++metrics_) + ".";
    add(member_ + "MetricName", name);
    add(member_ + "Unit", unit);
    add(member_ + "Timestamp", to_iso8601(at));
  }
  void value(const std::string& name, double value) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    add(member_ + name, std::string(digits, end.ptr));
  }
  const std::string& text() const { return text_; }

 private:
  void add(const std::string& name, const std::string& value) {
    text_ += text_.empty() ? "" : "&";
    text_ += name + "=" + aws::uri_encode(value);
  }

  std::string text_;
  std::string member_;
  int metrics_ = 0;
};

}  // namespace

CloudWatch::CloudWatch(std::unique_ptr<aws::Client> client, std::string metric_namespace,
                       Metrics& metrics, const Clock& clock)
    : client_(std::move(client)),
      namespace_(std::move(metric_namespace)),
      metrics_(metrics),
      clock_(clock) {}

std::string CloudWatch::request_body() const {
  Form form(namespace_);
  for (const auto& [at, sample] : unsent_) {
    form.metric("Executions", "Count", at);
    form.value("Value", static_cast<double>(sample.executions));
    form.metric("ExecutionsFailed", "Count", at);
    form.value("Value", static_cast<double>(sample.executions_failed));
    if (sample.messages > 0) {
      form.metric("MessageProcessingLatency", "Seconds", at);
      form.value("StatisticValues.SampleCount", static_cast<double>(sample.messages));
      form.value("StatisticValues.Sum", sample.latency_sum);
      form.value("StatisticValues.Minimum", sample.latency_least);
      form.value("StatisticValues.Maximum", sample.latency_most);
    }
    if (sample.storage_used) {
      form.metric("StorageUsed", "None", at);
      form.value("Value", *sample.storage_used);
    }
  }
  return form.text();
}

Task<void> CloudWatch::publish() {
  unsent_.push_back({clock_.now(), metrics_.take_sample()});
  if (unsent_.size() > kMostUnsent) unsent_.pop_front();
  std::string trouble;
  try {
    aws::Call call;
    call.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
    call.body = request_body();
    call.operation = "PutMetricData";
    const aws::Reply reply = co_await client_->call(std::move(call));
    if (!reply.ok()) trouble = reply.error_code + ": " + reply.error_message;
  } catch (const std::exception& error) {
    trouble = error.what();
  }
  if (trouble.empty()) unsent_.clear();
  if (!trouble.empty() && !in_trouble_)
    log(LogLevel::Error, "metrics not published", {{"reason", trouble}});
  if (trouble.empty() && in_trouble_) log(LogLevel::Info, "metrics published again");
  in_trouble_ = !trouble.empty();
}

}  // namespace msghub
