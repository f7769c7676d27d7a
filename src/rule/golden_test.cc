// Whole rules and what the compiler makes of them, as files that a reviewer can read: see
// spec/README.md. MSGHUB_GOLDEN=write rewrites them.
#include <algorithm>

#include "rule/codes.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

using test::root;

std::vector<std::string> cases(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(root() / "spec" / folder))
    out.push_back(entry.path().filename());
  std::sort(out.begin(), out.end());
  return out;
}

class Wrong : public testing::TestWithParam<std::string> {};

TEST_P(Wrong, SaysWhatIsWrongAndWhere) {
  const auto folder = root() / "spec" / "diagnostics" / GetParam();
  const std::string markdown = test::read_file(folder / "rule.md");
  const CompileResult result = test::compile_with_directory(markdown);
  EXPECT_FALSE(result.diagnostics.empty());
  test::expect_golden(folder / "diagnostics.txt",
                      render_diagnostics(markdown, "rule.md", result.diagnostics));
  // A folder that is named after a code shows that code and no other: one mistake, one diagnostic.
  if (!GetParam().starts_with("R0")) return;
  EXPECT_EQ(test::codes_of(result), std::vector<std::string>{GetParam().substr(0, 5)});
}

class Right : public testing::TestWithParam<std::string> {};

TEST_P(Right, BecomesMetadataAndCode) {
  const auto folder = root() / "spec" / "rules" / GetParam();
  const auto own = folder / "rule.md";
  const std::string markdown = test::read_file(
      std::filesystem::exists(own) ? own : root() / "examples" / (GetParam() + ".md"));
  CompileOptions options;
  if (!GetParam().ends_with("-offline")) options.directory = &test::spec_directory();
  const CompileResult result = compile_rule(markdown, options);
  ASSERT_TRUE(result.rule) << render_diagnostics(markdown, "rule.md", result.diagnostics);
  test::expect_golden(folder / "metadata.json",
                      to_pretty_json(to_json_value(result.rule->metadata)) + "\n");
  test::expect_golden(folder / "rule.ts", result.rule->generated_code);
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
  std::string out = info.param;
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

INSTANTIATE_TEST_SUITE_P(Spec, Wrong, testing::ValuesIn(cases("diagnostics")), name_of);
INSTANTIATE_TEST_SUITE_P(Spec, Right, testing::ValuesIn(cases("rules")), name_of);

TEST(Spec, HasACaseForEachCode) {
  // These three need a file that nobody wants to read; compile_test.cc makes them.
  const std::vector<Code> made = {Code::TooLarge, Code::NotText, Code::TooManyMistakes};
  const std::vector<std::string> names = cases("diagnostics");
  for (const CodeInfo& info : all_codes()) {
    if (std::find(made.begin(), made.end(), info.code) != made.end()) continue;
    const std::string id = code_id(info.code);
    EXPECT_TRUE(std::any_of(names.begin(), names.end(),
                            [&](const std::string& name) { return name.starts_with(id); }))
        << id << " " << info.title;
  }
}

}  // namespace
}  // namespace msghub
