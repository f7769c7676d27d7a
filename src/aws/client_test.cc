#include "aws/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/use_future.hpp>

#include "aws/test_support.h"
#include "base/log.h"
#include "net/scripted_server.h"

namespace msghub::aws {
namespace {

using namespace std::chrono_literals;
using msghub::testing::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kSecret[] = "wJalrXUtnFEMI";
constexpr char kToken[] = "session-token";
constexpr char kJsonError[] = R"({"__type":"com.amazonaws.dynamodb.v20120810#)";

std::string refusal(int status, const std::string& code, const std::string& fields = "") {
  return ScriptedServer::reply(status, kJsonError + code + R"(","message":"why"})", fields);
}

// Keys whose number grows each time the old ones are forgotten.
class CountedCredentials final : public CredentialsProvider {
 public:
  Task<Credentials> get() override {
    co_return Credentials{"KEY" + std::to_string(forgotten), kSecret, kToken, {}};
  }
  void forget(const Credentials&) override { ++forgotten; }
  int forgotten = 0;
};

// A client in front of a scripted DynamoDB.
struct Setting {
  explicit Setting(ScriptedServer::Script script, int attempts = 4) : server(std::move(script)) {
    options.service = "dynamodb";
    options.region = "eu-central-1";
    options.endpoint = server.url();
    options.attempts = attempts;
  }
  Client& client() {
    if (!made) made = std::make_unique<Client>(transport, credentials, clock, options);
    return *made;
  }
  Reply call(Call what) { return run_task(client().call(std::move(what))); }
  CallFailed failure(Call what) {
    try {
      call(std::move(what));
    } catch (const CallFailed& error) {
      return error;
    }
    ADD_FAILURE() << "the call succeeded";
    return CallFailed("", false);
  }

