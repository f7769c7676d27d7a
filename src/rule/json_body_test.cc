#include "rule/json_body.h"

#include <gtest/gtest.h>

#include "rule/template.h"

namespace msghub {
namespace {

struct Parsed {
  std::optional<JsonNode> node;
  std::vector<Diagnostic> diagnostics;
};

Parsed parse(std::string_view text, bool templates = true) {
  const Source source(text);
  Report report(source);
  Excerpt body;
  body.append(text, 0);
  Parsed out;
  out.node = parse_json_body(body, templates, report);
  out.diagnostics = report.take();
  return out;
}

TEST(JsonBody, TakesValuesAndTemplates) {
  const Parsed parsed =
      parse(R"( {"a": [1, -2.5e+3, true, false, null], "b": {{x}}, "c": "p{{y}}q"} )");
  ASSERT_TRUE(parsed.node);
  const JsonNode& object = *parsed.node;
  ASSERT_EQ(object.children.size(), 3U);
  EXPECT_EQ(object.children[0].children[1].number, "-2.5e+3");
  EXPECT_EQ(object.children[1].value->name, "x");
  EXPECT_EQ(source_text(object.children[2].text), "p{{y}}q");
  EXPECT_EQ(object.children[2].text.parts.size(), 3U);
}

TEST(JsonBody, UndoesEscapes) {
  const Parsed parsed = parse(R"("a\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00")");
  ASSERT_TRUE(parsed.node);
  EXPECT_EQ(source_text(parsed.node->text), "a\"\\/\b\f\n\r\tä😀");
}

TEST(JsonBody, PointsAtTheMistake) {
  struct Case {
    std::string text;
    std::int64_t line, column;
  };
  for (const auto& [text, line, column] : {
           Case{"", 1, 1},
           Case{"{\"a\": 1,}", 1, 9},
           Case{"{\"a\": 1\n \"b\": 2}", 2, 2},
           Case{"{\"a\" 1}", 1, 6},
           Case{"{a: 1}", 1, 2},
           Case{"[1, 2,]", 1, 7},
           Case{"[1 2]", 1, 4},
           Case{"{\"a\": 'x'}", 1, 7},
           Case{"{\"a\": 01}", 1, 7},
           Case{"{\"a\": 1.}", 1, 7},
           Case{"\"a\nb\"", 1, 3},
           Case{"\"a\\q\"", 1, 3},
           Case{"\"\\ud800\"", 1, 2},
           Case{"\"open", 1, 1},
           Case{"1 2", 1, 3},
           Case{"{\"a\": 1, \"a\": 2}", 1, 10},
           Case{"{\"a\": 1, \"{{\"a\"}}\": 2}", 1, 10},
           Case{"nul", 1, 1},
           Case{"{\"ä\": 日}", 1, 7},
           Case{std::string(66, '['), 1, 66},
       }) {
    const Parsed parsed = parse(text);
    EXPECT_FALSE(parsed.node) << text;
    ASSERT_EQ(parsed.diagnostics.size(), 1U) << text;
    EXPECT_EQ(parsed.diagnostics[0].code, "R0307") << text;
    EXPECT_EQ(parsed.diagnostics[0].start.line, line) << text;
    EXPECT_EQ(parsed.diagnostics[0].start.column, column) << text;
  }
}

TEST(JsonBody, ReportsMalformedTemplatesAsSuch) {
  EXPECT_EQ(parse("{{a b}}").diagnostics.at(0).code, "R0402");
  EXPECT_EQ(parse("\"{{a\"").diagnostics.at(0).code, "R0402");
}

TEST(JsonBody, WithoutTemplatesBracesAreText) {
  const Parsed parsed = parse("\"{{a}}\"", false);
  ASSERT_TRUE(parsed.node);
  EXPECT_TRUE(parsed.node->text.is_literal());
  EXPECT_EQ(parse("{{a}}", false).diagnostics.at(0).code, "R0508");
}

}  // namespace
}  // namespace msghub
