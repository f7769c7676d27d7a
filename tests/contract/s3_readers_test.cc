// What others make of the objects: the aws command line, encryption, the bucket's lifecycle rules.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/crypto.h"
#include "base/json.h"
#include "tests/contract/s3_engine.h"

namespace msghub::testing {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

// Runs `aws s3api …` against a server and gives what it prints, read as JSON.
class AwsCli {
 public:
  explicit AwsCli(const S3Server& server) : server_(server) {
    std::string path = (fs::temp_directory_path() / "msghub-aws-XXXXXX").string();
    MSGHUB_CHECK(::mkdtemp(path.data()) != nullptr);
    folder_ = path;
  }
  ~AwsCli() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  AwsCli(const AwsCli&) = delete;
  AwsCli& operator=(const AwsCli&) = delete;

  json::value run(const std::string& arguments) const {
    const AwsServer& server = server_.server();
    const std::string command =
        "env AWS_ACCESS_KEY_ID='" + server.text("accessKeyId") + "' AWS_SECRET_ACCESS_KEY='" +
        server.text("secretAccessKey") + "' AWS_EC2_METADATA_DISABLED=true HOME='" + folder_ +
        "' timeout 60 aws --output json --region '" + server.text("region") + "' --endpoint-url '" +
        server.url() + "' s3api " + arguments;
    FILE* const pipe = ::popen(command.c_str(), "r");
    MSGHUB_CHECK(pipe != nullptr);
    std::string said;
    char buffer[4096];
    for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
      said.append(buffer, count);
    const int status = ::pclose(pipe);
    EXPECT_EQ(status, 0) << arguments;
    return parse_json(said).value_or(nullptr);
  }
  // The bytes of an object.
  std::string get(const std::string& bucket, const std::string& key) const {
    const std::string file = folder_ + "/object";
    run("get-object --checksum-mode ENABLED --bucket " + bucket + " --key '" + key + "' " + file);
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

 private:
  const S3Server& server_;
  std::string folder_;
};

std::string text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : to_json(value);
}

TEST(S3Readers, TheAwsCliReadsWhatWasWritten) {
  const std::string bucket = moto().new_bucket();
  S3Options options = moto().options(bucket);
  options.encryption = "AES256";
  const std::unique_ptr<S3Blobs> blobs = moto().open(options);
  const AwsCli aws(moto());
  const std::string path = "users/u1/messages/m1/attachments/r=C3=A9sum=C3=A9.pdf";
  const std::string bytes = made_up_bytes(100'000);
  ASSERT_TRUE(run_task(blobs->put(path, bytes)));
  EXPECT_TRUE(aws.get(bucket, path) == bytes);
  const json::value head = aws.run("head-object --bucket " + bucket + " --key '" + path + "'");
  EXPECT_EQ(text(head.at("ContentLength")), "100000");
  EXPECT_EQ(text(head.at("ServerSideEncryption")), "AES256");
  EXPECT_EQ(text(head.at("Metadata").at("sha256")), sha256_hex(bytes));

  const std::string large = made_up_bytes(6 * kMiB);
  const std::string archive = "archives/messages/year=2026/month=11/day=22/part-1.ndjson.gz";
  ASSERT_TRUE(run_task(blobs->put(archive, large)));
  EXPECT_TRUE(aws.get(bucket, archive) == large);
  const json::value listed = aws.run("list-objects-v2 --bucket " + bucket);
  ASSERT_EQ(listed.at("Contents").as_array().size(), 2u);
  EXPECT_EQ(text(listed.at("Contents").at(0).at("Key")), archive);
  EXPECT_EQ(text(listed.at("Contents").at(1).at("Key")), path);
  EXPECT_EQ(run_task(blobs->check()).hints.size(), 1u) << "only public access is not blocked";
}

TEST(S3Readers, KmsEncryptsUnderTheKeyThatIsSet) {
  const std::string bucket = moto().new_bucket();
  S3Options options = moto().options(bucket);
  options.encryption = "aws:kms";
  options.kms_key_id = "arn:aws:kms:eu-central-1:123456789012:key/blobs";
  const std::unique_ptr<S3Blobs> blobs = moto().open(options);
  for (const std::size_t size : {std::size_t{10}, 6 * kMiB}) {
    const std::string bytes = made_up_bytes(size);
    ASSERT_TRUE(run_task(blobs->put("a/b", bytes)));
    EXPECT_TRUE(run_task(blobs->get("a/b")) == bytes);
    const aws::Reply reply = moto().call("HEAD", "/" + bucket + "/a/b");
    ASSERT_NE(reply.headers.only("x-amz-server-side-encryption"), nullptr) << size;
    EXPECT_EQ(*reply.headers.only("x-amz-server-side-encryption"), "aws:kms");
    ASSERT_NE(reply.headers.only("x-amz-server-side-encryption-aws-kms-key-id"), nullptr);
    EXPECT_EQ(*reply.headers.only("x-amz-server-side-encryption-aws-kms-key-id"),
              options.kms_key_id);
  }
}

// This server really encrypts, and knows one key alone.
TEST(S3Readers, AKmsKeyThatDoesNotExistIsToldApart) {
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

// A day of this server's lifecycle lasts ten seconds.
TEST(S3Readers, ALifecycleRuleForArchivesTakesArchivesOnly) {
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
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (run_task(blobs->head(archived)) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  EXPECT_EQ(run_task(blobs->get(archived)), std::nullopt);
  EXPECT_EQ(run_task(blobs->get(raw)), raw);
}

}  // namespace
}  // namespace msghub::testing
