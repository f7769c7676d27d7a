#include "base/written_http.h"

#include <gtest/gtest.h>

namespace msghub {
namespace {

struct Read {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string stray;
};

Read read(std::string_view text) {
  const WrittenHttp written = split_written_http(text);
  Read out;
  for (const WrittenHttp::Header& header : written.headers) {
    EXPECT_LE(header.begin, header.end);
    out.headers.emplace_back(header.name, header.value);
  }
  EXPECT_LE(written.body, written.body_end);
  EXPECT_LE(written.body_end, text.size());
  out.body = text.substr(written.body, written.body_end - written.body);
  if (written.stray)
    out.stray = text.substr(written.stray->begin, written.stray->end - written.stray->begin);
  return out;
}

using Headers = std::vector<std::pair<std::string, std::string>>;

TEST(WrittenHttp, HasHeadersAnEmptyLineAndABody) {
  const Read all = read("POST /a?b=c HTTP/1.1\nX-A: 1\nx-b:  two \nX-A:3\n\n{\n\n}\n");
  EXPECT_EQ(all.headers, (Headers{{"X-A", "1"}, {"x-b", "two"}, {"X-A", "3"}}));
  EXPECT_EQ(all.body, "{\n\n}");
  EXPECT_EQ(all.stray, "");
  EXPECT_EQ(read("X-A: 1\r\n\r\na=1\r\n").headers, (Headers{{"X-A", "1"}}));
  EXPECT_EQ(read("X-A: 1\r\n\r\na=1\r\n").body, "a=1");
  EXPECT_EQ(read("X-A: 1\n \nb").body, "b");
  EXPECT_EQ(read("\nX-A: 1\n").body, "X-A: 1");
  EXPECT_EQ(read("X-A:\n\n").headers, (Headers{{"X-A", ""}}));
}

TEST(WrittenHttp, MayHaveNoBody) {
  for (const char* text : {"", "\n", "\n\n", "X-A: 1", "X-A: 1\n", "X-A: 1\n\n", "POST /\n"}) {
    EXPECT_EQ(read(text).body, "") << text;
    EXPECT_EQ(read(text).stray, "") << text;
  }
}

TEST(WrittenHttp, SaysWhichLineIsNoHeader) {
  EXPECT_EQ(read("X-A: 1\n{\"a\": 1}\n").stray, "{\"a\": 1}");
  EXPECT_EQ(read("{}\n").stray, "{}");
  EXPECT_EQ(read("X A: 1\n\nb").stray, "X A: 1");
  EXPECT_EQ(read("X-A : 1\n\nb").stray, "X-A : 1");
  EXPECT_EQ(read("X-A: 1\n more\n\nb").stray, " more");
  EXPECT_EQ(read(": 1\n").stray, ": 1");
  EXPECT_EQ(read("X-A: 1\nPOST / HTTP/1.1\n").stray, "POST / HTTP/1.1");
  EXPECT_EQ(read("POST me a letter\n").stray, "POST me a letter");
}

TEST(WrittenHttp, FindsHeadersInAnyCase) {
  const WrittenHttp written = split_written_http("X-Event: push\nx-event: pull\n\nb");
  ASSERT_NE(written.find("x-EVENT"), nullptr);
  EXPECT_EQ(written.find("x-EVENT")->value, "push");
  EXPECT_EQ(written.find("x-even"), nullptr);
}

}  // namespace
}  // namespace msghub
