#include "rule/source.h"

#include <gtest/gtest.h>

namespace msghub {
namespace {

TEST(Source, CountsLinesAtEveryKindOfLineEnd) {
  const Source source("a\nb\r\nc\rd");
  ASSERT_EQ(source.line_count(), 4U);
  for (std::size_t line = 1; line <= 4; ++line)
    EXPECT_EQ(source.line(line), std::string(1, static_cast<char>('a' + line - 1)));
  EXPECT_EQ(source.normalized(), "a\nb\nc\nd");
  EXPECT_EQ(source.line_of(3), 2U);
}

TEST(Source, HasOneEmptyLineWhenItIsEmpty) {
  const Source source("");
  EXPECT_EQ(source.line_count(), 1U);
  EXPECT_EQ(source.position(0).column, 1);
}

TEST(Source, CountsCharactersAndUtf16Units) {
  // one byte, two bytes, three bytes, four bytes (two UTF-16 units)
  const Source source("x\n\tä日😀z");
  const Position z = source.position(source.bytes().find('z'));
  EXPECT_EQ(z.line, 2);
  EXPECT_EQ(z.column, 5);
  EXPECT_EQ(z.utf16_column, 6);
  EXPECT_EQ(z.offset, 12);
}

TEST(Source, DoesNotCountTheByteOrderMark) {
  const Source source("\xEF\xBB\xBF# T\n");
  EXPECT_EQ(source.line(1), "# T");
  EXPECT_EQ(source.position(3).column, 1);
  EXPECT_EQ(source.position(0).offset, 3);
  EXPECT_EQ(source.normalized(), "# T\n");
}

TEST(Source, NeverPointsIntoALineEnd) {
  const Source source("ab\r\ncd");
  EXPECT_EQ(source.position(3).column, 3);
  EXPECT_EQ(source.position(3).offset, 2);
}

TEST(FirstInvalid, FindsWhatIsNoUtf8) {
  struct Case {
    std::string text;
    std::size_t at;
  };
  constexpr auto kNone = std::string_view::npos;
  for (const auto& [text, at] : {
           Case{"plain äöü 日本 😀", kNone}, Case{std::string("a\0b", 3), 1}, Case{"a\xFF", 1},
           Case{"\xC0\x80", 0},          // overlong
           Case{"\xE0\x80\x80", 0},      // overlong
           Case{"\xED\xA0\x80", 0},      // surrogate
           Case{"\xF4\x90\x80\x80", 0},  // above U+10FFFF
           Case{"ok\xE2\x82", 2},        // cut off
       })
    EXPECT_EQ(first_invalid(text), at) << testing::PrintToString(text);
}

TEST(Excerpt, KnowsWhereItsPiecesStand) {
  Excerpt text;
  text.append("one", 10);
  text.append("\n", 13);
  text.append("two", 20);
  EXPECT_EQ(text.text(), "one\ntwo");
  EXPECT_EQ(text.offset_of(3), 13U);
  EXPECT_EQ(text.offset_of(4), 20U);
  EXPECT_EQ(text.offset_of(7), 23U);
  EXPECT_EQ(text.span(2, 3).end, 13U);
  EXPECT_EQ(text.span(4, 7).begin, 20U);
  const Excerpt part = text.part(2, 6);
  EXPECT_EQ(part.text(), "e\ntw");
  EXPECT_EQ(part.offset_of(2), 20U);
  EXPECT_EQ(Excerpt::empty_at(7).offset_of(0), 7U);
}

}  // namespace
}  // namespace msghub
