#include "rule/slips.h"

#include <algorithm>
#include <span>

#include "rule/nearest.h"
#include "rule/wording.h"

namespace msghub {

namespace {

struct Phrase {
  std::string_view seen;  // tokens with spaces between them
  std::string_view meant;
};

// Longer ones before those that they begin with.
constexpr Phrase kOperators[] = {
    {"has the word", "contains"},
    {"has the words", "contains"},
    {"has", "contains"},
    {"have", "contains"},
    {"having", "contains"},
    {"containing", "contains"},
    {"mentions", "contains"},
    {"not contains", "does not contain"},
    {"not contain", "does not contain"},
    {"! =", "is not"},
    {"= =", "is"},
    {"ends in", "ends with"},
    {"starting with", "starts with"},
    {"ending with", "ends with"},
    {"not equals", "is not"},
};
constexpr Phrase kTests[] = {
    {"> =", "is at least"},
    {"< =", "is at most"},
    {"> or =", "is at least"},
    {"! =", "is not"},
    {"= =", "is"},
    {">", "is over"},
    {"<", "is under"},
    {"=", "is"},
    {"exceeds", "is over"},
    {"is bigger than", "is over"},
    {"is larger than", "is over"},
    {"is higher than", "is over"},
    {"is smaller than", "is under"},
    {"is lower than", "is under"},
    {"has", "contains"},
    {"not contains", "does not contain"},
};
constexpr Phrase kNumbers[] = {
    {"one", "1"},      {"two", "2"},     {"three", "3"},   {"four", "4"}, {"five", "5"},
    {"six", "6"},      {"seven", "7"},   {"eight", "8"},   {"nine", "9"}, {"ten", "10"},
    {"fifteen", "15"}, {"twenty", "20"}, {"thirty", "30"},
};
constexpr Phrase kUnits[] = {
    {"s", "seconds"},   {"sec", "seconds"},  {"secs", "seconds"}, {"m", "minutes"},
    {"min", "minutes"}, {"mins", "minutes"}, {"h", "hours"},      {"hr", "hours"},
    {"hrs", "hours"},   {"d", "days"},       {"x", "times"},
};
constexpr Phrase kSettings[] = {
    {"timeout", "time limit"},
    {"limit", "time limit"},
    {"tz", "time zone"},
    {"zone", "time zone"},
};
constexpr Phrase kExpectations[] = {
    {"should not match", "does not match"},
    {"must not match", "does not match"},
    {"should match", "matches"},
    {"must match", "matches"},
    {"no match", "does not match"},
    {"match", "matches"},
};
// Words before a step that add nothing to it.
constexpr std::string_view kFillers[] = {"then", "please", "next", "finally", "also", "and"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool stands(const std::vector<Token>& tokens, std::size_t at, std::string_view word) {
  using enum Token::Kind;
  return at < tokens.size() && (tokens[at].kind == Word || tokens[at].kind == Mark) &&
         tokens[at].value == word;
}

// The first of the phrases whose words stand from tokens[begin] on.
std::optional<OtherTest> phrase_at(std::span<const Phrase> phrases,
                                   const std::vector<Token>& tokens, std::size_t begin) {
  for (const Phrase& phrase : phrases) {
    std::size_t token = begin, from = 0;
    while (from < phrase.seen.size()) {
      const std::size_t end = std::min(phrase.seen.find(' ', from), phrase.seen.size());
      if (!stands(tokens, token, phrase.seen.substr(from, end - from))) break;
      ++token;
      from = end + 1;
    }
    if (from >= phrase.seen.size()) return OtherTest{token - begin, phrase.meant};
  }
  return std::nullopt;
}

class SlipFinder {
 public:
  SlipFinder(SectionKind section, const std::vector<Token>& tokens, std::size_t first,
             const Miss& miss, const Source& source)
      : section_(section == SectionKind::OrWhen ? SectionKind::When : section),
        tokens_(tokens),
        first_(first),
        at_(miss.token),
        miss_(miss),
        source_(source) {}

  std::optional<Slip> run() const {
    if (at_ >= tokens_.size()) return std::nullopt;
    if (auto slip = line_mark()) return slip;
    if (auto slip = number()) return slip;
    switch (section_) {
      case SectionKind::When:
        return when();
      case SectionKind::Do:
        return step();
      case SectionKind::Example:
        return expectation();
      case SectionKind::Settings:
        return setting();
      default:
        return std::nullopt;
    }
  }

 private:
  bool expects(Slot slot) const {
    return std::any_of(miss_.expected.begin(), miss_.expected.end(),
                       [&](const Miss::Expected& e) { return e.slot == slot; });
  }
  bool expects(std::string_view word) const {
    return std::any_of(miss_.expected.begin(), miss_.expected.end(),
                       [&](const Miss::Expected& e) { return e.word == word; });
  }
  bool is(std::size_t at, std::string_view word) const { return stands(tokens_, at, word); }
  Span span(std::size_t first, std::size_t count) const {
    return {tokens_[first].span.begin, tokens_[first + count - 1].span.end};
  }
  std::string seen(Span place) const { return std::string(source_.text(place)); }

  static Slip write(Span place, Wording wording, std::string_view words) {
    return {place, std::move(wording), "write " + std::string(words), std::string(words), place};
  }
  static Slip leave_out(Span place, Wording wording, Span removed) {
    return {place, std::move(wording), "leave it out", "", removed};
  }
  static Slip only_say(Span place, Wording wording) {
    return {place, std::move(wording), "", std::nullopt, place};
  }

  // A line that begins with a mark which makes no list item, and so goes on with the one above.
  std::optional<Slip> line_mark() const {
    constexpr std::string_view kMarks[] = {"-", "*", "+", "\u2022", "\u2013", "\u2014", "\u00B7"};
    const Token& token = tokens_[at_];
    const std::size_t begin = source_.line_begin(source_.line_of(token.span.begin));
    const bool starts_line = trim(source_.text({begin, token.span.begin})).empty();
    if (at_ == first_ || !starts_line || at_ + 1 == tokens_.size() ||
        !is_one_of(token.value, kMarks))
      return std::nullopt;
    const std::string mark = section_ == SectionKind::Do ? "1. " : "- ";
    return Slip{token.span, wording::not_a_list_item(mark, true), "make it a list item", mark,
                Span{begin, tokens_[at_ + 1].span.begin}};
  }

  // five, 3x, 30s
  std::optional<Slip> number() const {
    const bool number = expects(Slot::Number), duration = expects(Slot::Duration);
    if (number && section_ == SectionKind::IfItFails && is(at_, "every"))
      return only_say(span(at_, tokens_.size() - at_), wording::retry_every());
    const Token& token = tokens_[at_];
    if ((!number && !duration) || token.kind != Token::Kind::Word) return std::nullopt;
    for (const Phrase& phrase : kNumbers)
      if (token.value == phrase.seen)
        return write(token.span, wording::number_in_words(token.value), phrase.meant);
    const std::size_t digits = token.value.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string::npos) return std::nullopt;
    for (const Phrase& unit : kUnits) {
      if (token.value.substr(digits) != unit.seen || (unit.meant == "times") != number) continue;
      const std::string words = token.value.substr(0, digits) + " " + std::string(unit.meant);
      return write(token.span, wording::unit_in_short(token.value), words);
    }
    return std::nullopt;
  }

  // --- When ---

  std::optional<Slip> when() const {
    if (is(at_, "and") && is(at_ + 1, "/") && is(at_ + 2, "or"))
      return write(span(at_, 3), wording::and_or(), "or");
    if (at_ == first_ && is(at_, "or"))
      return only_say(span(at_, tokens_.size() - at_), wording::or_in_when());
    if (auto slip = needless_case()) return slip;
    const bool value = expects(Slot::Operand) || expects(Slot::Operands);
    if (value && is(at_, "from") && at_ > first_ && is(at_ - 1, "is"))
      return only_say(span(at_ - 1, 2), wording::operator_unknown("is from", "ends with"));
    if (at_ > first_ && tokens_[at_ - 1].kind == Token::Kind::Bold)
      return only_say(tokens_[at_].span, wording::one_sentence_each(section_));
    if (is(at_, "from") && at_ > first_ && (is(at_ - 1, "email") || is(at_ - 1, "mail")))
      return only_say(span(at_, std::min<std::size_t>(2, tokens_.size() - at_)),
                      wording::sender_of_its_own());
    return expects(Slot::Operator) ? phrase(kOperators) : std::nullopt;
  }

  // (ignore case)
  std::optional<Slip> needless_case() const {
    if (!expects(Slot::Case) || !is(at_, "(")) return std::nullopt;
    std::size_t end = at_;
    std::string words;
    while (end < tokens_.size() && !is(end, ")")) words += tokens_[end++].value + " ";
    const bool negated = words.contains("not ") || words.contains("n't ");
    const bool ignores =
        words.contains("ignor") || words.contains("insens") || words.contains("any ");
    const bool says_so = words.contains("case") && !words.contains("exact") &&
                         (negated ? !ignores && words.contains("sens") : ignores);
    if (end == tokens_.size() || !says_so) return std::nullopt;
    return leave_out(span(at_, end + 1 - at_), wording::case_ignored_already(),
                     {tokens_[at_ - 1].span.end, tokens_[end].span.end});
  }

  std::optional<Slip> phrase(std::span<const Phrase> phrases) const {
    for (const Miss::Expected& expected : miss_.expected) {
      if (expected.slot != Slot::Operator) continue;
      const std::size_t begin = expected.slot_begin;
      if (const auto found = phrase_at(phrases, tokens_, begin)) {
        const Span place = span(begin, found->count);
        return write(place, wording::operator_unknown(seen(place), found->words), found->words);
      }
    }
    return std::nullopt;
  }

  // --- the other sections ---

  std::optional<Slip> step() const {
    if (at_ == first_ && tokens_[at_].kind == Token::Kind::Bold && is(at_ + 1, ":") &&
        at_ + 2 < tokens_.size())
      return leave_out(span(at_, 2), wording::label_of_step(),
                       {tokens_[at_].span.begin, tokens_[at_ + 2].span.begin});
    if (at_ == first_ && at_ + 1 < tokens_.size() && tokens_[at_].kind == Token::Kind::Word &&
        is_one_of(tokens_[at_].value, kFillers))
      return leave_out(tokens_[at_].span, wording::filler(tokens_[at_].value),
                       {tokens_[at_].span.begin, tokens_[at_ + 1].span.begin});
    if (at_ > first_ && is(at_ - 1, "and") && begins_step())
      return only_say(tokens_[at_].span, wording::one_sentence_each(section_));
    return std::nullopt;
  }
  bool begins_step() const {
    return match_forms(SectionKind::Do, tokens_, at_).miss.token > at_ + 1;
  }

  std::optional<Slip> expectation() const {
    if (at_ == first_ || (at_ == first_ + 1 && (is(first_, "it") || is(first_, "should") ||
                                                is(first_, "must") || is(first_, "no"))))
      for (const std::size_t begin : {first_, at_})
        if (const auto found = phrase_at(kExpectations, tokens_, begin);
            found && begin + found->count == tokens_.size()) {
          const Span place = span(begin, found->count);
          return write(place, wording::expectation_words(seen(place)), found->words);
        }
    if (is(at_, "=") && expects("is")) {
      const std::size_t count = is(at_ + 1, "=") ? 2 : 1;
      return write(span(at_, count), wording::expectation_equals(), "is");
    }
    constexpr std::string_view kSigns[] = {"$", "\u20AC", "\u00A3"};
    if (expects(Slot::Number) && is_one_of(tokens_[at_].value, kSigns) && at_ + 1 < tokens_.size())
      return only_say(span(at_, 2), wording::expected_number(seen(span(at_, 2))));
    return std::nullopt;
  }

  std::optional<Slip> setting() const {
    if (is(at_, "=") && expects(":"))
      return Slip{tokens_[at_].span, wording::colon_of_setting(), "write a colon", ":",
                  Span{tokens_[at_ - 1].span.end, tokens_[at_].span.end}};
    if (at_ != first_) return std::nullopt;
    for (const Phrase& phrase : kSettings)
      if (is(at_, phrase.seen))
        return write(tokens_[at_].span,
                     wording::sentence_unknown(section_, phrase.meant, seen(tokens_[at_].span)),
                     phrase.meant);
    return std::nullopt;
  }

  SectionKind section_;
  const std::vector<Token>& tokens_;
  std::size_t first_;
  std::size_t at_;
  const Miss& miss_;
  const Source& source_;
};

}  // namespace

std::optional<Slip> slip_at(SectionKind section, const std::vector<Token>& tokens,
                            std::size_t first, const Miss& miss, const Source& source) {
  return SlipFinder(section, tokens, first, miss, source).run();
}

std::optional<OtherTest> other_test_at(const std::vector<Token>& tokens, std::size_t at) {
  return phrase_at(kTests, tokens, at);
}

}  // namespace msghub
