#include "blob/s3/s3_blobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "tests/contract/blobs_contract.h"
#include "tests/contract/s3_engine.h"

namespace msghub::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

// The slow server starts while the tests of the others run.
class EarlyStart : public ::testing::Environment {
 public:
  void SetUp() override {
    if (GTEST_FLAG_GET(filter) == "*") radosgw_start();
  }
};
[[maybe_unused]] const auto* const early_start =
    ::testing::AddGlobalTestEnvironment(new EarlyStart);

INSTANTIATE_TYPED_TEST_SUITE_P(Moto, BlobsContract, S3Engine<moto>);

std::string header(const aws::Reply& reply, const char* name) {
  const std::string* const value = reply.headers.only(name);
  return value == nullptr ? "(none)" : *value;
}

class S3Blob : public ::testing::TestWithParam<S3Server& (*)()> {
 protected:
  S3Server& server_ = GetParam()();
  const std::string bucket_ = server_.new_bucket();
  const S3Options options_ = server_.options(bucket_);
  const std::unique_ptr<S3Blobs> blobs_ = server_.open(options_);

  aws::Reply object(const std::string& key) {
    return server_.call("GET", "/" + bucket_ + "/" + aws::uri_encode(key, true));
  }
  std::string uploads() { return server_.call("GET", "/" + bucket_, {{"uploads", ""}}).body; }
};

INSTANTIATE_TEST_SUITE_P(Servers, S3Blob, ::testing::Values(moto, radosgw), [](const auto& about) {
  return about.param == moto ? "Moto" : "Radosgw";
});

TEST_P(S3Blob, IsTheObjectOfItsPath) {
  const std::string path = "users/u1/messages/m1/attachments/a=20b=-2.txt";
  ASSERT_TRUE(run_task(blobs_->put(path, "some bytes")));
  const aws::Reply reply = object(path);
  EXPECT_EQ(reply.body, "some bytes");
  EXPECT_EQ(header(reply, "x-amz-meta-sha256"), sha256_hex("some bytes"));
}

TEST_P(S3Blob, GoesInPartsWhenItIsLarge) {
  for (const std::size_t size : {5 * kMiB, 5 * kMiB + 1, 10 * kMiB, 11 * kMiB}) {
    const std::string bytes = made_up_bytes(size);
    ASSERT_TRUE(run_task(blobs_->put("large", bytes)));
    const bool in_parts = header(object("large"), "etag").find('-') != std::string::npos;
    EXPECT_EQ(in_parts, size > options_.part_size);
    EXPECT_TRUE(run_task(blobs_->get("large")) == bytes) << size;
    const std::optional<BlobInfo> info = run_task(blobs_->head("large"));
    ASSERT_TRUE(info);
    EXPECT_EQ(info->size, size);
    EXPECT_EQ(info->sha256_hex, sha256_hex(bytes));
    EXPECT_TRUE(run_task(blobs_->get_range("large", 4 * kMiB, 7 * kMiB)) ==
                bytes.substr(4 * kMiB, 7 * kMiB));
  }
  EXPECT_THAT(uploads(), Not(HasSubstr("<UploadId>")));
}

TEST_P(S3Blob, IsDamagedWhenItsBytesAreNotThoseOfItsChecksum) {
  ASSERT_TRUE(run_task(blobs_->put("a/b", "some bytes")));
  for (const auto& [bytes, hash] : {std::pair(std::string("some_bytes"), sha256_hex("some bytes")),
                                    std::pair(std::string("some byte"), sha256_hex("some bytes")),
                                    std::pair(std::string(), sha256_hex("some bytes")),
                                    std::pair(std::string("some bytes"), std::string("none"))}) {
    ASSERT_TRUE(server_
                    .call("PUT", "/" + bucket_ + "/a/b", {}, bytes,
                          {{"x-amz-meta-sha256", hash}, {"content-type", "text/plain"}})
                    .ok());
    const Failure failure = failure_of([&] { run_task(blobs_->get("a/b")); });
    EXPECT_EQ(failure.retry, Failure::Retry::Never) << bytes;
    EXPECT_THAT(failure.what(), HasSubstr("the blob a/b is damaged"));
  }
  ASSERT_TRUE(server_.call("PUT", "/" + bucket_ + "/a/b", {}, "some bytes").ok());
  const Failure failure = failure_of([&] { run_task(blobs_->get("a/b")); });
  EXPECT_EQ(failure.retry, Failure::Retry::Never) << "it has no checksum at all";
}

