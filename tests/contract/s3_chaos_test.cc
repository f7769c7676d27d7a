// The S3 blobs with trouble between them and S3: whatever is acknowledged is there, whatever is
// read is right, and what can be waited out is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/json.h"
#include "net/http.h"
#include "tests/contract/s3_engine.h"

namespace msghub::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

class S3Chaos : public ::testing::Test {
 protected:
  S3Chaos() { set("[]"); }
  ~S3Chaos() override { set("[]"); }

  static S3Server& server() {
    static S3Server chaos(std::vector<std::string>{"chaos"});
    return chaos;
  }

  // The proxy's rules from now on: see tests/servers/chaos.ts.
  void set(const std::string& rules) {
    const HttpReply reply = http_request(
        "POST", server().server().url() + "/chaos", {{"content-type", "application/json"}},
        "{\"rules\": " + rules + ", \"seed\": 7}", std::chrono::minutes(1));
    ASSERT_EQ(reply.status, 200u) << reply.body;
  }
  // How often rule number `n` has struck.
  std::int64_t struck(std::size_t n) {
    const HttpReply reply =
        http_request("GET", server().server().url() + "/chaos", {}, "", std::chrono::minutes(1));
    return parse_json(reply.body).value().at("rules").at(n).at("struck").to_number<std::int64_t>();
  }
  // What an untroubled reader finds.
  std::optional<std::string> kept(const std::string& path) {
    set("[]");
    return run_task(blobs_->get(path));
  }

  const std::string bucket_ = server().new_bucket();
  const std::unique_ptr<S3Blobs> blobs_ = server().open(server().options(bucket_));
};

TEST_F(S3Chaos, EveryCallOutlivesWhatPasses) {
  for (const char* fault :
       {R"({"kind": "error", "status": 500})", R"({"kind": "error", "status": 503})",
        R"({"kind": "throttle"})", R"({"kind": "cut-before"})", R"({"kind": "cut-after"})",
        R"({"kind": "truncate"})"}) {
    SCOPED_TRACE(fault);
    const auto strike_twice = [&](const char* method) {
      set(std::string(R"([{"method": ")") + method + R"(", "count": 2, "fault": )" + fault + "}]");
    };
    strike_twice("PUT");
    ASSERT_TRUE(run_task(blobs_->put("a/b", fault)));
    EXPECT_EQ(struck(0), 2);
    strike_twice("GET");
    EXPECT_EQ(run_task(blobs_->get("a/b")), fault);
    EXPECT_EQ(struck(0), 2);
    strike_twice("GET");
    EXPECT_EQ(run_task(blobs_->get_range("a/b", 1, 3)), std::string(fault).substr(1, 3));
    strike_twice("HEAD");
    EXPECT_EQ(run_task(blobs_->head("a/b"))->size, std::string(fault).size());
    strike_twice("GET");
    EXPECT_EQ(run_task(blobs_->list("", 10, "")).blobs.size(), 1u);
    strike_twice("DELETE");
    run_task(blobs_->remove("a/b"));
    EXPECT_EQ(kept("a/b"), std::nullopt);
    ASSERT_TRUE(run_task(blobs_->put("a/c", "1")));
    strike_twice("POST");
    run_task(blobs_->remove_all({"a/c"}));
    EXPECT_EQ(struck(0), 2);
    EXPECT_EQ(kept("a/c"), std::nullopt);
  }
}

TEST_F(S3Chaos, EveryStepOfALargePutOutlivesWhatPasses) {
  const std::string bytes = made_up_bytes(11 * kMiB);
  for (const char* step : {"uploads=", "partNumber=2", "[?]uploadId=[^&]*$"}) {
    for (const char* fault : {R"({"kind": "error", "status": 500})", R"({"kind": "cut-before"})",
                              R"({"kind": "cut-after"})", R"({"kind": "truncate"})"}) {
      SCOPED_TRACE(std::string(step) + " " + fault);
      set(std::string(R"([{"method": "P", "path": ")") + step + R"(", "count": 1, "fault": )" +
          fault + "}]");
      ASSERT_TRUE(run_task(blobs_->put("large", bytes)));
      EXPECT_EQ(struck(0), 1);
      EXPECT_TRUE(kept("large") == bytes);
      run_task(blobs_->remove("large"));
    }
  }
}

TEST_F(S3Chaos, WhatFailsIsNotAcknowledgedAndLeavesTheOldBytes) {
  ASSERT_TRUE(run_task(blobs_->put("a/b", "old")));
  ASSERT_TRUE(run_task(blobs_->put("large", "old")));
  set(R"([{"method": "PUT", "fault": {"kind": "error", "status": 500}}])");
  const Failure put = failure_of([&] { run_task(blobs_->put("a/b", "new")); });
  EXPECT_EQ(put.retry, Failure::Retry::Later);
  EXPECT_THAT(put.what(), HasSubstr("PutObject"));
  EXPECT_EQ(kept("a/b"), "old");

  set(R"([{"method": "PUT", "path": "partNumber=3",
           "fault": {"kind": "error", "status": 403, "code": "AccessDenied"}}])");
  const Failure part =
      failure_of([&] { run_task(blobs_->put("large", made_up_bytes(11 * kMiB))); });
  EXPECT_THAT(part.what(), HasSubstr("the hub needs s3:GetObject"));
  EXPECT_EQ(kept("large"), "old");
  const aws::Reply uploads = server().call("GET", "/" + bucket_, {{"uploads", ""}});
  EXPECT_THAT(uploads.body, Not(HasSubstr("<UploadId>"))) << "the upload is still there";
}

