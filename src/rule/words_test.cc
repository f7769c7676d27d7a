#include "rule/words.h"

#include <gtest/gtest.h>

namespace msghub {
namespace {

struct Words {
  std::vector<Token> tokens;
  std::vector<Diagnostic> diagnostics;
};

Words words(std::string_view text) {
  const Source source(text);
  Report report(source);
  Excerpt sentence;
  sentence.append(text, 0);
  Words out;
  out.tokens = words_of(sentence, report);
  out.diagnostics = report.take();
  return out;
}

std::string spelled(std::string_view text) {
  static constexpr std::string_view kNames[] = {"word", "number",   "text", "code", "pattern",
                                                "bold", "emphasis", "url",  "mark", "broken"};
  std::string out;
  for (const Token& token : words(text).tokens)
    out += (out.empty() ? "" : " ") + std::string(kNames[static_cast<int>(token.kind)]) + "(" +
           token.value + ")";
  return out;
}

TEST(Words, CutsASentence) {
  struct Case {
    std::string_view text, tokens;
  };
  for (const auto& [text, tokens] : {
           Case{"The Subject contains \"a b\".",
                "word(the) word(subject) word(contains) text(a b)"},
           Case{"an e-mail doesn’t", "word(an) word(e-mail) word(doesn't)"},
           Case{"in **Billing inbox**, now;", "word(in) bold(Billing inbox) mark(,) word(now)"},
           Case{"`a.b` ``x`y`` ` `` `", "code(a.b) code(x`y) code(``)"},
           Case{"`/INV-(\\d+)/` /a\\/b/ /[/]x/", "pattern(INV-(\\d+)) pattern(a/b) pattern([/]x)"},
           Case{"<https://a.b/{{x}}>:", "url(https://a.b/{{x}}) mark(:)"},
           Case{"https://a.b/{{ x }}?y=1, z", "url(https://a.b/{{ x }}?y=1) mark(,) word(z)"},
           Case{"12.50 -3 1,204.50 5th 7.",
                "number(12.50) number(-3) number(1,204.50) word(5th) number(7)"},
           Case{"\"say \\\"hi\\\" \\\\ \\d\"", "text(say \"hi\" \\ \\d)"},
           Case{"“curly” „low“ «french»", "text(curly) text(low) text(french)"},
           Case{"*soft* 日本 ä\u00A0b", "emphasis(soft) word(日本) word(ä) word(b)"},
           Case{"(exact case)", "mark(() word(exact) word(case) mark())"},
           Case{"”", "mark(”)"},
           Case{"„a\" b", "text(a) word(b)"},
           Case{"“a\" “b”", "text(a\" “b)"},
           Case{"„a” b", "text(a) word(b)"},
           Case{"save to /x", "word(save) word(to) mark(/) word(x)"},
           Case{"", ""},
       })
    EXPECT_EQ(spelled(text), tokens) << text;
}

TEST(Words, KeepPlacesThroughEscapes) {
  const Words found = words("x \"a\\\"{{n}}\"");
  const Token& text = found.tokens.at(1);
  EXPECT_EQ(text.value, "a\"{{n}}");
  EXPECT_EQ(text.content.offset_of(1), 5U);  // the quotation mark behind its backslash
  EXPECT_EQ(text.content.offset_of(2), 6U);
}

TEST(Words, ReportWhatIsNotClosedOnce) {
  for (const std::string_view text :
       {"a \"b", "a `b", "a **b", "matches /b", "a <b", "a “b", "a *b"}) {
    const Words found = words(text);
    ASSERT_EQ(found.diagnostics.size(), 1U) << text;
    EXPECT_EQ(found.diagnostics[0].code, "R0033") << text;
    EXPECT_EQ(found.diagnostics[0].start.column, text.starts_with("m") ? 9 : 3) << text;
    EXPECT_EQ(found.tokens.back().kind, Token::Kind::Broken) << text;
  }
}

TEST(Words, NoteLettersBehindAPattern) { EXPECT_EQ(words("/a/i").tokens.at(0).pattern_flags, "i"); }

}  // namespace
}  // namespace msghub
