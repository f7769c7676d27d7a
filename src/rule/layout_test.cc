#include "rule/layout.h"

#include <gtest/gtest.h>

#include "rule/code.h"

namespace msghub::typescript {
namespace {

using layout::Doc;

std::string printed(const Code& code) { return layout::print(code.doc, 30); }

TEST(Layout, BreaksTheOuterGroupFirst) {
  const Code inner = list({number("1"), text("two")});
  EXPECT_EQ(printed(list({inner, name("three")})), "[[1, 'two'], three]");
  EXPECT_EQ(printed(list({inner, name("muchLongerNameThanThat")})),
            "[\n  [1, 'two'],\n  muchLongerNameThanThat,\n]");
}

TEST(Layout, KeepsTheLastArgumentOnTheLineOfItsCall) {
  const Code options = object({member("first", number("1")), member("second", boolean(true))});
  EXPECT_EQ(printed(call("find", {name("message"), options})),
            "find(message, {\n  first: 1,\n  second: true,\n})");
}

TEST(Layout, PutsALongTextBelowALongKeyOnly) {
  EXPECT_EQ(printed(object({member("description", text("a text of some length"))})),
            "{\n  description:\n    'a text of some length',\n}");
  EXPECT_EQ(printed(object({member("raw", text("a text of some more length"))})),
            "{\n  raw: 'a text of some more length',\n}");
}

TEST(Layout, FillsLinesWithNumbers) {
  Codes numbers;
  for (int i = 10; i < 20; ++i) numbers.push_back(number(std::to_string(i)));
  EXPECT_EQ(printed(list(numbers)), "[\n  10, 11, 12, 13, 14, 15, 16,\n  17, 18, 19,\n]");
}

TEST(Layout, GivesATextItsOwnLines) {
  EXPECT_EQ(printed(object({member("to", text("a")), member("text", lines("one\n  two"))})),
            "{\n  to: 'a',\n  text: `one\n  two`,\n}");
}

}  // namespace
}  // namespace msghub::typescript
