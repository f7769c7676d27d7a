// What others make of the objects: the aws command line, and the server that encrypts them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

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

}  // namespace
}  // namespace msghub::testing
