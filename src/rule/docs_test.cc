// The documents say what the compiler does: every rule in them compiles, every sentence of the
// catalogue is described, every code has its page.
#include <algorithm>

#include "rule/codes.h"
#include "rule/filters.h"
#include "rule/form_match.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

using test::Fence;
using test::fences_of;
using test::read_file;
using test::root;

std::string fence(const std::string& info, const std::string& text) {
  return "````" + info + "\n" + text + "````\n";
}

// What a code's page is: the table's words, and its two rules with what the compiler says.
std::string page_of(const CodeInfo& info, const std::string& wrong, const std::string& right) {
  std::string out = "# " + code_id(info.code) + ": " + std::string(info.title) + "\n\n" +
                    std::string(info.explanation) + "\n";
  if (wrong.empty()) return out;
  const CompileResult result = test::compile_with_directory(wrong);
  out += "\nWrong:\n\n" + fence("markdown wrong", wrong);
  out += "\n" + fence("text", render_diagnostics(wrong, "rule.md", result.diagnostics));
  out += "\nRight:\n\n" + fence("markdown right", right);
  return out;
}

class Page : public testing::TestWithParam<CodeInfo> {};

TEST_P(Page, MirrorsTheTableAndShowsAWrongAndARightRule) {
  const CodeInfo& info = GetParam();
  const auto path = root() / "docs" / "diagnostics" / (code_id(info.code) + ".md");
  ASSERT_TRUE(std::filesystem::exists(path)) << path;
  std::string wrong, right;
  for (const Fence& fence : fences_of(read_file(path))) {
    if (fence.info == "markdown wrong") wrong = fence.text;
    if (fence.info == "markdown right") right = fence.text;
  }
  test::expect_golden(path, page_of(info, wrong, right));
  const bool has_rules = info.code != Code::TooLarge && info.code != Code::NotText &&
                         info.code != Code::TooManyMistakes;
  ASSERT_EQ(wrong.empty(), !has_rules);
  if (!has_rules) return;
  const std::vector<std::string> codes = test::codes_of(test::compile_with_directory(wrong));
  EXPECT_EQ(codes, std::vector<std::string>{code_id(info.code)});
  const CompileResult good = test::compile_with_directory(right);
  EXPECT_TRUE(good.rule && good.diagnostics.empty())
      << render_diagnostics(right, path.string(), good.diagnostics);
}

INSTANTIATE_TEST_SUITE_P(Docs, Page, testing::ValuesIn(all_codes().begin(), all_codes().end()),
                         [](const auto& info) { return code_id(info.param.code); });

TEST(Docs, HaveNoPageWithoutACode) {
  std::size_t pages = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root() / "docs" / "diagnostics"))
    pages += entry.path().filename().string().starts_with("R0") ? 1 : 0;
  EXPECT_EQ(pages, all_codes().size());
}

TEST(Docs, RulesInTheReferenceAndTheReadmeCompile) {
  std::size_t rules = 0;
  for (const char* name : {"docs/rule-language.md", "README.md"}) {
    if (!std::filesystem::exists(root() / name)) continue;
    for (const Fence& fence : fences_of(read_file(root() / name))) {
      if (fence.info != "markdown rule" && fence.info != "markdown") continue;
      if (!fence.text.contains("## When")) continue;
      ++rules;
      const CompileResult result = compile_rule(fence.text);
      EXPECT_TRUE(result.rule && result.diagnostics.empty())
          << name << ":" << fence.line << "\n"
          << render_diagnostics(fence.text, name, result.diagnostics);
    }
  }
  EXPECT_GE(rules, 1U);
}

TEST(Docs, TheReferenceShowsEachSentenceOfTheCatalogue) {
  const std::string reference = read_file(root() / "docs" / "rule-language.md");
  for (const Form& form : all_forms()) {
    EXPECT_TRUE(reference.contains(form.example)) << form.example;
    EXPECT_TRUE(reference.contains(form.meaning)) << form.meaning;
  }
  for (const ValueTypeName& name : value_type_names())
    EXPECT_TRUE(reference.contains("`" + std::string(name.words) + "`")) << name.words;
  for (const OperatorName& name : operator_names())
    EXPECT_TRUE(reference.contains(name.words)) << name.words;
  for (const GuardTestName& name : guard_test_names())
    EXPECT_TRUE(reference.contains("`" + std::string(name.words) + "`")) << name.words;
  for (const FieldName& name : field_names())
    EXPECT_TRUE(reference.contains(name.words)) << name.words;
  for (const MessageName& name : message_names())
    EXPECT_TRUE(reference.contains("`{{" + std::string(name.name) + "}}`")) << name.name;
}

TEST(Docs, TheReferenceShowsEachFilterOfTheCatalogue) {
  const std::string reference = read_file(root() / "docs" / "rule-language.md");
  // In a table of Markdown, a bar is escaped.
  const auto in_table = [](std::string_view text) {
    std::string out(text);
    if (const std::size_t bar = out.find('|'); bar != std::string::npos) out.insert(bar, 1, '\\');
    return "`" + out + "`";
  };
  for (const FilterInfo& filter : all_filters()) {
    const std::string row = "| " + in_table(filter.usage) + " | " + std::string(filter.meaning) +
                            " | " + in_table(filter.example);
    EXPECT_TRUE(reference.contains(row)) << row;
  }
}

TEST(Examples, CompileWithoutAnyRemark) {
  for (const auto& entry : std::filesystem::directory_iterator(root() / "examples")) {
    if (entry.path().extension() != ".md") continue;
    const std::string markdown = read_file(entry.path());
    const CompileResult result = compile_rule(markdown);
    EXPECT_TRUE(result.rule && result.diagnostics.empty())
        << render_diagnostics(markdown, entry.path().string(), result.diagnostics);
  }
}

}  // namespace
}  // namespace msghub
