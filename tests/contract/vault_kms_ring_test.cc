#include "base/json.h"
#include "tests/contract/aws_server.h"
#include "tests/contract/vault_ring_contract.h"
#include "vault/kms_key_ring.h"

namespace msghub::testing {
namespace {

using namespace std::chrono_literals;

// KMS on this machine: moto behind a gate that checks signatures.
class Kms {
 public:
  std::unique_ptr<aws::Client> client() {
    aws::ClientOptions options;
    options.service = "kms";
    options.endpoint = url_;
    options.region = region_;
    options.attempts = 2;
    options.attempt_timeout = 10s;
    return std::make_unique<aws::Client>(
        transport_,
        std::make_shared<aws::FixedCredentials>(aws::Credentials{key_id_, secret_, "", {}}),
        system_clock_, options);
  }
  json::object call(const std::string& operation, const json::object& body) {
    aws::Call call;
    call.headers = {{"content-type", "application/x-amz-json-1.1"},
                    {"x-amz-target", "TrentService." + operation}};
    call.body = to_json(body);
    const std::unique_ptr<aws::Client> kms = client();
    const aws::Reply reply = run_task(kms->call(std::move(call)));
    if (!reply.ok()) throw Failure(Failure::Retry::Never, operation + ": " + reply.error_message);
    const Result<json::value> answer = parse_json(reply.body);
    return answer && answer->is_object() ? answer->get_object() : json::object();
  }
  std::string new_key() {
    const json::object made = call("CreateKey", {});
    return std::string(made.at("KeyMetadata").at("Arn").as_string());
  }
  std::unique_ptr<KmsKeyRing> ring(const std::string& key_id, std::size_t cache_size = 1'000) {
    KmsOptions options;
    options.key_id = key_id;
    options.cache_size = cache_size;
    return std::make_unique<KmsKeyRing>(client(), clock, std::move(options));
  }
  void stop() { server_.reset(); }

  ManualClock clock;

 private:
  std::unique_ptr<AwsServer> server_ = std::make_unique<AwsServer>();
  const std::string url_ = server_->url();
  const std::string region_ = server_->text("region");
  const std::string key_id_ = server_->text("accessKeyId");
  const std::string secret_ = server_->text("secretAccessKey");
  const SystemClock system_clock_;
  HttpTransport transport_;
};

// One for all tests but those that stop it.
Kms& shared_kms() {
  static Kms kms;
  return kms;
}

class KmsRing {
 public:
  std::unique_ptr<KeyRing> open() const { return shared_kms().ring(key_); }
  std::string missing_key() const {
    return key_.substr(0, key_.rfind('/') + 1) + "01234567-89ab-cdef-0123-456789abcdef";
  }

