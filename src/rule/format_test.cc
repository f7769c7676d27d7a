#include "rule/format.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <regex>

#include "rule/format_parts.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

namespace fs = std::filesystem;

// Every rule that the repository holds, the wrong ones included.
const std::vector<std::string>& rules() {
  static const std::vector<std::string> kRules = [] {
    std::vector<fs::path> paths;
    for (const char* folder : {"spec", "examples"})
      for (const auto& entry : fs::recursive_directory_iterator(test::root() / folder))
        if (entry.path().extension() == ".md" && entry.path().filename() != "README.md")
          paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> out;
    for (const fs::path& path : paths) out.push_back(test::read_file(path));
    return out;
  }();
  return kRules;
}

std::string without(std::string text, const char* pattern) {
  return std::regex_replace(text, std::regex(pattern), "");
}

// What became of the rule, apart from where its sentences stand. Line numbers of another length
// wrap generated lines elsewhere.
std::string compiled_form(const CompileResult& result) {
  if (!result.rule) return {};
  const std::string metadata = to_json(to_json_value(result.rule->metadata));
  std::string code = result.rule->generated_code;
  code = without(std::move(code), R"(sha256: '[0-9a-f]*',|line: \d+,?|lines? \d+( to \d+)?|\s+)");
  code = without(std::move(code), R"(,(?=[\])}]))");
  return result.rule->name + "\n" + result.rule->description + "\n" +
         without(metadata, R"("line":\d+,?)") + "\n" + code;
}

// Prose: lines outside of the sections.
std::vector<std::string> prose_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with("PROSE") || line.starts_with("<!--")) out.push_back(line);
  }
  return out;
}

void check_formatted(const std::string& text) {
  const std::string once = format_rule(text);
  RC_ASSERT(format_rule(once) == once);
  const CompileResult before = test::compile_with_directory(text);
  const CompileResult after = test::compile_with_directory(once);
  RC_ASSERT(test::codes_of(before) == test::codes_of(after));
  RC_ASSERT(compiled_form(before) == compiled_form(after));
  RC_ASSERT(prose_of(text) == prose_of(once));
}

TEST(Format, SetsARuleAsTheReferenceDoes) {
  const std::string messy = test::read_file(test::root() / "spec" / "format" / "messy.md");
  test::expect_golden(test::root() / "spec" / "format" / "formatted.md", format_rule(messy));
}

TEST(Format, LeavesAFormattedRuleAsItIs) {
  const std::string text = test::read_file(test::root() / "examples" / "acme-invoices.md");
  EXPECT_EQ(format_rule(text), text);
}

TEST(Format, KeepsWhatEveryRuleMeans) {
  for (const std::string& rule : rules()) {
    const std::string once = format_rule(rule);
    EXPECT_EQ(format_rule(once), once);
    const CompileResult before = test::compile_with_directory(rule);
    const CompileResult after = test::compile_with_directory(once);
    EXPECT_EQ(test::codes_of(before), test::codes_of(after)) << rule;
    EXPECT_EQ(compiled_form(before), compiled_form(after)) << rule;
  }
}

TEST(Format, TakesOverLineEndsOfTheFirstLine) {
  EXPECT_EQ(format_rule("#  A\r\n##  when\n* x"), "# A\r\n\r\n## When\r\n\r\n* x\r\n");
  EXPECT_EQ(format_rule("\xEF\xBB\xBF# A\r## When\r"), "\xEF\xBB\xBF# A\n\n## When\n");
}

TEST(Format, LeavesAloneWhatIsNoText) {
  for (const std::string& text : {std::string("# A \xFF"), std::string("#  A\n\0", 6)})
    EXPECT_EQ(format_rule(text), text);
  const std::string large = "#  A\n" + std::string(1 << 20, 'x');
  EXPECT_EQ(format_rule(large), large);
  const std::string deep = "#  A\n" + std::string(200, '>');
  EXPECT_EQ(format_rule(deep), deep);
}

std::string sentence(const std::string& text) {
  Excerpt excerpt;
  excerpt.append(text, 0);
  return canonical_sentence(excerpt).value_or("(as it is)");
}

TEST(Format, SetsSpacesAndQuotationMarks) {
  EXPECT_EQ(sentence("the  subject\ncontains\t“a” , \"b\"( exact case )"),
            "the subject contains \"a\", \"b\" (exact case)");
  EXPECT_EQ(sentence("Email “a@example.com” with subject “{{total | money \"EUR\"}} \"x\"”"),
            "Email \"a@example.com\" with subject \"{{total | money \"EUR\"}} \\\"x\\\"\"");
  EXPECT_EQ(sentence("number:text after „Total \\” “ in  body ;"),
            "number: text after \"Total \\” \" in body;");
  EXPECT_EQ(sentence("the body is «say \"a\" \\»"), "the body is \"say \\\"a\\\" \\\\\"");
  EXPECT_EQ(sentence("it  sends \"a\nb\""), "it sends \"a\nb\"");
  EXPECT_EQ(sentence("it  sends \"a\n- b\""), "(as it is)");
  EXPECT_EQ(sentence("at 1 ,204"), "at 1, 204");
  EXPECT_EQ(sentence("the subject is \"a"), "(as it is)");
}

TEST(Format, AlignsTablesOnTheScreen) {
  EXPECT_EQ(display_width("日本e\u0301👍🏽❤\uFE0F"), 4U + 1 + 2 + 2);
  EXPECT_EQ(aligned_table({"a|b", "-|:-:", "日本語|x\\|y"}),
            (Lines{"| a      |  b   |", "| ------ | :--: |", "| 日本語 | x\\|y |"}));
  EXPECT_EQ(aligned_table({"|a|b|", "|-|-:|", "|c|"}), std::nullopt);
}

