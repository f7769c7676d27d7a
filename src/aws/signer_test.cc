#include "aws/signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.h"

namespace msghub::aws {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr char kUnreserved[] = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr char kToken[] =
    "AQoDYXdzEPT//////////"
    "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIe"
    "oIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0w"
    "q5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDryp"
    "NC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

std::string value_of(const Pairs& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return "(absent)";
}

// A request of AWS's Signature Version 4 test suite.
SigningInput suite_input(const std::string& method = "GET", const std::string& path = "/") {
  SigningInput input;
  input.method = method;
  input.host = "example.amazonaws.com";
  input.path = path;
  input.payload_sha256 = sha256_hex("");
  input.service = "service";
  input.region = "us-east-1";
  input.time = from_iso8601("2015-08-30T12:36:00Z").value();
  return input;
}

Credentials suite_credentials() {
  return {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", {}};
}

std::string suite_authorization(const SigningInput& input) {
  return value_of(sign(input, suite_credentials()), "authorization");
}

std::string expected(const std::string& names, const std::string& signature) {
  return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=" +
         names + ", Signature=" + signature;
}

TEST(Signer, SignsThePlainRequestsOfTheSuite) {
  const std::string vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
  EXPECT_EQ(suite_authorization(suite_input()), expected("host;x-amz-date", vanilla));
  EXPECT_EQ(suite_authorization(suite_input("POST")),
            expected("host;x-amz-date",
                     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"));
  // Nothing is sent for a root path by some clients.
  EXPECT_EQ(suite_authorization(suite_input("GET", "")), expected("host;x-amz-date", vanilla));
}

TEST(Signer, EncodesAndNormalizesThePathsOfTheSuite) {
  const std::pair<std::string, std::string> cases[] = {
      {"/ሴ", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {std::string("/") + kUnreserved,
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"/example space/", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
      {"/example/..", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"/example1/example2/../..",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"//", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"/./", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"//example//", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
      {"/./example", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
  };
  for (const auto& [path, signature] : cases)
    EXPECT_EQ(suite_authorization(suite_input("GET", path)), expected("host;x-amz-date", signature))
        << path;
}

TEST(Signer, SortsAndEncodesTheQueriesOfTheSuite) {
  const std::pair<Pairs, std::string> cases[] = {
      {{{"Param2", "value2"}, {"Param1", "value1"}},
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {{{"Param1", "value2"}, {"Param1", "value1"}},
       "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
      {{{"Param-3", "Value3"}, {"Param", "Value2"}, {"ሴ", "Value1"}},
       "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
      {{{kUnreserved, kUnreserved}},
       "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
  };
  for (const auto& [query, signature] : cases) {
    SigningInput input = suite_input();
    input.query = query;
    EXPECT_EQ(suite_authorization(input), expected("host;x-amz-date", signature))
        << encode_query(query);
  }
}

TEST(Signer, TrimsJoinsAndSortsTheHeadersOfTheSuite) {
  SigningInput trimmed = suite_input();
  trimmed.headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\" "}};
  EXPECT_EQ(suite_authorization(trimmed),
            expected("host;my-header1;my-header2;x-amz-date",
                     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"));
  SigningInput repeated = suite_input();
  repeated.headers = {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}};
  EXPECT_EQ(suite_authorization(repeated),
            expected("host;my-header1;x-amz-date",
                     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"));
  SigningInput posted = suite_input("POST");
  posted.headers = {{"My-Header1", "  value1  "}};
  EXPECT_EQ(suite_authorization(posted),
            expected("host;my-header1;x-amz-date",
                     "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"));
}

TEST(Signer, SignsTheBodyOfTheSuite) {
  SigningInput input = suite_input("POST");
  input.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  input.payload_sha256 = sha256_hex("Param1=value1");
  EXPECT_EQ(suite_authorization(input),
            expected("content-type;host;x-amz-date",
                     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"));
}

TEST(Signer, SignsTheSessionTokenOfTheSuite) {
  Credentials credentials = suite_credentials();
  credentials.session_token = kToken;
  const Pairs headers = sign(suite_input("POST"), credentials);
  EXPECT_EQ(value_of(headers, "authorization"),
            expected("host;x-amz-date;x-amz-security-token",
                     "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"));
  EXPECT_EQ(value_of(headers, "x-amz-security-token"), kToken);
  EXPECT_EQ(value_of(headers, "x-amz-date"), "20150830T123600Z");
  EXPECT_EQ(value_of(headers, "x-amz-content-sha256"), "(absent)");
}

// The examples of S3's documentation of the Authorization header.
SigningInput s3_input(const std::string& method, const std::string& path) {
  SigningInput input = suite_input(method, path);
  input.host = "examplebucket.s3.amazonaws.com";
  input.service = "s3";
  input.time = from_iso8601("2013-05-24T00:00:00Z").value();
  return input;
}

Pairs sign_for_s3(const SigningInput& input) {
  return sign(input, {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", {}});
}

TEST(Signer, SignsTheExamplesOfS3) {
  SigningInput get = s3_input("GET", "/test.txt");
  get.headers = {{"Range", "bytes=0-9"}};
  EXPECT_EQ(value_of(sign_for_s3(get), "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  SigningInput put = s3_input("PUT", '/' + uri_encode("test$file.text", true));
  put.headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                 {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  put.payload_sha256 = sha256_hex("Welcome to Amazon S3.");
  const Pairs put_headers = sign_for_s3(put);
  EXPECT_THAT(value_of(put_headers, "authorization"),
              EndsWith("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
  EXPECT_EQ(value_of(put_headers, "x-amz-content-sha256"), put.payload_sha256);

  SigningInput lifecycle = s3_input("GET", "/");
  lifecycle.query = {{"lifecycle", ""}};
  EXPECT_THAT(value_of(sign_for_s3(lifecycle), "authorization"),
              EndsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));

  SigningInput list = s3_input("GET", "/");
  list.query = {{"max-keys", "2"}, {"prefix", "J"}};
  EXPECT_THAT(value_of(sign_for_s3(list), "authorization"),
              EndsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(Signer, EncodesAPathTwiceExceptForS3) {
  SigningInput input = suite_input("GET", "/a%20b/./c");
  EXPECT_THAT(canonical_request(input, suite_credentials()), HasSubstr("GET\n/a%2520b/c\n"));
  input.service = "s3";
  EXPECT_THAT(canonical_request(input, suite_credentials()), HasSubstr("GET\n/a%20b/./c\n"));
}

TEST(Signer, SaysThatAPayloadIsUnsigned) {
  SigningInput input = suite_input("PUT");
  input.payload_sha256 = kUnsignedPayload;
  EXPECT_EQ(value_of(sign(input, suite_credentials()), "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
}

TEST(Signer, NeverShowsTheSecret) {
  Credentials credentials = suite_credentials();
  for (const auto& [name, value] : sign(suite_input(), credentials))
    EXPECT_EQ(value.find(credentials.secret_access_key), std::string::npos) << name;
  EXPECT_EQ(canonical_request(suite_input(), credentials).find(credentials.secret_access_key),
            std::string::npos);
}

TEST(Signer, EncodesUris) {
  EXPECT_EQ(uri_encode("a b+c=d/ü~.txt", true), "a%20b%2Bc%3Dd/%C3%BC~.txt");
  EXPECT_EQ(uri_encode("a/b*"), "a%2Fb%2A");
  EXPECT_EQ(uri_encode(kUnreserved), kUnreserved);
  const Pairs query{{"prefix", "a&b"}, {"list-type", "2"}, {"delimiter", ""}};
  EXPECT_EQ(encode_query(query), "delimiter=&list-type=2&prefix=a%26b");
}

}  // namespace
}  // namespace msghub::aws