TEST_P(S3Blob, LeavesTheObjectsOfOthersAlone) {
  ASSERT_TRUE(run_task(blobs_->put("users/u/a", "1")));
  for (const char* key : {"a%20file.txt", "users/", "users/u/%C3%A9%26%3C%2B", "~"})
    ASSERT_TRUE(server_.call("PUT", "/" + bucket_ + "/" + key, {}, "foreign").ok());
  for (const std::size_t limit : {1uz, 1000uz}) {
    std::vector<std::string> paths;
    std::string cursor;
    do {
      const BlobPage page = run_task(blobs_->list("", limit, cursor));
      for (const BlobInfo& blob : page.blobs) paths.push_back(blob.path);
      cursor = page.cursor;
    } while (!cursor.empty());
    EXPECT_THAT(paths, ElementsAre("users/u/a"));
  }
}

TEST_P(S3Blob, StaysBelowThePrefix) {
  S3Options below = options_;
  below.prefix = "hub-1/";
  const std::unique_ptr<S3Blobs> blobs = server_.open(below);
  ASSERT_TRUE(server_.call("PUT", "/" + bucket_ + "/hub-1/", {}, "").ok());
  ASSERT_TRUE(run_task(blobs_->put("a/b", "outside")));
  ASSERT_TRUE(run_task(blobs_->put("hub-2/a/b", "a neighbour's")));
  ASSERT_TRUE(run_task(blobs->put("a/b", "mine")));
  ASSERT_TRUE(run_task(blobs->put("c", "mine")));
  EXPECT_EQ(object("hub-1/a/b").body, "mine");
  std::vector<std::string> paths;
  std::string cursor;
  do {
    const BlobPage page = run_task(blobs->list("", 1, cursor));
    for (const BlobInfo& blob : page.blobs) paths.push_back(blob.path);
    cursor = page.cursor;
  } while (!cursor.empty());
  EXPECT_THAT(paths, ElementsAre("a/b", "c"));
  run_task(blobs->remove_all({"a/b"}));
  run_task(blobs->remove("c"));
  EXPECT_EQ(run_task(blobs_->get("a/b")), "outside");
  EXPECT_EQ(run_task(blobs_->get("hub-2/a/b")), "a neighbour's");
  EXPECT_TRUE(run_task(blobs->list("", 10, "")).blobs.empty());
  const std::string long_path = std::string(250, 'a') + "/" + std::string(250, 'a') + "/" +
                                std::string(250, 'a') + "/" + std::string(250, 'a') + "/" +
                                std::string(20, 'a');
  EXPECT_TRUE(run_task(blobs_->put(long_path, "1024 bytes at most")));
  EXPECT_FALSE(run_task(blobs->put(long_path, "with the prefix, too")));
}

TEST_P(S3Blob, SaysWhatToDoWhenTheBucketIsWrong) {
  S3Options wrong = options_;
  wrong.bucket = "nowhere-to-be-found";
  const std::unique_ptr<S3Blobs> blobs = server_.open(wrong);
  const auto expect_clear = [](const Failure& failure) {
    EXPECT_EQ(failure.retry, Failure::Retry::Later);
    EXPECT_THAT(failure.what(), HasSubstr("NoSuchBucket"));
    EXPECT_THAT(failure.what(), HasSubstr("create the bucket"));
  };
  expect_clear(failure_of([&] { run_task(blobs->put("a", "1")); }));
  expect_clear(failure_of([&] { run_task(blobs->put("a", made_up_bytes(6 * kMiB))); }));
  expect_clear(failure_of([&] { run_task(blobs->get("a")); }));
  expect_clear(failure_of([&] { run_task(blobs->get_range("a", 0, 1)); }));
  expect_clear(failure_of([&] { run_task(blobs->head("a")); }));
  expect_clear(failure_of([&] { run_task(blobs->list("", 1, "")); }));
  expect_clear(failure_of([&] { run_task(blobs->remove("a")); }));
  expect_clear(failure_of([&] { run_task(blobs->remove_all({"a"})); }));
  expect_clear(failure_of([&] { run_task(blobs->check()); }));
  expect_clear(failure_of([&] { run_task(blobs->abort_uploads(SystemClock().now())); }));
}

