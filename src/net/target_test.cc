#include "net/target.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.h"
#include "net/response_head.h"

namespace msghub {
namespace {

TEST(Target, DecodesPathAndQueryOnce) {
  const auto target = decode_target("/in/a%20b%2541/c?x=1&y=a+b%26&&z&x=2");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/in/a b%41/c");
  EXPECT_EQ(target->query, (FormFields{{"x", "1"}, {"y", "a b&"}, {"z", ""}, {"x", "2"}}));
  EXPECT_EQ(decode_target("/")->path, "/");
  EXPECT_EQ(decode_target("/a..b/.c/d.")->path, "/a..b/.c/d.");
  EXPECT_EQ(decode_target("/%E2%82%AC")->path, "/€");
}

TEST(Target, RefusesWhatCouldMeanTwoThings) {
  for (const char* bad : {"",        "*",
                          "in/x",    "http://host/x",
                          "/a#b",    "/%",
                          "/%4",     "/%zz",
                          "/%00",    "/a%0ab",
                          "/%7f",    "/..",
                          "/../etc", "/a/..",
                          "/a/../b", "/./a",
                          "/a/.",    "/%2e%2e/b",
                          "/a/%2E",  "/.%2e/x",
                          "/a%2fb",  "/a%2Fb",
                          "/a\\b",   "/a%5cb",
                          "/..\\x",  "/%c0%ae%c0%ae/x",
                          "/%ff",    "/%ed%a0%80",
                          "/?%",     "/?a=%q0",
                          "/?a=%00", "/?a=%0d%0a",
                          "/?a=%ff"})
    EXPECT_FALSE(decode_target(bad)) << bad;
}

TEST(Form, TakesAnyBytesButNoWrongEscapes) {
  EXPECT_EQ(*decode_form("a=%00%ff&=x&=&b=c=d"),
            (FormFields{{"a", std::string("\0\xff", 2)}, {"", "x"}, {"", ""}, {"b", "c=d"}}));
  EXPECT_TRUE(decode_form("")->empty());
  const auto bad = decode_form("a=1&b=%2");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().detail, "Field 2 holds a percent sign without two hex digits.");
  const auto many = decode_form("a&a&a&a", 3);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, Refusal::Code::TooLarge);
}

RC_GTEST_PROP(Target, EncodedBytesComeBackOrAreRefused, (const std::string& text)) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded = "/x?v=";
  for (const char c : text) {
    encoded += '%';
    encoded += kHex[static_cast<unsigned char>(c) >> 4];
    encoded += kHex[static_cast<unsigned char>(c) & 15];
  }
  const auto target = decode_target(encoded);
  if (target) {
    RC_ASSERT(target->query.size() == 1u);
    RC_ASSERT(target->query[0].second == text);
  } else {
    RC_ASSERT(!is_utf8(text) || std::any_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    }));
  }
}

TEST(ResponseHead, SaysWhatEveryAnswerSays) {
  HttpResponse response{201, {{"Location", "/v1/x"}, {"connection", "upgrade"}}, "body"};
  EXPECT_EQ(response_head(response, {.request_id = "r1", .date = http_date(1795341600)}),
            "HTTP/1.1 201 Created\r\nLocation: /v1/x\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\nX-Request-Id: r1\r\n"
            "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\nContent-Length: 4\r\n\r\n");
  response = {204, {{"Cache-Control", "max-age=60"}}, ""};
  EXPECT_EQ(response_head(response, {.request_id = "r", .date = "d", .keep_alive = false}),
            "HTTP/1.1 204 No Content\r\nCache-Control: max-age=60\r\n"
            "X-Content-Type-Options: nosniff\r\nX-Request-Id: r\r\nDate: d\r\n"
            "Connection: close\r\n\r\n");
}

TEST(ResponseHead, KnowsWhatCannotBeSent) {
  EXPECT_TRUE(is_sendable("X-A", "b\tc ä"));
  EXPECT_FALSE(is_sendable("", "b"));
  EXPECT_FALSE(is_sendable("X A", "b"));
  EXPECT_FALSE(is_sendable("X-A", "b\r\nSet-Cookie: c"));
  EXPECT_FALSE(is_sendable("X-A", std::string("b\0", 2)));
}

TEST(Problem, IsProblemJson) {
  const HttpResponse response = problem(413, "body_too_large", "The body is \"big\".");
  EXPECT_EQ(response.headers[0].second, "application/problem+json");
  EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Content Too Large","status":413,)"
                           R"("detail":"The body is \"big\".","code":"body_too_large"})");
}

}  // namespace
}  // namespace msghub