// ---- random rules: the same rule in many hands reads the same when formatted

// Typing habits that the formatter undoes.
struct Habits {
  std::string bullet, ordinal, gap, line_end, heading;
  bool blank_lines = false, loud = false;
};

Habits some_habits() {
  Habits out;
  out.bullet = *rc::gen::element<std::string>("- ", "* ", "+   ", "-  ");
  out.ordinal = *rc::gen::element<std::string>("1. ", "7) ", "1.  ");
  out.gap = *rc::gen::element<std::string>(" ", "  ", "\t", " \u00A0 ");
  out.line_end = *rc::gen::element<std::string>("\n", "\r\n");
  out.heading = *rc::gen::element<std::string>("## ", "##   ", "##\t");
  out.blank_lines = *rc::gen::arbitrary<bool>();
  out.loud = *rc::gen::arbitrary<bool>();
  return out;
}

// Widens the spaces that part words, but not those in texts, code, patterns or names.
std::string widened(const std::string& sentence, const std::string& gap) {
  std::string out;
  char within = 0;
  for (std::size_t at = 0; at < sentence.size(); ++at) {
    const char c = sentence[at];
    const bool pattern = c == '/' && at > 0 && sentence[at - 1] == ' ';
    if (within == 0 && (c == '"' || c == '`' || pattern))
      within = c;
    else if (c == within && sentence[at - 1] != '\\')
      within = 0;
    if (within == 0 && sentence.compare(at, 2, "**") == 0) return out + sentence.substr(at);
    out += within == 0 && c == ' ' ? gap : std::string(1, c);
  }
  return out;
}

std::string typed_with(const Habits& habits, const std::string& rule) {
  std::istringstream lines(rule);
  std::string margin = "   ", out, indent = margin;  // of the item's blocks
  bool fence = false;
  for (std::string line; std::getline(lines, line);) {
    const bool step = line.size() > 2 && line[0] >= '1' && line[0] <= '9' && line[1] == '.';
    const std::string_view inner =
        std::string_view(line).substr(line.starts_with(margin) ? margin.size() : 0);
    if (inner.starts_with("```")) fence = !fence;
    if (!fence && line.starts_with("- ")) {
      line = habits.bullet + widened(line.substr(2), habits.gap) + "  ";
      margin = "  ";
      indent = std::string(habits.bullet.size(), ' ');
    } else if (!fence && step) {
      line = habits.ordinal + widened(line.substr(3), habits.gap) + " ";
      margin = "   ";
      indent = std::string(habits.ordinal.size(), ' ');
    } else if (!fence && line.starts_with("## ")) {
      std::string name = line.substr(3);
      margin = indent = "   ";
      if (habits.loud && !name.contains(':'))
        for (char& c : name) c = static_cast<char>(std::toupper(c));
      line = habits.heading + name + (habits.loud ? "  ##" : " ");
    } else if (line.starts_with(margin)) {
      line = indent + line.substr(margin.size());
    } else if (line.empty() && !fence && habits.blank_lines) {
      line = habits.line_end + "  " + habits.line_end;
    }
    out += line + habits.line_end;
  }
  return out;
}

RC_GTEST_PROP(Format, UndoesTypingHabits, ()) {
  static const std::vector<std::string> kGood = [] {
    std::vector<std::string> out;
    for (const std::string& rule : rules())
      if (test::compile_with_directory(rule).rule && !rule.contains("<!--")) out.push_back(rule);
    return out;
  }();
  const std::string rule = *rc::gen::elementOf(kGood);
  Habits habits = some_habits();
  std::string formatted = format_rule(rule);
  RC_PRE(!formatted.contains("\r"));
  const std::string typed = typed_with(habits, formatted);
  check_formatted(typed);
  if (habits.line_end == "\r\n")
    formatted = std::regex_replace(formatted, std::regex("\n"), "\r\n");
  // Blank lines within prose stay.
  if (!habits.blank_lines) RC_ASSERT(format_rule(typed) == formatted);
}

RC_GTEST_PROP(Format, KeepsMutatedRules, ()) {
  static const std::vector<std::string> kInserts = {"`",
                                                    "\"",
                                                    "“",
                                                    "”",
                                                    "*",
                                                    "{{",
                                                    "\n",
                                                    "/",
                                                    "  ",
                                                    "\t",
                                                    "\r\n",
                                                    "\n\n",
                                                    ">",
                                                    "|",
                                                    "- ",
                                                    "1. ",
                                                    "\n- ",
                                                    "\n    ",
                                                    "~~~",
                                                    "\n```\n",
                                                    "日本",
                                                    "😀",
                                                    "e\u0301",
                                                    "\u00A0",
                                                    ",",
                                                    ":",
                                                    "\\",
                                                    "#",
                                                    "\n## ",
                                                    "\n---\n",
                                                    "<!-- c -->",
                                                    "\n<!-- c\n\n -->\n",
                                                    "\n\nPROSE  here  \n\n",
                                                    "* * *",
                                                    "\n   > ",
                                                    "\n| a | b\n",
                                                    "\u202E",
                                                    "\n===\n"};
  std::string text = *rc::gen::elementOf(rules());
  const int edits = *rc::gen::inRange(1, 8);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text.erase(at, *rc::gen::inRange<std::size_t>(1, 20));
        break;
      case 1:
        text.insert(at, text.substr(*rc::gen::inRange<std::size_t>(0, text.size() + 1), 30));
        break;
      default:
        text.insert(at, *rc::gen::elementOf(kInserts));
    }
  }
  check_formatted(text);
}

RC_GTEST_PROP(Format, TakesAnyBytes, (const std::string& bytes)) {
  const std::string once = format_rule(bytes);
  RC_ASSERT(format_rule(once) == once);
}

}  // namespace
}  // namespace msghub