TEST_F(S3Chaos, ALargePutWhoseEndIsUncertainIsNotAcknowledged) {
  const std::string bytes = made_up_bytes(6 * kMiB);
  set(R"([{"method": "POST", "path": "[?]uploadId=", "fault": {"kind": "cut-before"}}])");
  const Failure failure = failure_of([&] { run_task(blobs_->put("large", bytes)); });
  EXPECT_EQ(failure.retry, Failure::Retry::Later);
  EXPECT_EQ(kept("large"), std::nullopt);
}

TEST_F(S3Chaos, NoWrongByteIsEverRead) {
  const std::string bytes = made_up_bytes(40'000);
  ASSERT_TRUE(run_task(blobs_->put("a/b", bytes)));
  // On the way: read again.
  set(R"([{"method": "GET", "count": 2, "fault": {"kind": "corrupt"}}])");
  EXPECT_TRUE(run_task(blobs_->get("a/b")) == bytes);
  EXPECT_EQ(struck(0), 2);
  set(R"([{"method": "GET", "count": 2, "fault": {"kind": "truncate", "quiet": true}}])");
  EXPECT_TRUE(run_task(blobs_->get("a/b")) == bytes);
  EXPECT_EQ(struck(0), 2);
  set(R"([{"method": "GET", "count": 2, "fault": {"kind": "truncate", "quiet": true}}])");
  EXPECT_EQ(run_task(blobs_->get_range("a/b", 7, 100)), bytes.substr(7, 100));
  // Always: it is not known whether the way or the blob is at fault.
  set(R"([{"method": "GET", "fault": {"kind": "corrupt"}}])");
  const Failure damaged = failure_of([&] { run_task(blobs_->get("a/b")); });
  EXPECT_EQ(damaged.retry, Failure::Retry::Never);
  EXPECT_THAT(damaged.what(), HasSubstr("the blob a/b is damaged"));
  set(R"([{"method": "GET", "fault": {"kind": "truncate", "quiet": true}}])");
  const Failure cut = failure_of([&] { run_task(blobs_->get("a/b")); });
  EXPECT_EQ(cut.retry, Failure::Retry::Later);
  EXPECT_TRUE(kept("a/b") == bytes);
}

TEST_F(S3Chaos, ACutListIsNoShortList) {
  for (const char* path : {"a", "b", "c"}) ASSERT_TRUE(run_task(blobs_->put(path, "1")));
  set(R"([{"method": "GET", "fault": {"kind": "truncate", "quiet": true}}])");
  const Failure failure = failure_of([&] { run_task(blobs_->list("", 10, "")); });
  EXPECT_EQ(failure.retry, Failure::Retry::Later);
  EXPECT_THAT(failure.what(), HasSubstr("is not what S3 answers"));
}

// Everything at once: after any mixture of faults the bucket has what was acknowledged last, or
// what was being put when a put failed.
TEST_F(S3Chaos, NothingAcknowledgedIsLost) {
  set(R"([{"probability": 0.15, "fault": {"kind": "error", "status": 500}},
          {"probability": 0.15, "fault": {"kind": "throttle"}},
          {"probability": 0.1, "fault": {"kind": "cut-before"}},
          {"probability": 0.1, "fault": {"kind": "cut-after"}},
          {"method": "GET", "probability": 0.15, "fault": {"kind": "corrupt"}}])");
  std::map<std::string, std::set<std::string>> possible;
  for (int i = 0; i < 60; ++i) {
    const std::string path = "p/" + std::to_string(i % 6);
    const std::string bytes = std::to_string(i) + made_up_bytes(100);
    try {
      ASSERT_TRUE(run_task(blobs_->put(path, bytes)));
      possible[path] = {bytes};
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.retry, Failure::Retry::Later);
      possible[path].insert(bytes);
    }
    try {
      const std::optional<std::string> read = run_task(blobs_->get(path));
      EXPECT_TRUE(read && possible[path].contains(*read)) << i;
    } catch (const Failure&) {
      continue;  // no bytes are no wrong bytes
    }
  }
  set("[]");
  for (const auto& [path, bytes] : possible) {
    const std::optional<std::string> read = run_task(blobs_->get(path));
    EXPECT_TRUE(read && bytes.contains(*read)) << path;
  }
}

}  // namespace
}  // namespace msghub::testing
