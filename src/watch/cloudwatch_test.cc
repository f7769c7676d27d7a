#include "watch/cloudwatch.h"

#include <gtest/gtest.h>

#include "aws/test_support.h"
#include "net/scripted_server.h"

namespace msghub {
namespace {

using aws::run_task;
using std::chrono::milliseconds;
using testing::ScriptedServer;

// What a form says under `name`, still encoded; "" when it does not.
std::string field(const std::string& request, const std::string& name) {
  const std::string form = "&" + request.substr(request.find("\r\n\r\n") + 4) + "&";
  const std::size_t at = form.find("&" + name + "=");
  if (at == std::string::npos) return {};
  const std::size_t start = at + name.size() + 2;
  return form.substr(start, form.find('&', start) - start);
}

class CloudWatchTest : public ::testing::Test {
 protected:
  CloudWatchTest()
      : server_([this](const std::string&, int) {
          return ScriptedServer::reply(status_, status_ == 200 ? "<PutMetricDataResponse/>" : "");
        }) {
    aws::ClientOptions options;
    options.service = "monitoring";
    options.endpoint = server_.url();
    options.region = "eu-central-1";
    options.attempts = 1;
    const aws::Credentials credentials{"AKID", "secret", "", std::nullopt};
    cloudwatch_ = std::make_unique<CloudWatch>(
        std::make_unique<aws::Client>(
            transport_, std::make_shared<aws::FixedCredentials>(credentials), clock_, options),
        "Our/Hubs", metrics_, clock_);
  }

  std::atomic<int> status_ = 200;
  ScriptedServer server_;
  HttpTransport transport_;
  aws::ManualClock clock_;
  Metrics metrics_;
  std::unique_ptr<CloudWatch> cloudwatch_;
};

TEST_F(CloudWatchTest, SendsWhatTheAlarmsLookAt) {
  metrics_.execution_ended(ExecutionStatus::Success);
  metrics_.execution_ended(ExecutionStatus::Failed);
  metrics_.message_ended(MessageStatus::Failed, milliseconds(1500));
  metrics_.message_ended(MessageStatus::Processed, milliseconds(250));
  metrics_.storage_used(0.75);
  run_task(cloudwatch_->publish());
  ASSERT_EQ(server_.requests().size(), 1u);
  const std::string request = server_.requests().front();
  EXPECT_EQ(field(request, "Action"), "PutMetricData");
  EXPECT_EQ(field(request, "Namespace"), "Our%2FHubs");
  const auto metric = [&](int number, const std::string& name) {
    return field(request, "MetricData.member." + std::to_string(number) + "." + name);
  };
  EXPECT_EQ(metric(1, "MetricName"), "Executions");
  EXPECT_EQ(metric(1, "Unit"), "Count");
  EXPECT_EQ(metric(1, "Value"), "2");
  EXPECT_EQ(metric(1, "Timestamp"), "2025-11-22T10%3A00%3A00.000Z");
  EXPECT_EQ(metric(2, "MetricName"), "ExecutionsFailed");
  EXPECT_EQ(metric(2, "Unit"), "Count");
  EXPECT_EQ(metric(2, "Value"), "1");
  EXPECT_EQ(metric(3, "MetricName"), "MessageProcessingLatency");
  EXPECT_EQ(metric(3, "Unit"), "Seconds");
  EXPECT_EQ(metric(3, "StatisticValues.SampleCount"), "2");
  EXPECT_EQ(metric(3, "StatisticValues.Sum"), "1.75");
  EXPECT_EQ(metric(3, "StatisticValues.Minimum"), "0.25");
  EXPECT_EQ(metric(3, "StatisticValues.Maximum"), "1.5");
  EXPECT_EQ(metric(4, "MetricName"), "StorageUsed");
  EXPECT_EQ(metric(4, "Unit"), "None");
  EXPECT_EQ(metric(4, "Value"), "0.75");
  EXPECT_EQ(metric(5, "MetricName"), "");
  EXPECT_EQ(request.find("Dimensions"), std::string::npos);
}

TEST_F(CloudWatchTest, ZeroExecutionsAreANumberButNoMessageHasNoLatency) {
  run_task(cloudwatch_->publish());
  const std::string request = server_.requests().front();
  EXPECT_EQ(field(request, "MetricData.member.1.Value"), "0");
  EXPECT_EQ(field(request, "MetricData.member.3.MetricName"), "");
}

TEST_F(CloudWatchTest, WhatCouldNotBeSentGoesWithTheNextUnderItsOwnTime) {
  status_ = 503;
  metrics_.execution_ended(ExecutionStatus::Failed);
  run_task(cloudwatch_->publish());
  clock_.set(clock_.now() + std::chrono::minutes(1));
  status_ = 403;
  run_task(cloudwatch_->publish());
  clock_.set(clock_.now() + std::chrono::minutes(1));
  status_ = 200;
  metrics_.execution_ended(ExecutionStatus::Success);
  run_task(cloudwatch_->publish());
  const std::string request = server_.requests().back();
  EXPECT_EQ(field(request, "MetricData.member.2.Value"), "1");
  EXPECT_EQ(field(request, "MetricData.member.2.Timestamp"), "2025-11-22T10%3A00%3A00.000Z");
  EXPECT_EQ(field(request, "MetricData.member.5.Timestamp"), "2025-11-22T10%3A02%3A00.000Z");
  EXPECT_EQ(field(request, "MetricData.member.5.Value"), "1");
  run_task(cloudwatch_->publish());
  EXPECT_EQ(field(server_.requests().back(), "MetricData.member.3.MetricName"), "")
      << "what arrived is not sent again";
}

TEST_F(CloudWatchTest, ALongOutageKeepsTheLastHour) {
  status_ = 503;
  for (int i = 0; i < 70; ++i) run_task(cloudwatch_->publish());
  status_ = 200;
  run_task(cloudwatch_->publish());
  const std::string request = server_.requests().back();
  EXPECT_NE(field(request, "MetricData.member.120.MetricName"), "");
  EXPECT_EQ(field(request, "MetricData.member.121.MetricName"), "");
}

}  // namespace
}  // namespace msghub
