#include "net/request_parser.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace msghub {
namespace {

using Stage = RequestParser::Stage;

// What the server does with a parser: bytes that are not used up come again with more behind.
Stage feed(RequestParser& parser, std::string_view bytes, std::size_t piece) {
  std::string waiting;
  for (std::size_t at = 0; at < bytes.size() && parser.stage() <= Stage::Body; at += piece) {
    waiting += bytes.substr(at, piece);
    waiting.erase(0, parser.put(waiting));
  }
  return parser.stage();
}

struct Case {
  std::string bytes;
  unsigned status;
};

std::string get(std::string_view fields) {
  return "GET /a HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}
std::string chunked(std::string_view body) {
  return "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
}

const std::vector<Case>& refused_cases() {
  static const std::vector<Case> cases{
      {"\x16\x03\x01\x02\x00\x01\x00\x01", 400},
      {std::string("\0\0\0\0", 4), 400},
      {" GET / HTTP/1.1\r\n\r\n", 400},
      {"GET\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"GET / 0\r\n\r\nHTTP/1.1 and more", 400},
      {"GET / HTTP\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: h\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400},
      {"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /../a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {get("Host: h\r\n"), 400},
      {get("host: other\r\n"), 400},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {get("X: a\r\n b\r\n"), 400},
      {get("X: a\r\n\tb\r\n"), 400},
      {get("X:\r\n b\r\n"), 400},
      {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {get("X : a\r\n"), 400},
      {get(": a\r\n"), 400},
      {get("X\r\n"), 400},
      {get(std::string("X: a\0b\r\n", 8)), 400},
      {get("Content-Length: 3\r\nContent-Length: 3\r\n"), 400},
      {get("Content-Length: 3, 3\r\n"), 400},
      {get("Content-Length: +3\r\n"), 400},
      {get("Content-Length: -1\r\n"), 400},
      {get("Content-Length: 0x3\r\n"), 400},
      {get("Content-Length:\r\n"), 400},
      {get("Content-Length: 99999999999999999999\r\n"), 400},
      {get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
      {get("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
      {get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {get("Transfer-Encoding: identity\r\n"), 501},
      {get("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {get("Transfer-Encoding: chunked, chunked\r\n"), 501},
      {get("Transfer-Encoding: xchunked\r\n"), 501},
      {get("Transfer-Encoding: chunked;q=1\r\n"), 501},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {get("Expect: tea\r\n"), 417},
      {get("Content-Length: 1025\r\n"), 413},
      {chunked("401\r\n"), 413},
      {chunked("3ff\r\n" + std::string(0x3ff, 'x') + "\r\n2\r\n"), 413},
      {chunked("ffffffffffffffff1\r\n"), 400},
      {chunked("-1\r\nx\r\n"), 400},
      {chunked("x\r\n"), 400},
      {chunked("0x1\r\na\r\n0\r\n\r\n"), 400},
      {chunked("1\r\nab\r\n0\r\n\r\n"), 400},
      {chunked("1;a=\nb\r\nx\r\n0\r\n\r\n"), 400},
      {chunked("1;" + std::string(3000, 'e') + "\r\n"), 400},
      {"GET /" + std::string(600, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {"GET /" + std::string(5000, 'a'), 414},
      {get("X: " + std::string(2100, 'a') + "\r\n"), 431},
      {"GET / HTTP/1.1\r\nX: " + std::string(5000, 'a'), 431},
      {get("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\nI: 1\r\n"), 431},
  };
  return cases;
}

const HttpLimits kSmallLimits{.body = 1024, .header_block = 2048, .header_count = 8, .target = 512};

TEST(RequestParser, RefusesWithTheRightStatusHoweverTheBytesCome) {
  for (const auto& [bytes, status] : refused_cases())
    for (const std::size_t piece : {bytes.size(), std::size_t{1}, std::size_t{7}}) {
      RequestParser parser(kSmallLimits);
      ASSERT_EQ(feed(parser, bytes, piece), Stage::Refused) << bytes << " by " << piece;
      EXPECT_EQ(parser.refusal().status, status) << bytes << parser.refusal().detail;
      EXPECT_FALSE(parser.refusal().detail.empty());
    }
}

TEST(RequestParser, NamesTheLimit) {
  const auto detail = [](const std::string& bytes) {
    RequestParser parser(kSmallLimits);
    feed(parser, bytes, bytes.size());
    return parser.refusal().detail;
  };
  EXPECT_EQ(detail(get("Content-Length: 1025\r\n")), "The body is larger than 1024 bytes.");
  EXPECT_EQ(detail("GET /" + std::string(600, 'a') + " HTTP/1.1\r\n\r\n"),
            "The request target is longer than 512 bytes.");
  EXPECT_EQ(detail(get("X: " + std::string(2100, 'a') + "\r\n")),
            "The request head is larger than 2048 bytes.");
  EXPECT_EQ(detail(get("A:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\nI:\r\n")),
            "More than 8 header fields.");
}

TEST(RequestParser, ReadsRequestsInPiecesOneAfterAnother) {
  const std::string first =
      "\r\nPOST /in/t%20x?a=1 HTTP/1.1\r\nHost: h:80\r\nX-Two:  a b \r\nX-Two: c\r\n"
      "Content-Length: 5\r\n\r\nhello";
  const std::string second = chunked("3;ext=\"v\"\r\nabc\r\n02\r\nde\r\n0\r\nTrailer: x\r\n\r\n");
  const std::string third = "GET / HTTP/1.0\r\n\r\n";
  for (std::size_t piece = 1; piece < 40; ++piece) {
    RequestParser parser({});
    std::string waiting;
    std::vector<HttpRequest> requests;
    std::vector<bool> kept;
    const std::string all = first + second + third;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      waiting += all.substr(at, piece);
      for (;;) {
        waiting.erase(0, parser.put(waiting));
        if (parser.stage() != Stage::Done) break;
        kept.push_back(parser.keep_alive());
        requests.push_back(parser.take());
      }
    }
    ASSERT_EQ(requests.size(), 3u) << piece;
    EXPECT_TRUE(waiting.empty());
    EXPECT_EQ(requests[0].method, "POST");
    EXPECT_EQ(requests[0].path, "/in/t x");
    EXPECT_EQ(requests[0].query[0].second, "1");
    EXPECT_EQ(requests[0].headers.count("x-two"), 2u);
    EXPECT_EQ(requests[0].headers.only("X-TWO"), nullptr);
    EXPECT_EQ(*requests[0].headers.only("host"), "h:80");
    EXPECT_EQ(requests[0].headers.all()[1].second, "a b");
    EXPECT_EQ(requests[0].body, "hello");
    EXPECT_EQ(requests[1].body, "abcde");
    EXPECT_EQ(requests[1].headers.count("trailer"), 0u) << "trailers come too late to count";
    EXPECT_EQ(kept, (std::vector<bool>{true, true, false}));
  }
}

TEST(RequestParser, TakesBodiesUpToTheLimitAndNoByteMore) {
  RequestParser parser(kSmallLimits);
  feed(parser, get("Content-Length: 1024\r\n") + std::string(1024, 'x'), 100);
  ASSERT_EQ(parser.stage(), Stage::Done);
  EXPECT_EQ(parser.take().body.size(), 1024u);
  feed(parser, chunked("400\r\n" + std::string(1024, 'x') + "\r\n0\r\n\r\n"), 100);
  ASSERT_EQ(parser.stage(), Stage::Done);
  EXPECT_EQ(parser.take().body.size(), 1024u);
}

TEST(RequestParser, SaysWhenTheClientWaitsForContinue) {
  RequestParser parser({});
  feed(parser, get("Expect: 100-Continue\r\nContent-Length: 2\r\n"), 1000);
  ASSERT_EQ(parser.stage(), Stage::Body);
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_EQ(parser.put("ok"), 2u);
  EXPECT_EQ(parser.stage(), Stage::Done);
}

TEST(RequestParser, RefusesTinyChunksWithHugeFraming) {
  RequestParser parser(kSmallLimits);
  std::string body;
  for (int i = 0; i < 50; ++i) body += "1;" + std::string(100, 'e') + "\r\nx\r\n";
  EXPECT_EQ(feed(parser, chunked(body), 64), Stage::Refused);
  EXPECT_EQ(parser.refusal().status, 400u);
}

RC_GTEST_PROP(RequestParser, EndsTheSameWayHoweverBytesAreCut,
              (const std::vector<std::uint8_t>& noise)) {
  const auto& cases = refused_cases();
  std::string bytes = cases[*rc::gen::inRange<std::size_t>(0, cases.size())].bytes;
  for (std::size_t i = 0; i + 1 < noise.size() && !bytes.empty(); i += 2)
    bytes[noise[i] % bytes.size()] = static_cast<char>(noise[i + 1]);
  RequestParser whole(kSmallLimits), cut(kSmallLimits);
  feed(whole, bytes, bytes.size() + 1);
  feed(cut, bytes, *rc::gen::inRange<std::size_t>(1, 9));
  RC_ASSERT(whole.stage() == cut.stage());
}

}  // namespace
}  // namespace msghub
