#include "channels/webhook/translate.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "channels/webhook/charset.h"
#include "channels/webhook/identity.h"
#include "channels/webhook/written.h"

namespace msghub {
namespace {

using Code = Refusal::Code;
const Timestamp kNow = *from_iso8601("2026-11-22T10:00:00.123Z");

HttpRequest request_of(std::string body, std::optional<std::string> type = std::nullopt) {
  HttpRequest request;
  request.method = "POST";
  request.body = std::move(body);
  if (type) request.headers.add("Content-Type", *type);
  return request;
}

Channel mapped_channel() {
  Channel channel;
  channel.type = ChannelType::Webhook;
  channel.config.webhook_mapping =
      WebhookMapping{"order.customer", "order.title", "order.items[1]"};
  return channel;
}

TEST(TranslateWebhook, ReadsJson) {
  for (const char* type : {"application/json", "Application/JSON; charset=utf-8",
                           "application/vnd.x+json", "application/cloudevents+json;a=b"}) {
    const auto content = translate_webhook({}, request_of("{\"a\": [1, 2.5]}\r\n", type), kNow);
    ASSERT_TRUE(content) << type << content.error().detail;
    EXPECT_EQ(to_json(*content->parsed.payload), R"({"a":[1,2.5]})");
    EXPECT_EQ(content->parsed.body, "{\"a\": [1, 2.5]}\n");
    EXPECT_EQ(content->parsed.from, "");
    EXPECT_FALSE(content->parsed.subject);
    EXPECT_EQ(content->parsed.timestamp, kNow);
    EXPECT_EQ(content->content_type, type);
    EXPECT_TRUE(content->notes.empty());
  }
  EXPECT_TRUE(translate_webhook({}, request_of("\xEF\xBB\xBF[]", "application/json"), kNow));
}

TEST(TranslateWebhook, ReadsForms) {
  const auto content = translate_webhook({},
                                         request_of("name=J%C3%BCrgen+M&tag=a&tag=b&tag=&odd=%FF",
                                                    "application/x-www-form-urlencoded"),
                                         kNow);
  ASSERT_TRUE(content);
  EXPECT_EQ(to_json(*content->parsed.payload),
            "{\"name\":\"Jürgen M\",\"tag\":[\"a\",\"b\",\"\"],\"odd\":\"\xEF\xBF\xBD\"}");
  EXPECT_EQ(content->parsed.body, "name=J%C3%BCrgen+M&tag=a&tag=b&tag=&odd=%FF");
}

TEST(TranslateWebhook, ReadsTextInItsCharset) {
  struct Case {
    std::optional<std::string> type;
    std::string body, text;
    bool note;
  };
  for (const auto& [type, body, text, note] : {
           Case{std::nullopt, "gr\xc3\xbc\xc3\x9f\r\nGott", "grüß\nGott", false},
           Case{"text/plain; charset=ISO-8859-1", "gr\xfc\xdf", "grüß", false},
           Case{"text/plain;charset=\"latin1\"", "\xfc", "ü", false},
           Case{"text/html; charset=us-ascii", "<b>x</b>", "<b>x</b>", false},
           Case{"text/plain", "gr\xfc", "gr\xEF\xBF\xBD", true},
           Case{"text/plain; charset=koi8-r", "abc", "abc", true},
       }) {
    const auto content = translate_webhook({}, request_of(body, type), kNow);
    ASSERT_TRUE(content) << text;
    EXPECT_EQ(content->parsed.body, text);
    EXPECT_FALSE(content->parsed.payload);
    EXPECT_EQ(content->notes.size(), note ? 1u : 0u) << text;
    EXPECT_EQ(content->content_type, type.value_or("text/plain"));
  }
}

TEST(TranslateWebhook, RefusesWhatItCannotRead) {
  struct Case {
    std::string body;
    std::optional<std::string> type;
    Code code;
    std::string part;
  };
  for (const auto& [body, type, code, part] : {
           Case{"", std::nullopt, Code::Invalid, "The body is empty."},
           Case{"{\"a\":\n 1,}", "application/json", Code::Invalid, "line 2, column 4"},
           Case{"{}{}", "application/json", Code::Invalid, "line 1, column 3"},
           Case{"{\"a\":1,\"a\":2}", "application/json", Code::Invalid, "stands twice"},
           Case{"\"\xff\"", "application/json", Code::Invalid, "not valid JSON"},
           Case{std::string(100, '['), "application/json", Code::Invalid, "deeper than 64"},
           Case{"a=1&b=%4", "application/x-www-form-urlencoded", Code::Invalid, "Field 2"},
           Case{"x", "multipart/form-data; boundary=b", Code::Unsupported, "multipart/form-data"},
           Case{"x", "application/octet-stream", Code::Unsupported, "application/json"},
           Case{"x", "application/xml", Code::Unsupported, "application/xml"},
           Case{"x", "texty/plain", Code::Unsupported, "texty/plain"},
       }) {
    const auto content = translate_webhook({}, request_of(body, type), kNow);
    ASSERT_FALSE(content) << body << part;
    EXPECT_EQ(content.error().code, code) << part;
    EXPECT_NE(content.error().detail.find(part), std::string::npos) << content.error().detail;
  }
  std::string fields;
  for (int i = 0; i < 10'001; ++i) fields += "a&";
  const auto many =
      translate_webhook({}, request_of(fields, "application/x-www-form-urlencoded"), kNow);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, Code::TooLarge);
  HttpRequest doubled = request_of("{}", "application/json");
  doubled.headers.add("content-type", "text/plain");
  EXPECT_EQ(translate_webhook({}, doubled, kNow).error().code, Code::Invalid);
  HttpRequest zipped = request_of("x", "text/plain");
  zipped.headers.add("Content-Encoding", "gzip");
  EXPECT_EQ(translate_webhook({}, zipped, kNow).error().code, Code::Unsupported);
}

TEST(TranslateWebhook, MapsThePayload) {
  const auto content = translate_webhook(
      mapped_channel(),
      request_of(R"({"order":{"customer":"ann@example.com","title":7,"items":["a","b\r\nc"]}})",
                 "application/json"),
      kNow);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->parsed.from, "ann@example.com");
  EXPECT_EQ(content->parsed.subject, "7");
  EXPECT_EQ(content->parsed.body, "b\nc");
}

TEST(TranslateWebhook, NotesWhatTheMappingDidNotFind) {
  const auto content = translate_webhook(
      mapped_channel(), request_of(R"({"order":{"title":null}})", "application/json"), kNow);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->parsed.from, "");
  EXPECT_FALSE(content->parsed.subject);
  EXPECT_EQ(content->parsed.body, R"({"order":{"title":null}})");
  EXPECT_EQ(content->notes, (std::vector<std::string>{
                                "The payload has no \"order.customer\" for the message's from.",
                                "The payload has no \"order.title\" for the message's subject.",
                                "The payload has no \"order.items[1]\" for the message's body."}));
}

