// The contract and more on an S3 that checks signatures itself, really encrypts, and has lifecycle
// rules that really run. Last in this program, as the server takes long to start.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/contract/blobs_contract.h"
#include "tests/contract/s3_engine.h"

namespace msghub::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

INSTANTIATE_TYPED_TEST_SUITE_P(Radosgw, BlobsContract, S3Engine<radosgw>);

// The server knows one key alone.
TEST(S3Radosgw, AKmsKeyThatDoesNotExistIsToldApart) {
  const std::string bucket = radosgw().new_bucket();
  S3Options options = radosgw().options(bucket);
  options.encryption = "aws:kms";
  options.kms_key_id = "testkey-1";
  const std::unique_ptr<S3Blobs> blobs = radosgw().open(options);
  for (const std::size_t size : {std::size_t{10}, 6 * kMiB}) {
    const std::string bytes = made_up_bytes(size);
    ASSERT_TRUE(run_task(blobs->put("a/b", bytes)));
    EXPECT_TRUE(run_task(blobs->get("a/b")) == bytes);
    EXPECT_EQ(run_task(blobs->get_range("a/b", 3, 5)), bytes.substr(3, 5));
  }
  options.kms_key_id = "testkey-2";
  const std::unique_ptr<S3Blobs> wrong = radosgw().open(options);
  const Failure failure = failure_of([&] { run_task(wrong->put("a/c", "1")); });
  EXPECT_EQ(failure.retry, Failure::Retry::Later);
  EXPECT_THAT(failure.what(), HasSubstr("S3 refused PutObject of a/c"));
  EXPECT_FALSE(run_task(blobs->head("a/c")));
}

// A day of the server's lifecycle lasts ten seconds.
TEST(S3Radosgw, ALifecycleRuleForArchivesTakesArchivesOnly) {
  const std::string bucket = radosgw().new_bucket();
  const std::unique_ptr<S3Blobs> blobs = radosgw().open(radosgw().options(bucket));
  const std::string rule =
      "<LifecycleConfiguration><Rule><ID>archives</ID><Filter><Prefix>archives/</Prefix></Filter>"
      "<Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>"
      "</LifecycleConfiguration>";
  const aws::Reply kept = radosgw().call("PUT", "/" + bucket, {{"lifecycle", ""}}, rule,
                                         {{"content-type", "application/xml"}});
  ASSERT_TRUE(kept.ok()) << kept.error_code;
  const std::string archived = "archives/messages/year=2026/month=11/day=22/part-1.ndjson.gz";
  const std::string raw = "users/u1/messages/m1/raw.txt";
  for (const std::string& path : {archived, raw}) ASSERT_TRUE(run_task(blobs->put(path, path)));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (run_task(blobs->head(archived)) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  EXPECT_EQ(run_task(blobs->get(archived)), std::nullopt);
  EXPECT_EQ(run_task(blobs->get(raw)), raw);
}

}  // namespace
}  // namespace msghub::testing
