#include "rule/form_match.h"

#include <gtest/gtest.h>

namespace msghub {
namespace {

std::vector<Token> words(std::string_view text) {
  const Source source(text);
  Report report(source);
  Excerpt sentence;
  sentence.append(text, 0);
  return words_of(sentence, report);
}

// Sentences of `Extract` begin with a name and a colon.
std::size_t start_of(SectionKind section) { return section == SectionKind::Extract ? 2 : 0; }

TEST(Catalogue, EachExampleFitsItsOwnFormOnly) {
  for (const Form& form : all_forms()) {
    std::vector<Token> tokens = words(form.example);
    const FormResult found = match_forms(form.section, tokens, start_of(form.section));
    ASSERT_TRUE(found.match) << form.example;
    EXPECT_EQ(found.match->form, &form) << form.example;
    tokens.erase(tokens.begin(),
                 tokens.begin() + static_cast<std::ptrdiff_t>(start_of(form.section)));
    std::size_t fitting = 0;
    for (const Form& other : all_forms()) {
      if (other.section != form.section) continue;
      const std::string pattern =
          std::string(other.pattern) + std::string(sentence_end(other.section));
      fitting += fits(pattern, tokens) ? 1 : 0;
    }
    EXPECT_EQ(fitting, 1U) << form.example;
  }
}

TEST(Catalogue, EachFieldAndComparisonIsFound) {
  for (std::size_t row = 0; row < field_names().size(); ++row) {
    const FormResult found = match_forms(
        SectionKind::When, words("the " + std::string(field_names()[row].words) + " is \"x\""));
    ASSERT_TRUE(found.match) << field_names()[row].words;
    EXPECT_EQ(found.match->find(Slot::Field)->row, row);
  }
  for (std::size_t row = 0; row < operator_names().size(); ++row) {
    const FormResult found = match_forms(
        SectionKind::When, words("subject " + std::string(operator_names()[row].words) + " /x/"));
    ASSERT_TRUE(found.match) << operator_names()[row].words;
    EXPECT_EQ(found.match->find(Slot::Operator)->row, row);
  }
}

TEST(FormMatch, TakesTheNaturalVariants) {
  struct Case {
    SectionKind section;
    std::string_view text;
    FormId form;
  };
  using enum SectionKind;
  for (const auto& [section, text, form] : {
           Case{When, "An e-mail comes in on **X**", FormId::EmailArrives},
           Case{OrWhen, "every new mail is received at **X**", FormId::EmailArrives},
           Case{When, "a webhook is received on **X**", FormId::WebhookArrives},
           Case{When, "a message arrives at **X**", FormId::MessageArrives},
           Case{When, "when a text message comes in on **X**", FormId::SmsArrives},
           Case{When, "an SMS message is received at **X**", FormId::SmsArrives},
           Case{When, "a new Slack message is posted in **X**", FormId::SlackArrives},
           Case{When, "has an attachment", FormId::HasAttachment},
           Case{When, "and the email comes with attachments", FormId::HasAttachment},
           Case{When, "The message has no attachments.", FormId::HasNoAttachment},
           Case{When, "it doesn't have an attachment", FormId::HasNoAttachment},
           Case{When, "the subject line contains \"a\", \"b\", or \"c\"", FormId::Condition},
           Case{When, "sender is one of \"a\", \"b\"", FormId::Condition},
           Case{When, "the body contains any of: \"a\" or `b` (exact case)", FormId::Condition},
           Case{When, "the subject is either \"a\" or \"b\"", FormId::Condition},
           Case{When, "the subject matches /a/ or /b/", FormId::Condition},
           Case{When, "the subject contains none of \"a\", \"b\"", FormId::Condition},
           Case{When, "an attachment ends with \".pdf\"", FormId::Condition},
           Case{When, "the name of an attachment includes \"x\"", FormId::Condition},
           Case{When, "any attachment type starts with \"image/\"", FormId::Condition},
           Case{When, "and the header `List-Id` contains \"x\"", FormId::Condition},
           Case{When, "the \"List-Id\" header contains \"x\"", FormId::Condition},
           Case{When, "its subject is equal to \"x\"", FormId::Condition},
           Case{When, "`order.total` is not \"x\" (exact case)", FormId::Condition},
           Case{When, "the field \"order.id\" doesn't end with `7`", FormId::Condition},
           Case{Extract, "the amount after \"Total\" in body, optional", FormId::ValueAfter},
           Case{Extract, "field `a.b`, or \"none\"", FormId::JsonValue},
           Case{Do, "send a webhook PUT to https://a.b/c:", FormId::SendWebhook},
           Case{Do, "Send an e-mail to \"a@b.c\", \"d@e.f\" with the subject \"x\"",
                FormId::SendEmail},
           Case{Do, "In the database **X** run:", FormId::RunSql},
           Case{Example, "It doesn't match.", FormId::DoesNotMatch},
       }) {
    const FormResult found = match_forms(section, words(text));
    ASSERT_TRUE(found.match) << text;
    EXPECT_EQ(found.match->form->id, form) << text;
  }
}

TEST(FormMatch, SaysWhereTheBestFormStopped) {
  const std::vector<Token> tokens = words("the subject does not contian \"x\"");
  const FormResult found = match_forms(SectionKind::When, tokens);
  EXPECT_FALSE(found.match);
  EXPECT_EQ(found.miss.token, 4U);
  ASSERT_FALSE(found.miss.expected.empty());
  EXPECT_EQ(found.miss.expected[0].slot, Slot::Operator);
  EXPECT_EQ(found.miss.expected[0].slot_begin, 2U);
}

TEST(FormMatch, TakesAListOfValuesToItsEnd) {
  const std::vector<Token> tokens =
      words("the subject is any of: \"a\", `b`, or \"c\" (exact case)");
  const FormResult found = match_forms(SectionKind::When, tokens);
  ASSERT_TRUE(found.match);
  const Capture* list = found.match->find(Slot::Operands);
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->first, 3U);
  EXPECT_EQ(list->count, 9U);
  EXPECT_NE(found.match->find(Slot::Case), nullptr);
  EXPECT_FALSE(match_forms(SectionKind::When, words("the subject is any of")).match);
  EXPECT_FALSE(match_forms(SectionKind::When, words("the subject is \"a\" or")).match);
  EXPECT_FALSE(match_forms(SectionKind::When, words("the subject is \"a\" \"b\"")).match);
}

TEST(FormMatch, KnowsThePatternLanguage) {
  EXPECT_TRUE(fits("(a|b c) [d] e", words("b c e")));
  EXPECT_TRUE(fits("(a|b c) [d] e", words("a d e")));
  EXPECT_FALSE(fits("(a|b c) [d] e", words("b e")));
  EXPECT_FALSE(fits("a", words("a a")));
  EXPECT_TRUE(fits("x {any}", words("x")));
}

}  // namespace
}  // namespace msghub