TEST(TranslateWebhook, KeepsHeadersButNoSecrets) {
  HttpRequest request = request_of("x");
  for (const char* name : {"Authorization", "Proxy-Authorization", "Cookie", "Webhook-Signature",
                           "X-Hub-Signature-256", "X-Gitlab-Token", "X-Api-Key", "X-Auth",
                           "X-Client-Secret", "Host", "Content-Length", "Connection"})
    request.headers.add(name, "s");
  request.headers.add("Webhook-Id", "m1");
  request.headers.add("X-GitHub-Event", "push");
  request.headers.add("X-Twice", "first");
  request.headers.add("x-twice", "second");
  request.headers.add("X-Odd", "\xff");
  const auto content = translate_webhook({}, request, kNow);
  ASSERT_TRUE(content);
  EXPECT_EQ(*content->parsed.headers,
            (std::map<std::string, std::string>{{"webhook-id", "m1"},
                                                {"x-github-event", "push"},
                                                {"x-twice", "first\nsecond"},
                                                {"x-odd", "\xEF\xBF\xBD"}}));
}

TEST(TranslateWebhook, TakesTheSendersTimeUnlessItLiesAhead) {
  const auto time_for = [](const char* text) {
    HttpRequest request = request_of("x");
    request.headers.add("webhook-timestamp", text);
    return translate_webhook({}, request, kNow)->parsed.timestamp;
  };
  EXPECT_EQ(time_for("1795341599"), *from_iso8601("2026-11-22T09:59:59Z"));
  EXPECT_EQ(time_for("1795341900"), *from_iso8601("2026-11-22T10:05:00Z"));
  for (const char* bad :
       {"1795341901", "-1", "", "x", "9223372036854775807", "99999999999999999999"})
    EXPECT_EQ(time_for(bad), kNow) << bad;
}

