#include <gtest/gtest.h>

#include "rule/compile.h"

namespace msghub {
namespace {

Diagnostic at(std::int64_t line, std::int64_t begin, std::int64_t end) {
  Diagnostic out;
  out.code = "R0102";
  out.message = "messages have no field `x`";
  out.start = {line, 1, 1, begin};
  out.end = {line, 1, 1, end};
  out.label = "not a field";
  out.help = "did you mean `y`?";
  return out;
}

TEST(Render, ShowsTheLineAndMarksThePlace) {
  EXPECT_EQ(render_diagnostics("one\ntwo three\n", "a.md", {at(2, 8, 13)}),
            "error[R0102]: messages have no field `x`\n"
            " --> a.md:2:1\n"
            "  |\n"
            "2 | two three\n"
            "  |     ^^^^^ not a field\n"
            "  |\n"
            "  = help: did you mean `y`?\n"
            "\n"
            "a.md: 1 error\n");
}

TEST(Render, CountsColumnsOfWideCharactersAndTabs) {
  const std::string text = "\t日本e\u0301😀x";
  const auto x = static_cast<std::int64_t>(text.find('x'));
  const std::string out = render_diagnostics(text, "a.md", {at(1, x, x + 1)});
  // tab 4, two wide characters 4, e with accent 1, emoji 2
  EXPECT_TRUE(out.contains("  | " + std::string(11, ' ') + "^ not a field")) << out;
}

TEST(Render, CutsLongLinesAroundThePlace) {
  const std::string text = std::string(5000, 'a') + "BAD" + std::string(5000, 'b');
  const std::string out = render_diagnostics(text, "a.md", {at(1, 5000, 5003)});
  EXPECT_LT(out.size(), 1000U);
  EXPECT_TRUE(out.contains("…" + std::string(30, 'a') + "BAD")) << out;
  EXPECT_TRUE(out.contains("| " + std::string(31, ' ') + "^^^ ")) << out;
}

TEST(Render, LetsNoControlCharacterReachTheTerminal) {
  Diagnostic diagnostic = at(1, 0, 1);
  diagnostic.message = "\x1b[2J";
  const std::string out = render_diagnostics("a\x1b]0;x\x07\u202E", "\x1b.md", {diagnostic});
  for (const char c : out) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_FALSE(out.contains("\u202E"));
}

TEST(Render, ShowsTwentyAndACount) {
  const std::vector<Diagnostic> many(25, at(1, 0, 1));
  const std::string out = render_diagnostics("a\n", "a.md", many);
  EXPECT_TRUE(out.contains("… and 5 more"));
  EXPECT_TRUE(out.ends_with("a.md: 25 errors\n"));
}

TEST(Render, PaintsOnRequest) {
  const std::string out = render_diagnostics("a\n", "a.md", {at(1, 0, 1)}, true);
  EXPECT_TRUE(out.starts_with("\x1b[1;31merror[R0102]\x1b[0m"));
}

TEST(Render, TakesPositionsOutsideTheText) {
  EXPECT_FALSE(render_diagnostics("", "a.md", {at(7, 100, 200)}).empty());
  EXPECT_FALSE(render_diagnostics("\xFF", "a.md", {at(1, 0, 1)}).empty());
  EXPECT_EQ(render_diagnostics("a", "a.md", {}), "");
}

}  // namespace
}  // namespace msghub