  ScriptedServer server;
  HttpTransport transport;
  ManualClock clock;
  std::shared_ptr<CountedCredentials> credentials = std::make_shared<CountedCredentials>();
  ClientOptions options;
  std::unique_ptr<Client> made;
};

Call put_item() {
  Call call;
  call.headers = {{"x-amz-target", "DynamoDB_20120810.PutItem"},
                  {"content-type", "application/x-amz-json-1.0"}};
  call.body = "{}";
  return call;
}

std::string field(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "(absent)";
  const std::size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

TEST(Client, SendsASignedCall) {
  Setting setting([](const std::string&, int) {
    return ScriptedServer::reply(200, R"({"a":1})", "x-amzn-requestid: 7\r\n");
  });
  const Reply reply = setting.call(put_item());
  EXPECT_TRUE(reply.ok());
  EXPECT_EQ(reply.body, R"({"a":1})");
  EXPECT_EQ(*reply.headers.only("X-Amzn-RequestId"), "7");
  EXPECT_FALSE(reply.after_uncertain);
  const std::string request = setting.server.requests().at(0);
  EXPECT_THAT(request, StartsWith("POST / HTTP/1.1\r\n"));
  EXPECT_EQ(field(request, "Host"), setting.server.place());
  EXPECT_EQ(field(request, "x-amz-security-token"), kToken);
  EXPECT_THAT(field(request, "authorization"),
              StartsWith("AWS4-HMAC-SHA256 Credential=KEY0/20251122/eu-central-1/dynamodb/"
                         "aws4_request, SignedHeaders=content-type;host;x-amz-date;"
                         "x-amz-security-token;x-amz-target, Signature="));
}

TEST(Client, SendsPathAndQueryAsTheyAreSigned) {
  Setting setting([](const std::string&, int) { return ScriptedServer::reply(200, ""); });
  setting.options.service = "s3";
  Call call;
  call.method = "PUT";
  call.path = '/' + uri_encode("a b+c=d/ü~.txt", true);
  call.query = {{"uploads", ""}, {"a", "b c"}};
  call.host_prefix = "";
  setting.call(call);
  EXPECT_THAT(setting.server.requests().at(0),
              StartsWith("PUT /a%20b%2Bc%3Dd/%C3%BC~.txt?a=b%20c&uploads= HTTP/1.1\r\n"));
}

TEST(Client, GivesRefusalsToTheCaller) {
  Setting setting(
      [](const std::string&, int) { return refusal(400, "ConditionalCheckFailedException"); });
  const Reply reply = setting.call(put_item());
  EXPECT_FALSE(reply.ok());
  EXPECT_EQ(reply.status, 400u);
  EXPECT_EQ(reply.error_code, "ConditionalCheckFailedException");
  EXPECT_EQ(reply.error_message, "why");
  EXPECT_EQ(setting.server.requests().size(), 1u);
}

TEST(Client, RepeatsAfterA500AndSaysThatItMayHaveBeenDone) {
  Setting setting([](const std::string&, int number) {
    return number == 0 ? refusal(500, "InternalServerError")
                       : refusal(400, "ConditionalCheckFailedException");
  });
  const Reply reply = setting.call(put_item());
  EXPECT_EQ(reply.error_code, "ConditionalCheckFailedException");
  EXPECT_TRUE(reply.after_uncertain);
}

TEST(Client, RepeatsAfterThrottlingWhichDoesNothing) {
  Setting setting([](const std::string&, int number) {
    return number < 2 ? refusal(400, "ThrottlingException") : ScriptedServer::reply(200, "{}");
  });
  const Reply reply = setting.call(put_item());
  EXPECT_TRUE(reply.ok());
  EXPECT_FALSE(reply.after_uncertain);
  EXPECT_EQ(setting.server.requests().size(), 3u);
}

TEST(Client, RepeatsAfterACut) {
  Setting setting([](const std::string&, int number) {
    return number == 0 ? std::string() : ScriptedServer::reply(200, "{}");
  });
  const Reply reply = setting.call(put_item());
  EXPECT_TRUE(reply.ok());
  EXPECT_TRUE(reply.after_uncertain);
}

TEST(Client, RepeatsASlowCall) {
  Setting setting([](const std::string&, int number) {
    if (number == 0) std::this_thread::sleep_for(1500ms);
    return ScriptedServer::reply(200, "{}");
  });
  setting.options.attempt_timeout = 1s;
  const Reply reply = setting.call(put_item());
  EXPECT_TRUE(reply.ok());
  EXPECT_TRUE(reply.after_uncertain);
}

TEST(Client, RepeatsWhenTheAnswerWasChanged) {
  Setting setting([](const std::string&, int number) {
    return ScriptedServer::reply(200, number == 0 ? "{]" : "{}", "x-amz-crc32: 2745614147\r\n");
  });
  const Reply reply = setting.call(put_item());
  EXPECT_EQ(reply.body, "{}");
  EXPECT_TRUE(reply.after_uncertain);
}

TEST(Client, NeverRepeatsWhatMayHaveBeenDoneAgainstTheCallersWish) {
  Setting setting([](const std::string&, int) { return std::string(); });
  Call call = put_item();
  call.repeatable = false;
  EXPECT_TRUE(setting.failure(call).uncertain);
  EXPECT_EQ(setting.server.requests().size(), 1u);
}

TEST(Client, RepeatsWhatWasCertainlyNotDone) {
  Setting setting([](const std::string&, int number) {
    return number == 0 ? refusal(400, "ThrottlingException") : ScriptedServer::reply(200, "{}");
  });
  Call call = put_item();
  call.repeatable = false;
  EXPECT_TRUE(setting.call(call).ok());
}

TEST(Client, GivesUpWithAReason) {
  Setting setting([](const std::string&, int) { return refusal(503, "ServiceUnavailable"); });
  const CallFailed error = setting.failure(put_item());
  EXPECT_EQ(error.retry, Failure::Retry::Later);
  EXPECT_EQ(setting.server.requests().size(), 4u);
  EXPECT_THAT(error.what(), HasSubstr("dynamodb PutItem at " + setting.server.place() +
                                      ": HTTP 503 ServiceUnavailable: why. Given up after 4 "
                                      "attempts in "));
  EXPECT_THAT(error.what(), HasSubstr(" ms: no attempt is left. Check the network"));
}

TEST(Client, GivesUpWhenTheTimeIsOver) {
  Setting setting(
      [](const std::string&, int) {
        std::this_thread::sleep_for(20ms);
        return refusal(500, "InternalServerError");
      },
      1000);
  setting.options.attempt_timeout = 100ms;
  setting.options.total_timeout = 300ms;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(setting.failure(put_item()).what(), HasSubstr("no time is left"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

TEST(Client, SaysNothingOfSecrets) {
  Setting setting([](const std::string& request, int) {
    return ScriptedServer::reply(
        500, R"({"__type":"a#InternalServerError","message":"canonical x-amz-security-token:)" +
                 field(request, "x-amz-security-token") + "\"}");
  });
  const std::string text = setting.failure(put_item()).what();
  EXPECT_THAT(text, HasSubstr("x-amz-security-token:***"));
  EXPECT_THAT(text, Not(HasSubstr(kToken)));
  EXPECT_THAT(text, Not(HasSubstr(kSecret)));
}

TEST(Client, RedactsRefusals) {
  Setting setting([](const std::string& request, int) {
    return ScriptedServer::reply(403, R"({"__type":"AccessDeniedException","message":"got )" +
                                          field(request, "x-amz-security-token") + "\"}");
  });
  EXPECT_EQ(setting.call(put_item()).error_message, "got ***");
}

TEST(Client, CorrectsItsClockOnceForAll) {
  const std::string date = "Date: Sat, 22 Nov 2025 11:00:00 GMT\r\n";
  Setting setting([date](const std::string& request, int) {
    return field(request, "x-amz-date").starts_with("20251122T11")
               ? ScriptedServer::reply(200, "{}", date)
               : refusal(400, "InvalidSignatureException", date);
  });
  EXPECT_TRUE(setting.call(put_item()).ok());
  EXPECT_TRUE(setting.call(put_item()).ok());
  EXPECT_EQ(setting.server.requests().size(), 3u);
}

TEST(Client, LeavesARightClockAlone) {
  Setting setting([](const std::string&, int) {
    return refusal(400, "InvalidSignatureException", "Date: Sat, 22 Nov 2025 10:03:00 GMT\r\n");
  });
  EXPECT_EQ(setting.call(put_item()).error_code, "InvalidSignatureException");
  EXPECT_EQ(setting.server.requests().size(), 1u);
}

TEST(Client, FetchesKeysAnewOnce) {
  Setting setting([](const std::string& request, int) {
    return request.find("Credential=KEY0/") == std::string::npos
               ? ScriptedServer::reply(200, "{}")
               : refusal(400, "ExpiredTokenException");
  });
  EXPECT_TRUE(setting.call(put_item()).ok());
  EXPECT_EQ(setting.credentials->forgotten, 1);
}

TEST(Client, GivesExpiredKeysBackWhenNewOnesDoNotHelp) {
  Setting setting([](const std::string&, int) { return refusal(400, "ExpiredTokenException"); });
  EXPECT_EQ(setting.call(put_item()).error_code, "ExpiredTokenException");
  EXPECT_EQ(setting.server.requests().size(), 2u);
}

TEST(Client, StopsRepeatingInAnOutage) {
  Setting setting([](const std::string&, int) { return refusal(500, "InternalServerError"); },
                  1000);
  // 500 tokens at 5 each are 100 retries, whoever makes them.
  setting.options.total_timeout = 60s;
  boost::asio::io_context loop;
  std::vector<std::future<Reply>> calls;
  for (int i = 0; i < 40; ++i)
    calls.push_back(
        boost::asio::co_spawn(loop, setting.client().call(put_item()), boost::asio::use_future));
  loop.run();
  for (auto& call : calls) EXPECT_THROW(call.get(), CallFailed);
  EXPECT_EQ(setting.server.requests().size(), 140u);
  EXPECT_THAT(setting.failure(put_item()).what(), HasSubstr("too many calls have failed lately"));
}

TEST(Client, SaysWhenTheReplyIsTooLarge) {
  Setting setting(
      [](const std::string&, int) { return ScriptedServer::reply(200, std::string(2000, 'x')); });
  Call call = put_item();
  call.reply_limit = 1000;
  EXPECT_THROW(setting.call(call), TransportError);
  EXPECT_EQ(setting.server.requests().size(), 1u);
}

TEST(Client, RefusesWrongSettings) {
  HttpTransport transport;
  const ManualClock clock;
  const auto credentials = std::make_shared<CountedCredentials>();
  const auto make = [&](const std::string& endpoint, const std::string& region) {
    ClientOptions options;
    options.service = "kms";
    options.endpoint = endpoint;
    options.region = region;
    const Client client(transport, credentials, clock, options);
  };
  EXPECT_NO_THROW(make("", "eu-central-1"));
  EXPECT_NO_THROW(make("http://localhost:4566/", "eu-central-1"));
  EXPECT_THROW(make("", ""), Failure);
  for (const char* wrong :
       {"localhost:4566", "ftp://a", "https://", "https://a/b", "https://user@a", "https://a?b"})
    EXPECT_THROW(make(wrong, "eu-central-1"), Failure) << wrong;
}

}  // namespace
}  // namespace msghub::aws