TEST_P(S3Blob, SaysWhatToDoWhenTheKeysAreWrong) {
  const std::unique_ptr<S3Blobs> blobs = server_.open_as_stranger(options_);
  const Failure put = failure_of([&] { run_task(blobs->put("a", "1")); });
  EXPECT_EQ(put.retry, Failure::Retry::Later);
  EXPECT_THAT(put.what(), HasSubstr("check the hub's AWS credentials"));
  EXPECT_THAT(put.what(), Not(HasSubstr("not the secret")));
  // HEAD has no body with a code: what is said is all that is known.
  const Failure head = failure_of([&] { run_task(blobs->head("a")); });
  EXPECT_THAT(head.what(), HasSubstr("HTTP 403; the hub needs s3:GetObject"));
}

TEST_P(S3Blob, EndsOldUploadsAndNoOthers) {
  const auto begin = [&](const std::string& key) {
    ASSERT_TRUE(server_.call("POST", "/" + bucket_ + "/" + key, {{"uploads", ""}}).ok());
  };
  begin("users/a");
  begin("users/a");
  begin("users/b");
  begin("not%20ours");
  const Timestamp now = SystemClock().now();
  // moto says of every upload that it began in November 2010.
  const Timestamp before =
      GetParam() == moto ? *from_iso8601("2010-11-01T00:00:00Z") : now - std::chrono::minutes(5);
  EXPECT_EQ(run_task(blobs_->abort_uploads(before)), 0u);
  EXPECT_EQ(run_task(blobs_->abort_uploads(now + std::chrono::minutes(1))), 3u);
  EXPECT_THAT(uploads(), Not(HasSubstr("users/")));
  EXPECT_THAT(uploads(), HasSubstr("not"));
}

TEST_P(S3Blob, CheckLeavesNothingBehind) {
  const S3Check check = run_task(blobs_->check());
  for (const std::string& hint : check.hints)
    EXPECT_THAT(hint, Not(HasSubstr("list what was just written"))) << hint;
  EXPECT_TRUE(run_task(blobs_->list("", 10, "")).blobs.empty());
}

TEST_P(S3Blob, CheckHintsAtVersioning) {
  const auto hints = [&] {
    std::string all;
    for (const std::string& hint : run_task(blobs_->check()).hints) all += hint + "\n";
    return all;
  };
  EXPECT_THAT(hints(), Not(HasSubstr("old versions")));
  const std::string enable =
      "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
  ASSERT_TRUE(server_.call("PUT", "/" + bucket_, {{"versioning", ""}}, enable).ok());
  EXPECT_THAT(hints(), HasSubstr("the bucket keeps old versions"));
}

TEST(S3Options, AreRefusedWhenTheyCannotBeRight) {
  const auto failure = [](auto change) {
    S3Options options = moto().options("hub-bucket");
    change(options);
    const Failure thrown = failure_of([&] { moto().open(options); });
    EXPECT_EQ(thrown.retry, Failure::Retry::Never) << thrown.what();
    return std::string(thrown.what());
  };
  EXPECT_THAT(failure([](S3Options& o) { o.bucket = "Hub"; }), HasSubstr("no bucket's name"));
  EXPECT_THAT(failure([](S3Options& o) { o.bucket = "a/b"; }), HasSubstr("no bucket's name"));
  EXPECT_THAT(failure([](S3Options& o) { o.encryption = "aes"; }), HasSubstr("the encryption is"));
  EXPECT_THAT(failure([](S3Options& o) { o.kms_key_id = "k"; }), HasSubstr("a KMS key needs"));
  EXPECT_THAT(failure([](S3Options& o) { o.part_size = 1; }), HasSubstr("a part has 5 MiB"));
  EXPECT_THAT(failure([](S3Options& o) { o.prefix = "hub"; }), HasSubstr("the prefix is a path"));
  EXPECT_THAT(failure([](S3Options& o) { o.prefix = "../"; }), HasSubstr("the prefix is a path"));
  EXPECT_THAT(failure([](S3Options& o) { o.region = ""; }), HasSubstr("region"));
}

}  // namespace
}  // namespace msghub::testing
