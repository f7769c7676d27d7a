// The client against servers of tests/servers: a gate with a verifier of its own proves the
// signatures, and a chaos proxy proves the repeating.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "aws/client.h"
#include "aws/errors.h"
#include "tests/contract/aws_server.h"
#include "tests/contract/run_task.h"

namespace msghub::aws {
namespace {

using msghub::testing::AwsServer;
using msghub::testing::run_task;
using ::testing::HasSubstr;

// A server with clients for it.
class Aws {
 public:
  explicit Aws(const std::string& kind) : server_({kind}) {
    keys_ = {server_.text("accessKeyId"), server_.text("secretAccessKey"), "", {}};
  }

  std::unique_ptr<Client> client(const std::string& service) { return client(service, keys_); }
  std::unique_ptr<Client> client(const std::string& service, const Credentials& keys) {
    ClientOptions options;
    options.service = service;
    options.endpoint = server_.url();
    options.region = server_.text("region");
    options.attempts = 10;
    return std::make_unique<Client>(transport_, std::make_shared<FixedCredentials>(keys), clock_,
                                    options);
  }
  Credentials role() const {
    const json::object& role = server_.described().at("role").as_object();
    return {string_or(role, "accessKeyId"), string_or(role, "secretAccessKey"),
            string_or(role, "sessionToken"), std::nullopt};
  }
  Credentials wrong_keys() const {
    Credentials keys = keys_;
    keys.secret_access_key += 'x';
    return keys;
  }
  // Tells the chaos proxy what trouble to make.
  void set_chaos(const std::string& rules) {
    HttpTransport::Request request;
    request.method = "POST";
    request.url = server_.url() + "/chaos";
    request.headers = {{"content-type", "application/json"}};
    request.body = rules;
    const HttpTransport::Reply reply = run_task(transport_.send(std::move(request)));
    ASSERT_EQ(reply.status, 200u) << reply.body;
  }

 private:
  AwsServer server_;
  const SystemClock clock_;
  HttpTransport transport_;
  Credentials keys_;
};

Call json_call(const std::string& target, const std::string& body) {
  Call call;
  call.headers = {{"content-type", "application/x-amz-json-1.1"}, {"x-amz-target", target}};
  call.body = body;
  return call;
}

Call dynamodb_call(const std::string& operation, const std::string& body) {
  return json_call("DynamoDB_20120810." + operation, body);
}

Call caller_identity() {
  Call call;
  call.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
  call.body = "Action=GetCallerIdentity&Version=2011-06-15";
  return call;
}

Call s3_call(const std::string& method, const std::string& key, const std::string& body = "") {
  Call call;
  call.method = method;
  call.path = '/' + uri_encode(key, true);
  call.body = body;
  return call;
}

class AwsGate : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { aws_ = std::make_unique<Aws>("gate"); }
  static void TearDownTestSuite() { aws_.reset(); }

  static Reply call(const std::string& service, Call call) {
    const auto client = aws_->client(service);
    return run_task(client->call(std::move(call)));
  }
  static std::unique_ptr<Aws> aws_;
};

std::unique_ptr<Aws> AwsGate::aws_;

TEST_F(AwsGate, LetsCallsOfAllServicesThrough) {
  const Reply identity = call("sts", caller_identity());
  EXPECT_TRUE(identity.ok()) << identity.error_code << ' ' << identity.error_message;
  EXPECT_TRUE(xml_text(identity.body, "Arn")) << identity.body;
  const Reply tables = call("dynamodb", dynamodb_call("ListTables", "{}"));
  EXPECT_TRUE(tables.ok()) << tables.error_message;
  EXPECT_THAT(tables.body, HasSubstr("TableNames"));
  const Reply keys = call("kms", json_call("TrentService.ListKeys", "{}"));
  EXPECT_TRUE(keys.ok()) << keys.error_message;
  EXPECT_THAT(keys.body, HasSubstr("\"Keys\""));
}

TEST_F(AwsGate, LetsStrangeKeysAndQueriesThrough) {
  const std::string place =
      "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint>"
      "</CreateBucketConfiguration>";
  const Reply made = call("s3", s3_call("PUT", "strange-keys", place));
  ASSERT_TRUE(made.ok()) << made.error_message;
  for (const std::string key : {"a b+c=d/ü~.txt", "a/../b/./c", "%41", "~-._!$&'()*,;:@", "//x//",
                                "日本/€?#[]", "\"<>\\^`{|}"}) {
    const Reply put = call("s3", s3_call("PUT", "strange-keys/" + key, "bytes of " + key));
    EXPECT_TRUE(put.ok()) << key << ": " << put.error_code << ' ' << put.error_message;
  }
  const Reply get = call("s3", s3_call("GET", "strange-keys/a b+c=d/ü~.txt"));
  EXPECT_EQ(get.body, "bytes of a b+c=d/ü~.txt") << get.error_message;
  Call list = s3_call("GET", "strange-keys");
  list.query = {{"prefix", "a b+c=d/ü"}, {"list-type", "2"}, {"delimiter", ""}};
  const Reply listed = call("s3", std::move(list));
  EXPECT_THAT(listed.body, HasSubstr("<KeyCount>1</KeyCount>")) << listed.error_message;
  EXPECT_EQ(call("s3", s3_call("HEAD", "strange-keys/none")).error_code, "404");
}

TEST_F(AwsGate, LetsRolesThrough) {
  const auto client = aws_->client("dynamodb", aws_->role());
  const Reply reply = run_task(client->call(dynamodb_call("ListTables", "{}")));
  EXPECT_TRUE(reply.ok()) << reply.error_message;
}

TEST_F(AwsGate, RefusesAWrongSecret) {
  const auto dynamodb = aws_->client("dynamodb", aws_->wrong_keys());
  EXPECT_EQ(run_task(dynamodb->call(dynamodb_call("ListTables", "{}"))).error_code,
            "InvalidSignatureException");
  const auto s3 = aws_->client("s3", aws_->wrong_keys());
  EXPECT_EQ(run_task(s3->call(s3_call("GET", ""))).error_code, "SignatureDoesNotMatch");
}

// Every kind of trouble, each for a part of the requests; all calls of all clients come through.
TEST(AwsChaos, IsOutlasted) {
  Aws aws("chaos");
  aws.set_chaos(R"({"seed": 7, "rules": [
    {"probability": 0.06, "fault": {"kind": "error", "status": 500}},
    {"probability": 0.06, "fault": {"kind": "throttle"}},
    {"probability": 0.06, "fault": {"kind": "cut-before"}},
    {"probability": 0.06, "fault": {"kind": "cut-after"}},
    {"probability": 0.06, "fault": {"kind": "truncate"}}]})");
  constexpr int kCalls = 120;
  const auto dynamodb = aws.client("dynamodb");
  boost::asio::io_context loop;
  std::vector<std::future<Reply>> calls;
  for (int i = 0; i < kCalls; ++i)
    calls.push_back(boost::asio::co_spawn(loop, dynamodb->call(dynamodb_call("ListTables", "{}")),
                                          boost::asio::use_future));
  loop.run();
  int repeated = 0;
  for (auto& call : calls) {
    const Reply reply = call.get();
    EXPECT_TRUE(reply.ok()) << reply.error_code;
    EXPECT_THAT(reply.body, HasSubstr("TableNames"));
    repeated += reply.after_uncertain ? 1 : 0;
  }
  EXPECT_GT(repeated, 0);
}

}  // namespace
}  // namespace msghub::aws
