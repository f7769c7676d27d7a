#include "channels/webhook/webhook.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <set>

#include "base/crypto.h"
#include "channels/webhook/signature.h"

namespace msghub {
namespace {

using Code = Refusal::Code;
const Timestamp kNow = *from_iso8601("2026-11-22T10:00:00Z");

// Keeps what is delivered; knows an identity again, as the pipeline does.
class FakeInbox final : public Inbox {
 public:
  Task<Receipt> deliver(Arrival arrival) override {
    if (full) throw Failure(Failure::Retry::Later, "disk full");
    const MessageId id = message_id(arrival.channel_id, arrival.external_id);
    bool known = ids_.contains(arrival.external_id);
    for (const std::string& other : arrival.also_known_as) known = known || ids_.contains(other);
    if (!known) ids_.insert(arrival.external_id);
    if (!known) arrivals.push_back(std::move(arrival));
    co_return Receipt{id, known};
  }
  Task<void> move_cursor(ChannelId, MailCursor) override { co_return; }

  std::vector<Arrival> arrivals;
  bool full = false;

 private:
  std::set<std::string> ids_;
};

WebhookEndpoint endpoint_of(std::string secret = {}) {
  WebhookEndpoint endpoint;
  endpoint.channel.id = ChannelId{"c"};
  endpoint.channel.user_id = UserId{"u"};
  endpoint.channel.type = ChannelType::Webhook;
  endpoint.secret = std::move(secret);
  if (!endpoint.secret.empty()) {
    endpoint.channel.config.webhook_secret = "sealed";
    endpoint.channel.config.webhook_signature = "standard";
  }
  return endpoint;
}

HttpRequest json_request(std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.body = std::move(body);
  request.headers.add("Content-Type", "application/json");
  return request;
}

void sign(HttpRequest& request, const std::string& secret, const std::string& id = "msg_1") {
  const std::string time = std::to_string(kNow.time_since_epoch() / std::chrono::seconds(1));
  request.headers.add("webhook-id", id);
  request.headers.add("webhook-timestamp", time);
  request.headers.add("webhook-signature", *sign_standard(secret, id, time, request.body));
}

class Webhook : public testing::Test {
 protected:
  Result<Receipt> receive(HttpRequest request, WebhookEndpoint endpoint) {
    boost::asio::io_context context(1);
    auto receipt = boost::asio::co_spawn(
        context, receive_webhook(std::move(request), std::move(endpoint), inbox_, kNow),
        boost::asio::use_future);
    context.run();
    return receipt.get();
  }
  FakeInbox inbox_;
};

TEST_F(Webhook, DeliversWhatItReads) {
  HttpRequest request = json_request("{\"a\": 1}");
  request.headers.add("webhook-id", "m1");
  const auto receipt = receive(request, endpoint_of());
  ASSERT_TRUE(receipt);
  EXPECT_FALSE(receipt->duplicate);
  EXPECT_EQ(receipt->id, message_id(ChannelId{"c"}, "m1"));
  ASSERT_EQ(inbox_.arrivals.size(), 1u);
  const Arrival& arrival = inbox_.arrivals[0];
  EXPECT_EQ(arrival.user_id.value, "u");
  EXPECT_EQ(arrival.raw, "{\"a\": 1}");
  EXPECT_EQ(arrival.content_type, "application/json");
  EXPECT_EQ(to_json(*arrival.parsed.payload), "{\"a\":1}");
  EXPECT_FALSE(arrival.folder || arrival.is_read || arrival.cursor);
}

TEST_F(Webhook, DeliversTwiceWhatItRecordsOnce) {
  EXPECT_FALSE(receive(json_request("{}"), endpoint_of())->duplicate);
  EXPECT_TRUE(receive(json_request("{}"), endpoint_of())->duplicate);
  EXPECT_FALSE(receive(json_request("[]"), endpoint_of())->duplicate);
  EXPECT_EQ(inbox_.arrivals.size(), 2u);
}

TEST_F(Webhook, TakesSignedRequestsOnlyWhereThereIsASecret) {
  const std::string secret = new_webhook_secret();
  HttpRequest good = json_request("{}");
  sign(good, secret);
  EXPECT_TRUE(receive(good, endpoint_of(secret)));

  HttpRequest changed = good;
  changed.body = "[]";
  HttpRequest forged = json_request("{}");
  sign(forged, new_webhook_secret());
  for (const HttpRequest& bad : {json_request("{}"), changed, forged}) {
    const auto refused = receive(bad, endpoint_of(secret));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::Unauthorized);
  }
  EXPECT_EQ(inbox_.arrivals.size(), 1u);
}

TEST_F(Webhook, ChecksTheSignatureBeforeItReadsAnything) {
  const auto refused = receive(json_request("{ not json"), endpoint_of(new_webhook_secret()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Unauthorized);
}

TEST_F(Webhook, TakesNothingWhenItsSecretIsHalfConfigured) {
  const std::string secret = new_webhook_secret();
  HttpRequest signed_request = json_request("{}");
  sign(signed_request, secret);
  WebhookEndpoint no_secret = endpoint_of();
  no_secret.channel.config.webhook_signature = "standard";
  WebhookEndpoint not_opened = endpoint_of();
  not_opened.channel.config.webhook_secret = "sealed";
  WebhookEndpoint unknown_scheme = endpoint_of(secret);
  unknown_scheme.channel.config.webhook_signature = "none";
  WebhookEndpoint wrong_scheme = endpoint_of(secret);
  wrong_scheme.channel.config.webhook_signature = "github";
  for (const WebhookEndpoint& endpoint : {no_secret, not_opened, unknown_scheme, wrong_scheme}) {
    const auto refused = receive(signed_request, endpoint);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::Unauthorized);
  }
  WebhookEndpoint no_scheme = endpoint_of(secret);
  no_scheme.channel.config.webhook_signature.reset();
  EXPECT_FALSE(receive(json_request("{}"), no_scheme)) << "a secret is never ignored";
  EXPECT_TRUE(receive(signed_request, no_scheme)) << "Standard Webhooks is the default";
}

TEST_F(Webhook, RefusesOtherChannelsAndBadBodies) {
  WebhookEndpoint mail = endpoint_of();
  mail.channel.type = ChannelType::Email;
  EXPECT_EQ(receive(json_request("{}"), mail).error().code, Code::NotFound);
  EXPECT_EQ(receive(json_request("{"), endpoint_of()).error().code, Code::Invalid);
  EXPECT_TRUE(inbox_.arrivals.empty());
}

TEST_F(Webhook, PassesOnThatNothingWasStored) {
  inbox_.full = true;
  EXPECT_THROW(receive(json_request("{}"), endpoint_of()), Failure);
}

TEST(WebhookSecrets, AreFreshAndLong) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string token = new_webhook_token(), secret = new_webhook_secret();
    EXPECT_EQ(token.size(), 32u);
    EXPECT_EQ(
        token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos);
    EXPECT_TRUE(sign_standard(secret, "i", "1", "b"));
    EXPECT_TRUE(seen.insert(token).second && seen.insert(secret).second);
  }
}

}  // namespace
}  // namespace msghub