 private:
  std::string key_ = shared_kms().new_key();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Kms, KeyRingContract, KmsRing);

Failure::Retry failure_of(Task<Result<std::unique_ptr<vault::SecretKey>>> task, std::string& text) {
  try {
    const auto opened = run_task(std::move(task));
    text = opened ? "opened" : opened.error().detail;
  } catch (const Failure& failure) {
    text = failure.what();
    return failure.retry;
  }
  return Failure::Retry::Never;
}

TEST(KmsKeyRing, BindsTheContextInKmsItself) {
  Kms& kms = shared_kms();
  const std::string key = kms.new_key();
  const auto made = run_task(kms.ring(key)->generate(kRingContext));
  json::object body{{"CiphertextBlob", to_base64(made->wrapped.bytes)},
                    {"EncryptionContext",
                     {{"msghub", "2"},
                      {"owner", "user-1"},
                      {"entity", "channel"},
                      {"id", "channel-1"},
                      {"field", "credentials"}}}};
  const json::object answer = kms.call("Decrypt", body);
  EXPECT_EQ(string_or(answer, "Plaintext"), to_base64(made->key.view()));
  EXPECT_EQ(string_or(answer, "KeyId"), key);
}

TEST(KmsKeyRing, FollowsAnAliasAndOpensWhatOlderKeysSealed) {
  Kms& kms = shared_kms();
  const std::string first = kms.new_key();
  const std::string second = kms.new_key();
  const std::string alias = "alias/" + first.substr(first.rfind('/') + 1);
  kms.call("CreateAlias", {{"AliasName", alias}, {"TargetKeyId", first}});
  const Vault vault(kms.ring(alias));
  const std::string sealed = run_task(vault.seal(kRingContext, "secret"));
  EXPECT_EQ(key_name_of(sealed), first);
  kms.call("UpdateAlias", {{"AliasName", alias}, {"TargetKeyId", second}});
  EXPECT_EQ(run_task(vault.ring().current_key()), second);
  EXPECT_EQ(run_task(vault.unseal(kRingContext, sealed)), "secret");
  const Result<std::string> moved = run_task(vault.rewrap(kRingContext, sealed));
  ASSERT_TRUE(moved) << moved.error().detail;
  EXPECT_EQ(key_name_of(*moved), second);
  EXPECT_EQ(run_task(vault.unseal(kRingContext, *moved)), "secret");
}

TEST(KmsKeyRing, FailsClosedWhenTheRightIsMissing) {
  Kms& kms = shared_kms();
  const std::string key = kms.new_key();
  const auto ring = kms.ring(key);
  const auto made = run_task(ring->generate(kRingContext));
  // moto keeps the key's id at the front, and says of another account's key what AWS says.
  KeyRing::Wrapped foreign = made->wrapped;
  foreign.bytes[3] = foreign.bytes[3] == '1' ? '2' : '1';
  std::string text;
  EXPECT_EQ(failure_of(ring->unwrap(foreign, kRingContext), text), Failure::Retry::Later);
  EXPECT_NE(text.find("AccessDeniedException"), std::string::npos) << text;
  EXPECT_NE(text.find(key), std::string::npos) << text;
  expect_no_key_in(text, made->key);
}

TEST(KmsKeyRing, WorksOnForFiveMinutesWithoutKms) {
  Kms kms;
  const auto ring = kms.ring(kms.new_key());
  const auto made = run_task(ring->generate(kRingContext));
  const auto unseen = run_task(ring->generate(kRingContext));
  const Timestamp asked = kms.clock.now();
  ASSERT_TRUE(run_task(ring->unwrap(made->wrapped, kRingContext)));
  kms.stop();
  kms.clock.set(asked + 5min - 1ms);
  EXPECT_TRUE(run_task(ring->unwrap(made->wrapped, kRingContext)));
  std::string text;
  EXPECT_EQ(failure_of(ring->unwrap(unseen->wrapped, kRingContext), text), Failure::Retry::Later);
  expect_no_key_in(text, unseen->key);
  kms.clock.set(asked + 5min);
  EXPECT_EQ(failure_of(ring->unwrap(made->wrapped, kRingContext), text), Failure::Retry::Later);
  EXPECT_NE(text.find("locked until AWS KMS answers again"), std::string::npos) << text;
  expect_no_key_in(text, made->key);
  EXPECT_THROW(run_task(ring->generate(kRingContext)), Failure);
  EXPECT_THROW(run_task(ring->rewrap(made->wrapped, kRingContext)), Failure);
}

TEST(KmsKeyRing, RemembersABoundedNumberOfKeysAndTrustsNoClockThatGoesBack) {
  Kms kms;
  const auto ring = kms.ring(kms.new_key(), 2);
  std::vector<KeyRing::Wrapped> wrapped;
  for (int i = 0; i < 3; ++i) {
    wrapped.push_back(run_task(ring->generate(kRingContext))->wrapped);
    ASSERT_TRUE(run_task(ring->unwrap(wrapped.back(), kRingContext)));
  }
  kms.stop();
  std::string text;
  EXPECT_EQ(failure_of(ring->unwrap(wrapped[0], kRingContext), text), Failure::Retry::Later);
  EXPECT_TRUE(run_task(ring->unwrap(wrapped[1], kRingContext)));
  EXPECT_TRUE(run_task(ring->unwrap(wrapped[2], kRingContext)));
  kms.clock.set(kms.clock.now() - 1ms);
  EXPECT_EQ(failure_of(ring->unwrap(wrapped[2], kRingContext), text), Failure::Retry::Later);
}

TEST(KmsKeyRing, SaysWhichKeyIsMissing) {
  Kms& kms = shared_kms();
  try {
    run_task(kms.ring("alias/nobody")->generate(kRingContext));
    FAIL() << "a key that is not there";
  } catch (const Failure& failure) {
    EXPECT_NE(std::string(failure.what()).find("alias/nobody"), std::string::npos)
        << failure.what();
  }
  EXPECT_THROW(kms.ring(""), Failure);
}

}  // namespace
}  // namespace msghub::testing
