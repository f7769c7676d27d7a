// Any bytes give a result: no crash, places inside the text, the same answer twice.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "rule/test_support.h"

namespace msghub {
namespace {

void check_result(const std::string& text) {
  CompileOptions options;
  options.directory = &test::spec_directory();
  const CompileResult first = compile_rule(text, options);
  const auto size = static_cast<std::int64_t>(text.size());
  bool errors = false;
  for (const Diagnostic& diagnostic : first.diagnostics) {
    errors = errors || diagnostic.severity == Severity::Error;
    RC_ASSERT(diagnostic.start.offset >= 0 && diagnostic.start.offset <= diagnostic.end.offset);
    RC_ASSERT(diagnostic.end.offset <= size);
    RC_ASSERT(diagnostic.start.line >= 1 && diagnostic.start.column >= 1);
    RC_ASSERT(diagnostic.start.utf16_column >= diagnostic.start.column);
    RC_ASSERT(!diagnostic.message.empty());
    for (const Fix& fix : diagnostic.fixes)
      RC_ASSERT(fix.start.offset <= fix.end.offset && fix.end.offset <= size);
  }
  RC_ASSERT(first.rule.has_value() == !errors);
  render_diagnostics(text, "rule.md", first.diagnostics);
  if (!first.rule) return;
  const CompileResult second = compile_rule(text, options);
  RC_ASSERT(second.rule.has_value());
  RC_ASSERT(first.rule->project == second.rule->project);
  RC_ASSERT(first.rule->metadata == second.rule->metadata);
}

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> kSeeds = [] {
    std::vector<std::string> out;
    for (const char* name : {"acme-invoices.md", "order-alert.md"})
      out.push_back(test::read_file(test::root() / "examples" / name));
    out.push_back(test::read_file(test::root() / "spec/rules/every-step/rule.md"));
    return out;
  }();
  return kSeeds;
}

RC_GTEST_PROP(Compile, TakesAnyBytes, (const std::string& bytes)) { check_result(bytes); }

// Pieces of rules in any order come nearer to the compiler's inside than bytes do.
RC_GTEST_PROP(Compile, TakesAnyMixOfItsOwnWords, ()) {
  static const std::vector<std::string> kPieces = {"# T\n",
                                                   "## When\n",
                                                   "## Or when\n",
                                                   "## Extract\n",
                                                   "## Do\n",
                                                   "## Example: x\n",
                                                   "\n",
                                                   "\n\n",
                                                   "   ",
                                                   "- ",
                                                   "1. ",
                                                   "an email arrives in **In**",
                                                   "a webhook arrives at **H**",
                                                   "the subject contains ",
                                                   "`a.b` is ",
                                                   "\"x\"",
                                                   "\"\"",
                                                   "/a(/",
                                                   "/a/",
                                                   "`",
                                                   "**",
                                                   "\"",
                                                   "n: ",
                                                   "text matching ",
                                                   " in the subject",
                                                   "amount after ",
                                                   "date in the body",
                                                   " (day first)",
                                                   " (exact case)",
                                                   "text between ",
                                                   "\"a\" and \"b\"",
                                                   "file whose name is ",
                                                   "or 0",
                                                   "step 1 answers ",
                                                   "step 1 does not run",
                                                   "```sms\n",
                                                   "domain of the sender",
                                                   ", or ",
                                                   ", optional",
                                                   "Send webhook POST to <https://a.b/>",
                                                   ":\n\n",
                                                   "   ```json\n",
                                                   "   ```sql\n",
                                                   "   ```\n",
                                                   "```\n",
                                                   "{\"a\": {{n}}}",
                                                   "select :n",
                                                   "{{",
                                                   "}}",
                                                   "{{n}}",
                                                   "   > q\n",
                                                   "| a | b |\n|---|---|\n",
                                                   "Email \"a@b.c\" with subject ",
                                                   "In database **D** run",
                                                   ", continue on error",
                                                   "Append to Sheet **L** tab \"T\"",
                                                   "Update row 2 of Sheet **L** tab \"T\"",
                                                   "Post to Slack **#x**",
                                                   "Ask ChatGPT `gpt-4o` for **s**",
                                                   ", only if n is over 1",
                                                   " and ",
                                                   " or ",
                                                   ", for each attachment",
                                                   ", as **t**",
                                                   ", at most 9 tokens",
                                                   "{{s.a}} {{attachment.name}}",
                                                   "```email\n",
                                                   "From: a\n",
                                                   "matches\n",
                                                   "does not match\n",
                                                   "step 1 sends ",
                                                   "日😀",
                                                   "\t",
                                                   "\r\n",
                                                   "<!-- ",
                                                   "-->",
                                                   "---\n",
                                                   "\xEF\xBB\xBF"};
  const auto picks = *rc::gen::container<std::vector<std::size_t>>(
      rc::gen::inRange<std::size_t>(0, kPieces.size()));
  std::string text;
  for (const std::size_t pick : picks) text += kPieces[pick];
  check_result(text);
}

RC_GTEST_PROP(Compile, TakesMutatedRules, ()) {
  std::string text = *rc::gen::elementOf(seeds());
  const int edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        text.erase(at, *rc::gen::inRange<std::size_t>(1, 40));
        break;
      case 2:
        text.insert(at, text.substr(*rc::gen::inRange<std::size_t>(0, text.size()), 30));
        break;
      default:
        text.insert(at,
                    *rc::gen::elementOf(std::vector<std::string>{"`", "\"", "*", "{{", "\n", "/"}));
    }
    if (text.empty()) text = "x";
  }
  check_result(text);
}

}  // namespace
}  // namespace msghub
