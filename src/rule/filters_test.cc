#include "rule/filters.h"

#include <gtest/gtest.h>

#include "rule/compile.h"
#include "rule/template.h"
#include "rule/words.h"

namespace msghub {
namespace {

struct Read {
  Template text;
  std::vector<Diagnostic> diagnostics;
};

Read read(std::string_view text) {
  const Source source(text);
  Report report(source);
  Excerpt excerpt;
  excerpt.append(text, 0);
  Read out{parse_template(excerpt, report), {}};
  out.diagnostics = report.take();
  return out;
}

TEST(Filters, AreReadWithTheirArguments) {
  const Read found = read("a {{ total|money \"EUR\" | default  \"a \\\"b\\\" }} |\" }} b");
  ASSERT_TRUE(found.diagnostics.empty());
  ASSERT_EQ(found.text.parts.size(), 3U);
  const Reference& reference = *found.text.parts[1].reference;
  ASSERT_EQ(reference.filters.size(), 2U);
  EXPECT_EQ(reference.filters[0].name, "money");
  EXPECT_EQ(reference.filters[0].arguments, std::vector<std::string>{"EUR"});
  EXPECT_EQ(reference.filters[1].arguments, std::vector<std::string>{"a \"b\" }} |"});
  EXPECT_EQ(source_text(found.text),
            "a {{total | money \"EUR\" | default \"a \\\"b\\\" }} |\"}} b");
}

TEST(Filters, GiveBackWhatWasWritten) {
  for (const std::string_view text :
       {"{{total | number 2}}", "{{total | number}}", "{{`a.b` | json | truncate 80}}",
        "{{due | date \"d 'of' MMMM\" \"Europe/Paris\"}}", "{{\"{{\"}}", "{{\"a \\\"b\\\\\"}}",
        "{{lead.email | lower | trim}}", "{{tags | join \", \"}}"}) {
    const Read found = read(text);
    EXPECT_TRUE(found.diagnostics.empty()) << text;
    EXPECT_EQ(source_text(found.text), text);
  }
}

TEST(Filters, TakeEveryKindOfQuotationMark) {
  for (const std::string_view text : {"{{x | default \"a\"}}", "{{x | default \\\"a\\\"}}",
                                      "{{x | default “a”}}", "{{x | default „a“}}"})
    EXPECT_EQ(source_text(read(text).text), "{{x | default \"a\"}}") << text;
}

TEST(Filters, OfEachRowOfTheCatalogueAreReadAsTheReferenceShowsThem) {
  for (const FilterInfo& filter : all_filters()) {
    for (const std::string& text :
         {std::string(filter.example), "{{x | " + std::string(filter.usage) + "}}"}) {
      const Read found = read(text);
      ASSERT_TRUE(found.diagnostics.empty()) << text;
      EXPECT_EQ(found.text.parts.at(0).reference->filters.at(0).name, filter.name);
    }
  }
}

TEST(Filters, ReportWhatIsWrongAtItsPlace) {
  struct Case {
    std::string_view text, code, seen;
  };
  for (const auto& [text, code, seen] : {
           Case{"{{x | uper}}", "R0404", "uper"},
           Case{"{{x | upper | nothing_like_it 3}}", "R0404", "nothing_like_it"},
           Case{"{{x | upper 3}}", "R0405", "3"},
           Case{"{{x | money}}", "R0405", "money"},
           Case{"{{x | money EUR}}", "R0405", "EUR"},
           Case{"{{x | money \"EUR\" \"USD\"}}", "R0405", "\"USD\""},
           Case{"{{x | number two}}", "R0405", "two"},
           Case{"{{x | number \"2\"}}", "R0405", "\"2\""},
           Case{"{{x | number -1}}", "R0405", "-1"},
           Case{"{{x | number 21}}", "R0405", "21"},
           Case{"{{x | number 99999999999}}", "R0405", "99999999999"},
           Case{"{{x | truncate 0}}", "R0405", "0"},
           Case{"{{x | money \"euro\"}}", "R0406", "\"euro\""},
           Case{"{{x | money \"eur\"}}", "R0406", "\"eur\""},
           Case{"{{x | date \"DD.MM.YYYY\"}}", "R0407", "\"DD.MM.YYYY\""},
           Case{"{{x | date \"dd/mm/yyyy\"}}", "R0407", "\"dd/mm/yyyy\""},
           Case{"{{x | date \"d 'of MMMM\"}}", "R0407", "\"d 'of MMMM\""},
           Case{"{{x | date \"\"}}", "R0407", "\"\""},
           Case{"{{x | date \"d\" \"Paris\"}}", "R0408", "\"Paris\""},
           Case{"{{x | date \"d\" \"+02:00\"}}", "R0408", "\"+02:00\""},
           Case{"{{\"x\" | upper}}", "R0409", "{{\"x\" | upper}}"},
       }) {
    const Read found = read(text);
    ASSERT_EQ(found.diagnostics.size(), 1U) << text;
    const Diagnostic& diagnostic = found.diagnostics[0];
    EXPECT_EQ(diagnostic.code, code) << text;
    const auto begin = static_cast<std::size_t>(diagnostic.start.offset);
    const auto end = static_cast<std::size_t>(diagnostic.end.offset);
    EXPECT_EQ(text.substr(begin, end - begin), seen);
    EXPECT_EQ(source_text(found.text), text);
  }
}

TEST(Filters, ThatCanNeverWorkAreReported) {
  using Type = Extraction::Type;
  const auto codes = [](std::string_view text, std::optional<Type> type) {
    const Read found = read(text);
    const Source source(text);
    Report report(source);
    check_filters(*found.text.parts.at(0).reference, type, report);
    return report.take().size();
  };
  EXPECT_EQ(codes("{{x | date \"d\"}}", Type::Amount), 1U);
  EXPECT_EQ(codes("{{x | money \"EUR\"}}", Type::Date), 1U);
  EXPECT_EQ(codes("{{x | default \"0\" | number}}", Type::Url), 1U);
  EXPECT_EQ(codes("{{x | number 2 | money \"EUR\"}}", std::nullopt), 1U);
  EXPECT_EQ(codes("{{x | money \"EUR\" | number | date \"d\"}}", Type::Number), 1U);
  EXPECT_EQ(codes("{{x | money \"EUR\" | upper | default \"none\"}}", Type::Number), 0U);
  EXPECT_EQ(codes("{{x | trim | number 2}}", Type::Text), 0U);
  EXPECT_EQ(codes("{{x | date \"d\"}}", Type::Text), 0U);
  EXPECT_EQ(codes("{{x | date \"d\"}}", Type::Date), 0U);
}

TEST(Filters, MayHoldQuotationMarksInAQuotedText) {
  const std::string_view sentence =
      "\"Total {{total | money \"EUR\"}}, {{\"{{\"}} {{x | default \\\"-\\\"}}\" \"b\"";
  const Source source(sentence);
  Report report(source);
  Excerpt excerpt;
  excerpt.append(sentence, 0);
  const std::vector<Token> tokens = words_of(excerpt, report);
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(source_text(parse_template(tokens[0].content, report)),
            "Total {{total | money \"EUR\"}}, {{\"{{\"}} {{x | default \"-\"}}");
  EXPECT_FALSE(report.has_errors());
}

TEST(Filters, ShowPointsInTimeInTheZoneOfTheRule) {
  const auto code = [](const std::string& value, const std::string& settings) {
    const CompileResult result = compile_rule(
        "# A rule\n\n## When\n\n- a webhook arrives at **Hook**\n\n## Do\n\n"
        "1. Post to Slack **#ops**:\n\n   > " +
        value + "\n" + settings);
    return result.rule ? result.rule->generated_code : "";
  };
  const std::string value = "{{message.receivedAt | date \"HH:mm\"}}";
  const std::string settings = "\n## Settings\n\n- time zone: europe/paris\n";
  EXPECT_TRUE(code(value, "").contains("formatDate(message.receivedAt, 'HH:mm')"));
  EXPECT_TRUE(
      code(value, settings).contains("formatDate(message.receivedAt, 'HH:mm', 'Europe/Paris')"));
  EXPECT_TRUE(code("{{message.receivedAt | date \"HH:mm\" \"UTC\"}}", settings)
                  .contains("formatDate(message.receivedAt, 'HH:mm', 'UTC')"));
}

}  // namespace
}  // namespace msghub
