#include "watch/metrics.h"

#include <gtest/gtest.h>

#include "watch/prometheus.h"

namespace msghub {
namespace {

using std::chrono::milliseconds;

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST(PrometheusText, EscapesWhatWouldEndAValue) {
  PrometheusText out;
  out.family("m", "gauge", "one\\ \"two\"\nthree");
  out.sample(1.5, {{"a", "q\" b\\ n\n."}, {"c", ""}});
  EXPECT_EQ(out.text(),
            "# HELP m one\\\\ \"two\"\\nthree\n# TYPE m gauge\n"
            "m{a=\"q\\\" b\\\\ n\\n.\",c=\"\"} 1.5\n");
}

TEST(Metrics, CountsByStatus) {
  Metrics metrics;
  metrics.execution_ended(ExecutionStatus::Success);
  metrics.execution_ended(ExecutionStatus::Success);
  metrics.execution_ended(ExecutionStatus::Partial);
  metrics.execution_ended(ExecutionStatus::Failed);
  metrics.message_ended(MessageStatus::Ignored, milliseconds(1));
  metrics.storage_used(0.25);
  const std::string text = metrics.prometheus_text({.messages_waiting = 3, .workers = 4});
  EXPECT_TRUE(has_line(text, R"(msghub_executions_total{status="success"} 2)")) << text;
  EXPECT_TRUE(has_line(text, R"(msghub_executions_total{status="partial"} 1)"));
  EXPECT_TRUE(has_line(text, R"(msghub_executions_total{status="failed"} 1)"));
  EXPECT_EQ(text.find("running"), std::string::npos);
  EXPECT_TRUE(has_line(text, R"(msghub_messages_total{status="ignored"} 1)"));
  EXPECT_TRUE(has_line(text, R"(msghub_messages_total{status="processed"} 0)"));
  EXPECT_TRUE(has_line(text, "msghub_messages_waiting 3"));
  EXPECT_TRUE(has_line(text, "msghub_workers 4"));
  EXPECT_TRUE(has_line(text, "msghub_storage_used_ratio 0.25"));
}

TEST(Metrics, BucketsCountAllUpToTheirEnd) {
  Metrics metrics;
  for (const int each : {-5, 100, 101, 300'000, 300'001, 8'000'000})
    metrics.message_ended(MessageStatus::Processed, milliseconds(each));
  const std::string text = metrics.prometheus_text({});
  const std::string name = "msghub_message_latency_seconds";
  EXPECT_TRUE(has_line(text, name + R"(_bucket{le="0.1"} 2)")) << text;
  EXPECT_TRUE(has_line(text, name + R"(_bucket{le="0.25"} 3)"));
  EXPECT_TRUE(has_line(text, name + R"(_bucket{le="60"} 3)"));
  EXPECT_TRUE(has_line(text, name + R"(_bucket{le="300"} 4)"));
  EXPECT_TRUE(has_line(text, name + R"(_bucket{le="7200"} 5)"));
  EXPECT_TRUE(has_line(text, name + R"(_bucket{le="+Inf"} 6)"));
  EXPECT_TRUE(has_line(text, name + "_count 6"));
  EXPECT_TRUE(has_line(text, name + "_sum 8600.202"));
}

TEST(Metrics, ASampleIsWhatHappenedSinceTheLast) {
  Metrics metrics;
  EXPECT_EQ(metrics.take_sample().executions, 0u);
  EXPECT_FALSE(metrics.take_sample().storage_used);
  metrics.execution_ended(ExecutionStatus::Failed);
  metrics.execution_ended(ExecutionStatus::Partial);
  metrics.message_ended(MessageStatus::Failed, milliseconds(2000));
  metrics.message_ended(MessageStatus::Processed, milliseconds(500));
  metrics.storage_used(0.5);
  const Metrics::Sample sample = metrics.take_sample();
  EXPECT_EQ(sample.executions, 2u);
  EXPECT_EQ(sample.executions_failed, 1u);
  EXPECT_EQ(sample.messages, 2u);
  EXPECT_DOUBLE_EQ(sample.latency_sum, 2.5);
  EXPECT_DOUBLE_EQ(sample.latency_least, 0.5);
  EXPECT_DOUBLE_EQ(sample.latency_most, 2);
  EXPECT_EQ(sample.storage_used, 0.5);
  const Metrics::Sample next = metrics.take_sample();
  EXPECT_EQ(next.executions, 0u);
  EXPECT_EQ(next.messages, 0u);
  EXPECT_EQ(next.latency_most, 0);
  EXPECT_EQ(next.storage_used, 0.5);
  EXPECT_TRUE(
      has_line(metrics.prometheus_text({}), R"(msghub_executions_total{status="failed"} 1)"))
      << "a sample resets no counter";
}

}  // namespace
}  // namespace msghub