TEST(MediaType, ReadsParametersLeniently) {
  EXPECT_EQ(read_media_type(" Text/Plain ;x=y; CHARSET=\"UTF-8\";charset=latin1").charset, "utf-8");
  EXPECT_EQ(read_media_type(" Text/Plain ;").type, "text/plain");
  EXPECT_EQ(read_media_type("").type, "");
  EXPECT_EQ(read_media_type(";charset").charset, "");
}

TEST(WebhookIdentity, TakesTheSendersIdFirst) {
  HttpRequest request = request_of("x");
  request.headers.add("Idempotency-Key", "key-1");
  EXPECT_EQ(webhook_identity(request, kNow).external_id, "key-1");
  request.headers.add("X-GitHub-Delivery", "d-1");
  EXPECT_EQ(webhook_identity(request, kNow).external_id, "d-1");
  request.headers.add("Webhook-Id", "msg_1");
  EXPECT_EQ(webhook_identity(request, kNow).external_id, "msg_1");
  EXPECT_TRUE(webhook_identity(request, kNow).also_known_as.empty());
  request.headers.add("Webhook-Id", "msg_2");
  EXPECT_EQ(webhook_identity(request, kNow).external_id, "d-1") << "a doubled header is no id";
}

TEST(WebhookIdentity, PassesOverIdsThatAreNone) {
  for (const std::string& bad : {std::string(), std::string(257, 'x'), std::string("\xff")}) {
    HttpRequest request = request_of("x");
    request.headers.add("webhook-id", bad);
    EXPECT_TRUE(webhook_identity(request, kNow).external_id.starts_with("body:"));
  }
  HttpRequest longest = request_of("x");
  longest.headers.add("webhook-id", std::string(256, 'x'));
  EXPECT_EQ(webhook_identity(longest, kNow).external_id.size(), 256u);
}

TEST(WebhookIdentity, KnowsABodyAgainWithinFiveMinutesWhereverTheWindowEnds) {
  const HttpRequest request = request_of("door opened");
  const auto known_again = [&](Timestamp first, Timestamp second) {
    const auto stored = webhook_identity(request, first).external_id;
    const auto again = webhook_identity(request, second);
    return again.external_id == stored || again.also_known_as == std::vector{stored};
  };
  for (int start = 0; start < 300; start += 7) {
    const Timestamp first = kNow + std::chrono::seconds(start);
    EXPECT_TRUE(known_again(first, first + std::chrono::seconds(300))) << start;
    EXPECT_FALSE(known_again(first, first + std::chrono::seconds(600))) << start;
  }
  EXPECT_EQ(webhook_identity(request, Timestamp{std::chrono::seconds(299)}).external_id,
            "body:" + sha256_hex("door opened") + ":0");
  EXPECT_NE(webhook_identity(request_of("door closed"), kNow).external_id,
            webhook_identity(request, kNow).external_id);
}

TEST(TranslateWrittenCall, ReadsACallAsTheChannelWould) {
  const auto call = translate_written_call(
      "POST /in HTTP/1.1\r\nX-A: 1\r\nCookie: c\r\nx-a: 2\r\n"
      "Content-Type: application/x-www-form-urlencoded\r\n\r\na=1&b=x+y\r\n",
      kNow);
  ASSERT_TRUE(call) << call.error().detail;
  EXPECT_EQ(call->parsed.headers->at("x-a"), "1\n2");
  EXPECT_FALSE(call->parsed.headers->contains("cookie"));
  EXPECT_EQ(to_json(*call->parsed.payload), R"({"a":"1","b":"x y"})");
  EXPECT_EQ(call->parsed.body, "a=1&b=x+y");
}

TEST(TranslateWrittenCall, TakesWhatIsJsonForJsonWithoutAType) {
  EXPECT_EQ(to_json(*translate_written_call("\n[1.50]", kNow)->parsed.payload), "[1.50]");
  EXPECT_FALSE(translate_written_call("\n[1.50", kNow)->parsed.payload);
  EXPECT_FALSE(translate_written_call("Content-Type: text/plain\n\n[1]", kNow)->parsed.payload);
}

TEST(TranslateWrittenCall, RefusesWhatTheChannelRefuses) {
  EXPECT_EQ(translate_written_call("X-A: 1\nb\n", kNow).error().code, Code::Invalid);
  EXPECT_EQ(translate_written_call("X-A: 1\n", kNow).error().code, Code::Invalid);
  EXPECT_EQ(translate_written_call("Content-Type: application/xml\n\n<a/>", kNow).error().code,
            Code::Unsupported);
}

}  // namespace
}  // namespace msghub
