#include "channels/webhook/signature.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/crypto.h"

namespace msghub {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Headers headers_of(const Fields& fields) {
  Headers headers;
  for (const auto& [name, value] : fields) headers.add(name, value);
  return headers;
}

Timestamp at(std::int64_t seconds) { return Timestamp{std::chrono::seconds(seconds)}; }

// The published vectors of Standard Webhooks and of GitHub.
constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kBody = R"({"test": 2432232314})";
constexpr std::int64_t kTime = 1614265330;
constexpr const char* kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const Fields kStandard{{"Webhook-Id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                       {"Webhook-Timestamp", "1614265330"},
                       {"Webhook-Signature", kSignature}};
constexpr std::string_view kGitHubSecret = "It's a Secret to Everybody";
constexpr std::string_view kGitHubBody = "Hello, World!";
const Fields kGitHub{{"X-Hub-Signature-256",
                      "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}};

Result<void> check(const Fields& fields, std::string_view secret = kSecret,
                   std::string_view body = kBody, std::int64_t now = kTime) {
  return check_signature(SignatureScheme::Standard, secret, headers_of(fields), body, at(now));
}
Result<void> check_hub(const Fields& fields, std::string_view secret = kGitHubSecret,
                       std::string_view body = kGitHubBody) {
  return check_signature(SignatureScheme::GitHub, secret, headers_of(fields), body, at(0));
}

Fields with(Fields fields, std::size_t index, std::string value) {
  fields[index].second = std::move(value);
  return fields;
}

void expect_unauthorized(const Result<void>& result, std::string_view what) {
  ASSERT_FALSE(result) << what;
  EXPECT_EQ(result.error().code, Refusal::Code::Unauthorized) << what;
  EXPECT_EQ(result.error().detail.find(kSecret), std::string::npos);
}

TEST(Signature, AcceptsThePublishedVectors) {
  EXPECT_TRUE(check(kStandard));
  EXPECT_EQ(*sign_standard(kSecret, kStandard[0].second, "1614265330", kBody), kSignature);
  EXPECT_TRUE(check_hub(kGitHub));
}

TEST(Signature, KnowsItsSchemesByName) {
  EXPECT_EQ(signature_scheme("standard"), SignatureScheme::Standard);
  EXPECT_EQ(signature_scheme("github"), SignatureScheme::GitHub);
  EXPECT_FALSE(signature_scheme("Standard"));
  EXPECT_FALSE(signature_scheme(""));
}

TEST(Signature, RefusesWhenAnythingIsMissingOrDoubled) {
  for (std::size_t i = 0; i < kStandard.size(); ++i) {
    Fields missing = kStandard, doubled = kStandard;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
    doubled.push_back(kStandard[i]);
    expect_unauthorized(check(missing), "missing " + kStandard[i].first);
    expect_unauthorized(check(doubled), "doubled " + kStandard[i].first);
    expect_unauthorized(check(with(kStandard, i, "")), "empty " + kStandard[i].first);
  }
  expect_unauthorized(check({}), "nothing");
  expect_unauthorized(check_hub({}), "nothing");
  expect_unauthorized(check_hub({kGitHub[0], kGitHub[0]}), "doubled");
  expect_unauthorized(check_hub(kGitHub, ""), "no secret");
}

TEST(Signature, RefusesSecretsThatAreNone) {
  for (const std::string& secret :
       {std::string(), std::string("whsec_"), std::string("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        std::string("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"),
        "whsec_" + to_base64("23 bytes, too short 123"),
        "whsec_" + to_base64(std::string(65, 'x'))})
    expect_unauthorized(check(kStandard, secret), secret);
  for (const std::size_t size : {24u, 64u}) {
    const std::string secret = "whsec_" + to_base64(std::string(size, 'k'));
    EXPECT_TRUE(
        check(with(kStandard, 2, *sign_standard(secret, kStandard[0].second, "1614265330", kBody)),
              secret));
  }
}

TEST(Signature, KeepsTheWindowToTheSecond) {
  EXPECT_TRUE(check(kStandard, kSecret, kBody, kTime + 300));
  EXPECT_TRUE(check(kStandard, kSecret, kBody, kTime - 300));
  expect_unauthorized(check(kStandard, kSecret, kBody, kTime + 301), "too old");
  expect_unauthorized(check(kStandard, kSecret, kBody, kTime - 301), "too new");
  for (const std::string time :
       {"+1614265330", "-1614265330", "1614265330 ", "1614265330.0", "0x60380a72",
        "9223372036854775807", "99999999999999999999", "now"}) {
    // Signed by one who knows the secret, and refused all the same.
    Fields fields = with(kStandard, 1, time);
    fields[2].second = *sign_standard(kSecret, fields[0].second, time, kBody);
    expect_unauthorized(check(fields), time);
  }
}

TEST(Signature, RefusesIdsThatCouldBeReadTwoWays) {
  Fields fields = with(kStandard, 0, "msg.1");
  fields[2].second = *sign_standard(kSecret, "msg.1", "1614265330", kBody);
  expect_unauthorized(check(fields), "a dot");
}

TEST(Signature, LooksAtFiveCandidatesAtMost) {
  const std::string other = "v1," + to_base64(std::string(32, 'x')) + " ";
  const std::string right = kSignature;
  EXPECT_TRUE(check(with(kStandard, 2, other + other + other + other + right)));
  EXPECT_TRUE(check(with(kStandard, 2, "v1a,abc v2,x " + right)));
  expect_unauthorized(check(with(kStandard, 2, other + other + other + other + other + right)),
                      "six");
  expect_unauthorized(
      check(with(kStandard, 2, right + " " + other + other + other + other + other)),
      "six, the first is right");
  for (const std::string& bad :
       {right.substr(3), "v1a" + right.substr(2), "V1" + right.substr(2), right + ",x",
        std::string("v1,"), right.substr(0, right.size() - 1),
        "v1," + to_base64(from_base64(right.substr(3))->substr(1))})
    expect_unauthorized(check(with(kStandard, 2, bad)), bad);
}

TEST(Signature, RefusesMalformedGitHubSignatures) {
  const std::string right = kGitHub[0].second;
  for (const std::string& bad :
       {right.substr(7), "sha1=" + right.substr(7), right + "00", right.substr(0, right.size() - 2),
        right.substr(0, right.size() - 1) + "g", std::string("sha256="),
        "SHA256=" + right.substr(7)})
    expect_unauthorized(check_hub({{"X-Hub-Signature-256", bad}}), bad);
}

RC_GTEST_PROP(Signature, RefusesEveryChangedBit, (std::uint32_t where)) {
  std::string body(kBody), signature = *from_base64(std::string_view(kSignature).substr(3));
  std::string& changed = where % 2 == 0 ? body : signature;
  changed[where / 16 % changed.size()] ^= static_cast<char>(1 << (where / 2 % 8));
  RC_ASSERT(!check(with(kStandard, 2, "v1," + to_base64(signature)), kSecret, body));

  std::string hub_body(kGitHubBody), hub = *from_hex(kGitHub[0].second.substr(7));
  std::string& hub_changed = where % 2 == 0 ? hub_body : hub;
  hub_changed[where / 16 % hub_changed.size()] ^= static_cast<char>(1 << (where / 2 % 8));
  RC_ASSERT(
      !check_hub({{"X-Hub-Signature-256", "sha256=" + to_hex(hub)}}, kGitHubSecret, hub_body));
}

RC_GTEST_PROP(Signature, AcceptsWhatItSigns, (const std::string& body)) {
  Fields fields = kStandard;
  fields[2].second = *sign_standard(kSecret, fields[0].second, fields[1].second, body);
  RC_ASSERT(check(fields, kSecret, body).has_value());
}

}  // namespace
}  // namespace msghub
