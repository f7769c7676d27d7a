#include "aws/errors.h"

#include <gtest/gtest.h>

#include "aws/retry.h"

namespace msghub::aws {
namespace {

using namespace std::chrono_literals;

ServiceError read(unsigned status, std::string_view body, const std::string& type = "") {
  Headers headers;
  if (!type.empty()) headers.add("X-Amzn-ErrorType", type);
  return read_error(status, headers, body, false);
}

TEST(Errors, AreReadFromJson) {
  const ServiceError dynamodb = read(400, R"({"__type":"com.amazonaws.dynamodb.v20120810#)"
                                          R"(ConditionalCheckFailedException","message":"no"})");
  EXPECT_EQ(dynamodb.code, "ConditionalCheckFailedException");
  EXPECT_EQ(dynamodb.message, "no");
  const ServiceError kms = read(400, R"({"__type":"NotFoundException","Message":"Key x"})");
  EXPECT_EQ(kms.code, "NotFoundException");
  EXPECT_EQ(kms.message, "Key x");
}

TEST(Errors, AreReadFromAHeader) {
  EXPECT_EQ(read(400, "{}", "ValidationException:http://internal.amazon.com/coral/").code,
            "ValidationException");
}

TEST(Errors, AreReadFromXml) {
  const ServiceError s3 = read(404,
                               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>"
                               "<Code>NoSuchKey</Code><Message>No &lt;key&gt; &amp; so</Message>"
                               "<Key>k</Key></Error>");
  EXPECT_EQ(s3.code, "NoSuchKey");
  EXPECT_EQ(s3.message, "No <key> & so");
  const ServiceError sts = read(403,
                                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/"
                                "\"><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                                "<Message>no</Message></Error></ErrorResponse>");
  EXPECT_EQ(sts.code, "AccessDenied");
}

TEST(Errors, WithoutABodyAreTheStatus) {
  EXPECT_EQ(read(404, "").code, "404");
  EXPECT_EQ(read(304, "").code, "304");
  EXPECT_EQ(read(502, "<html>Bad gateway</html>").code, "502");
  EXPECT_EQ(read(500, "{broken").code, "500");
}

TEST(Errors, AreNotSeenInSuccess) {
  EXPECT_EQ(read(200, R"({"__type":"x#Y"})").code, "");
  EXPECT_EQ(read(200, "<Error><Code>InternalError</Code></Error>").code, "");
  EXPECT_EQ(read(204, "").code, "");
}

TEST(Errors, OfAnS3CopyHideBehind200) {
  const std::string body = "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>";
  EXPECT_EQ(read_error(200, {}, body, true).code, "InternalError");
  EXPECT_EQ(read_error(200, {}, " \r\n" + body, true).code, "InternalError");
  EXPECT_EQ(cause_of(200, "InternalError"), Cause::Transient);
  EXPECT_EQ(read_error(200, {}, "<CopyObjectResult/>", true).code, "");
}

TEST(Errors, HaveCauses) {
  EXPECT_EQ(cause_of(400, "ProvisionedThroughputExceededException"), Cause::Throttled);
  EXPECT_EQ(cause_of(503, "SlowDown"), Cause::Throttled);
  EXPECT_EQ(cause_of(429, "429"), Cause::Throttled);
  EXPECT_EQ(cause_of(500, "InternalServerError"), Cause::Transient);
  EXPECT_EQ(cause_of(400, "RequestTimeout"), Cause::Transient);
  EXPECT_EQ(cause_of(403, "RequestTimeTooSkewed"), Cause::WrongTime);
  EXPECT_EQ(cause_of(400, "ExpiredTokenException"), Cause::Expired);
  EXPECT_EQ(cause_of(400, "ValidationException"), Cause::Final);
  EXPECT_EQ(cause_of(400, "ConditionalCheckFailedException"), Cause::Final);
  EXPECT_EQ(cause_of(501, "NotImplemented"), Cause::Final);
}

TEST(Errors, ReadsDates) {
  EXPECT_EQ(to_iso8601(read_http_date("Sun, 22 Nov 2026 10:00:00 GMT").value()),
            "2026-11-22T10:00:00.000Z");
  for (const char* wrong : {"", "Sun, 22 Nov 2026 10:00:00 CET", "Sun, 31 Feb 2026 10:00:00 GMT",
                            "Sun, 22 ovD 2026 10:00:00 GMT", "Sun, 22 Nov 2026 aa:00:00 GMT"})
    EXPECT_FALSE(read_http_date(wrong)) << wrong;
}

TEST(Errors, TellNoSecrets) {
  const Credentials credentials{"AKID", "s3cr3t", "t0ken", {}};
  EXPECT_EQ(without_secrets("x-amz-security-token:t0ken\ns3cr3ts3cr3t AKID", credentials),
            "x-amz-security-token:***\n****** AKID");
  EXPECT_EQ(without_secrets("plain", Credentials{}), "plain");
  EXPECT_LT(without_secrets(std::string(100'000, 'x'), credentials).size(), 1100u);
}

TEST(Retry, PausesGrowToFiveSeconds) {
  EXPECT_EQ(pause_before(1, 0.5), 25ms);
  EXPECT_EQ(pause_before(2, 0.5), 50ms);
  EXPECT_EQ(pause_before(6, 0.5), 800ms);
  EXPECT_EQ(pause_before(8, 0.5), 2500ms);
  EXPECT_EQ(pause_before(1000, 0.5), 2500ms);
  EXPECT_EQ(pause_before(3, 0), 0ms);
}

TEST(Retry, TokensRunOutAndComeBack) {
  RetryTokens tokens;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(tokens.take(RetryTokens::kRetry)) << i;
  EXPECT_FALSE(tokens.take(RetryTokens::kRetry));
  for (int i = 0; i < 4; ++i) tokens.succeeded(0);
  EXPECT_FALSE(tokens.take(RetryTokens::kRetry));
  tokens.succeeded(0);
  EXPECT_TRUE(tokens.take(RetryTokens::kRetry));
  tokens.succeeded(RetryTokens::kRetryAfterSilence);
  EXPECT_TRUE(tokens.take(RetryTokens::kRetryAfterSilence));
  for (int i = 0; i < 2000; ++i) tokens.succeeded(0);
  EXPECT_TRUE(tokens.take(RetryTokens::kMost));
  EXPECT_FALSE(tokens.take(1));
}

}  // namespace
}  // namespace msghub::aws
