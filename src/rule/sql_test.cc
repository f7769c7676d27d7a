#include "rule/sql.h"

#include <gtest/gtest.h>

#include "rule/template.h"

namespace msghub {
namespace {

struct Parsed {
  std::string names;  // of the bound values, one space between
  std::vector<Diagnostic> diagnostics;
  bool good = false;
};

Parsed parse(std::string_view text) {
  const Source source(text);
  Report report(source);
  Excerpt statement;
  statement.append(text, 0);
  Parsed out;
  const auto parsed = parse_sql(statement, report);
  out.good = parsed.has_value();
  out.diagnostics = report.take();
  if (!parsed) return out;
  std::string whole;
  for (const Template::Part& part : parsed->parts) {
    whole += part.reference ? ":" + part.reference->name : part.text;
    if (part.reference) out.names += (out.names.empty() ? "" : " ") + part.reference->name;
  }
  EXPECT_EQ(whole, text) << "nothing may be lost";
  return out;
}

TEST(Sql, FindsTheValues) {
  struct Case {
    std::string_view text, names;
  };
  for (const auto& [text, names] : {
           Case{"insert into t values (:a, :b_2)", "a b_2"},
           Case{"select :a::text, x::int", "a"},
           Case{"select ':no!', \":no\", 'it''s :no' -- :no\n, :yes /* :no /* :no */ */", "yes"},
           Case{"select $$ :no $$, $q$ $$ :no $q$, :yes", "yes"},
           Case{"select E'\\':no', :yes", "yes"},
           Case{"select 'C:\\', :yes", "yes"},
           Case{"select a[1:2], :yes;  -- done", "yes"},
           Case{"select :message.receivedAt, :number.", "message.receivedAt number"},
           Case{"select a$b$c, :yes", "yes"},
           Case{"select 1 ; ", ""},
       }) {
    const Parsed parsed = parse(text);
    EXPECT_TRUE(parsed.good) << text;
    EXPECT_EQ(parsed.names, names) << text;
  }
}

TEST(Sql, BindsNoValueInQuotationMarks) {
  for (const auto& [wrong, fix] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"update p set s = ':v'", ":v"},
           {"select ':message.id'", ":message.id"},
           {"select a from t where a like '%:v%'", "'%' || :v || '%'"},
           {"select a from t where a like ':v%'", ":v || '%'"},
           {"select a from t where a like '%:v'", "'%' || :v"},
       }) {
    const Parsed parsed = parse(wrong);
    EXPECT_FALSE(parsed.good) << wrong;
    ASSERT_EQ(parsed.diagnostics.size(), 1U) << wrong;
    EXPECT_EQ(parsed.diagnostics[0].code, "R0309");
    ASSERT_EQ(parsed.diagnostics[0].fixes.size(), 1U);
    EXPECT_EQ(parsed.diagnostics[0].fixes[0].replacement, fix);
  }
  for (const std::string_view text : {"select ':', ':)', 'a:b', ': a', '::v', '12:30', '%', '%%'"})
    EXPECT_TRUE(parse(text).good) << text;
}

TEST(Sql, RefusesWhatCannotRun) {
  struct Case {
    std::string_view text, code;
    std::int64_t column;
  };
  for (const auto& [text, code, column] : {
           Case{"select {{a}}", "R0308", 8},
           Case{"select '{{a}}'", "R0308", 9},
           Case{"select $$ {{a}} $$", "R0308", 11},
           Case{"select $1", "R0309", 8},
           Case{"select 'x", "R0309", 8},
           Case{"select \"x", "R0309", 8},
           Case{"select /* x", "R0309", 8},
           Case{"select $q$ x", "R0309", 8},
           Case{"select 1; select 2", "R0309", 11},
           Case{"select 1; :a", "R0309", 11},
       }) {
    const Parsed parsed = parse(text);
    EXPECT_FALSE(parsed.good) << text;
    ASSERT_EQ(parsed.diagnostics.size(), 1U) << text;
    EXPECT_EQ(parsed.diagnostics[0].code, code) << text;
    EXPECT_EQ(parsed.diagnostics[0].start.column, column) << text;
  }
}

TEST(Sql, FixesATemplateIntoAValue) {
  const Parsed parsed = parse("values ('{{a}}', {{b}})");
  ASSERT_EQ(parsed.diagnostics.size(), 2U);
  const Fix& fix = parsed.diagnostics[0].fixes.at(0);
  EXPECT_EQ(fix.replacement, ":a");
  EXPECT_EQ(fix.start.offset, 8);
  EXPECT_EQ(fix.end.offset, 15);
}

}  // namespace
}  // namespace msghub
