#include "rule/readme.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rule/compile.h"

namespace msghub {
namespace {

std::string rule_text() {
  return "# Ring\n\nSomebody rings.\n\n---\n\n# Running this rule\n\n## When\n\n"
         "- a webhook arrives at **Door**\n\n## Do\n\n"
         "1. Send webhook POST to <https://example.com/ring>\n";
}

std::string readme_of(const std::string& markdown) {
  const CompileResult compiled = compile_rule(markdown);
  if (!compiled.rule) return render_diagnostics(markdown, "rule.md", compiled.diagnostics);
  const auto file =
      std::ranges::find(compiled.rule->project, std::string("README.md"), &SourceFile::path);
  return file->content;
}

TEST(Readme, GivesBackTheRule) {
  const std::string markdown =
      "# Ring\n\nSomebody rings.\n\n## When\n\n- a webhook arrives at **Door**\n\n## Do\n\n"
      "1. Send webhook POST to <https://example.com/ring>\n";
  EXPECT_EQ(rule_of_readme(readme_of(markdown)), markdown);
  std::string windows = markdown;
  for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2)
    windows.replace(at, 1, "\r\n");
  EXPECT_EQ(rule_of_readme(readme_of(windows)), markdown);
  EXPECT_EQ(rule_of_readme(readme_of(markdown.substr(0, markdown.size() - 1))), markdown);
}

TEST(Readme, IsNotMistakenAboutARuleWithTheSameWords) {
  const std::string readme = rule_text() + "\n---\n\n# Running this rule\n\nHow.\n";
  EXPECT_EQ(rule_of_readme(readme), rule_text());
}

TEST(Readme, OfAnotherProjectGivesNothing) {
  EXPECT_EQ(rule_of_readme("# Some project\n\n---\n"), std::nullopt);
  EXPECT_EQ(rule_of_readme(""), std::nullopt);
}

}  // namespace
}  // namespace msghub
