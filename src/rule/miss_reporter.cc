#include "rule/miss_reporter.h"

#include <algorithm>

#include "rule/nearest.h"
#include "rule/slips.h"
#include "rule/wording.h"

namespace msghub {

namespace {

class MissReporter {
 public:
  MissReporter(SectionKind section, const std::vector<Token>& tokens, std::size_t first,
               const Miss& miss, ParseContext& context)
      : section_(section), tokens_(tokens), first_(first), miss_(miss), context_(context) {}

  void run() {
    for (const Token& token : tokens_)
      if (token.kind == Token::Kind::Broken) return;  // reported as unclosed
    if (const auto slip = slip_at(section_, tokens_, first_, miss_, context_.source)) {
      Report::Entry& entry = add(slip->span, slip->wording);
      if (slip->replacement) entry.fix(slip->title, slip->replaced, *slip->replacement);
      return;
    }
    if (miss_.token == first_) return start();
    for (const Slot slot :
         {Slot::Channel, Slot::Connection, Slot::Sheet, Slot::SlackChannel, Slot::Output})
      if (expects(slot)) return name(slot);
    if (expects(Slot::Model)) return model();
    if (expects(Slot::Type) && misses_type()) return type();
    // Behind a whole comparison that could be longer ("is", "is not") the value is what is missing.
    const bool slip = here() != nullptr && !nearest_operator().empty();
    if ((expects(Slot::Operand) || expects(Slot::Operands)) && !slip) return operand();
    if (expects(Slot::Operator)) return operator_name();
    if (expects(Slot::Field)) return field();
    if (expects(Slot::Pattern)) return pattern();
    for (const Slot slot : {Slot::Text, Slot::Texts, Slot::Default, Slot::Answer, Slot::Cc,
                            Slot::Bcc, Slot::Row, Slot::Column, Slot::Find})
      if (expects(slot)) return text();
    if (expects(Slot::Url)) return url();
    if (expects(Slot::Duration)) return duration();
    if (expects(Slot::Number) && section_ != SectionKind::Example) return count();
    other();
  }

 private:
  bool expects(Slot slot) const {
    return std::any_of(miss_.expected.begin(), miss_.expected.end(),
                       [&](const Miss::Expected& e) { return e.slot == slot; });
  }
  std::vector<std::string> expected_words(std::optional<Slot> slot) const {
    std::vector<std::string> out;
    for (const Miss::Expected& expected : miss_.expected)
      if (expected.slot == slot && !expected.word.empty()) out.push_back(expected.word);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
  const Token* here() const {
    return miss_.token < tokens_.size() ? &tokens_[miss_.token] : nullptr;
  }
  // The token that does not fit, or the place behind the last one.
  Span place() const {
    if (const Token* token = here()) return token->span;
    const std::size_t end = tokens_.back().span.end;
    return {end, end};
  }
  // From the token that does not fit to the end of the sentence (without a colon there).
  Span rest() const {
    std::size_t last = tokens_.size() - 1;
    while (last > miss_.token && tokens_[last].kind == Token::Kind::Mark &&
           (tokens_[last].value == ":" || tokens_[last].value == ")"))
      --last;
    return {place().begin, std::max(place().end, tokens_[last].span.end)};
  }
  // The token that does not fit and what follows it without a space: a@b.c, INV-(\d+).
  Span clump() const {
    std::size_t last = miss_.token;
    while (last + 1 < tokens_.size() && tokens_[last].span.end == tokens_[last + 1].span.begin)
      ++last;
    // A comma or colon at the end belongs to the sentence, unless a label ends with it.
    if (last > miss_.token && tokens_[last].value == ",") --last;
    if (last > miss_.token && last + 1 == tokens_.size() && tokens_[last].value == ":") --last;
    return {place().begin, tokens_[last].span.end};
  }
  // All that follows, with the full stop that is no part of other sentences.
  Span to_the_end() const {
    const std::size_t end = tokens_.back().span.end;
    return {place().begin, end + (context_.source.bytes().substr(end).starts_with('.') ? 1 : 0)};
  }
  std::string sentence() const {
    return seen({tokens_[first_].span.begin, tokens_.back().span.end});
  }
  std::string seen(Span span) const { return std::string(context_.source.text(span)); }
  Report::Entry& add(Span span, Wording wording) {
    return context_.report.add(span, std::move(wording));
  }

  // Nothing of the sentence was understood.
  void start() {
    const Token* token = here();
    if (!nearest(token->value, expected_words(Slot::Type)).empty()) return type();
    const std::string field = nearest(token->value, expected_words(Slot::Field));
    if (!field.empty()) return this->field();
    if (is_path()) return path();
    unknown(nearest(token->value, expected_words(std::nullopt)));
  }
  // order.total without backticks, where a field of JSON may stand.
  bool is_path() const {
    if (!is_field_section()) return false;
    const std::string text = seen(clump());
    return here()->kind == Token::Kind::Word && text.contains('.') && !text.ends_with('.') &&
           text.find_first_of("@/\"`<>{}:") == std::string::npos && !text.contains("\u00B4");
  }
  bool is_field_section() const { return is_when() || section_ == SectionKind::Extract; }
  void path() {
    const std::string text = seen(clump());
    add(clump(), wording::path_without_ticks(section_, text))
        .fix("put it in backticks", clump(), "`" + text + "`");
  }
  void unknown(const std::string& word) {
    const Token& token = tokens_[first_];
    const Span whole{token.span.begin, tokens_.back().span.end};
    Report::Entry& entry = add(word.empty() ? whole : token.span,
                               wording::sentence_unknown(section_, word, sentence()));
    if (!word.empty()) entry.fix_slip(token.value, word, token.span);
  }

  // Behind an article a type must stand, unless it is a slip of one of the other words.
  bool misses_type() const {
    if (here() == nullptr) return false;
    if (!nearest(here()->value, expected_words(Slot::Type)).empty()) return true;
    const bool begins =
        std::any_of(miss_.expected.begin(), miss_.expected.end(), [&](const Miss::Expected& e) {
          return e.slot == Slot::Type && e.slot_begin == miss_.token;
        });
    return begins && nearest(here()->value, expected_words(std::nullopt)).empty();
  }
  void type() {
    const std::string word = nearest(here()->value, expected_words(Slot::Type));
    Report::Entry& entry = add(place(), wording::value_type_unknown(seen(place()), word));
    if (!word.empty()) entry.fix_slip(here()->value, word, place());
  }

  void name(Slot slot) {
    const Token* token = here();
    const bool marked =
        token != nullptr && (token->kind == Token::Kind::Text || token->kind == Token::Kind::Code ||
                             token->kind == Token::Kind::Emphasis);
    const Span span = token == nullptr ? place() : marked ? token->span : words_of_name();
    Report::Entry& entry = add(span, not_bold(slot));
    const std::string text = marked ? token->value : seen(span);
    if (!text.empty() && !text.contains('*'))
      entry.fix("put the name in bold", span, "**" + text + "**");
  }
  static Wording not_bold(Slot slot) {
    switch (slot) {
      case Slot::Sheet:
        return wording::step_name_not_bold("sheet", "**Ledger**");
      case Slot::SlackChannel:
        return wording::step_name_not_bold("Slack channel", "**#finance**");
      case Slot::Output:
        return wording::step_name_not_bold("answer", "**summary**");
      default:
        return wording::name_not_bold(slot == Slot::Channel);
    }
  }
  void model() {
    const Span span = here() == nullptr ? place() : clump();
    Report::Entry& entry = add(span, wording::model_not_in_code());
    if (here() != nullptr && seen(span).find_first_of("0123456789") != std::string::npos)
      entry.fix("put the model in backticks", span, "`" + seen(span) + "`");
  }
  // Words up to a mark or, in a step, up to the word that goes on after the name.
  Span words_of_name() const {
    std::size_t last = miss_.token;
    while (last + 1 < tokens_.size() && tokens_[last + 1].kind != Token::Kind::Mark &&
           !goes_on(tokens_[last + 1].value))
      ++last;
    return {place().begin, tokens_[last].span.end};
  }

  bool goes_on(std::string_view word) const {
    return section_ == SectionKind::Do &&
           (word == "run" || word == "tab" || word == "using" || word == "in");
  }

  bool is_when() const { return section_ == SectionKind::When || section_ == SectionKind::OrWhen; }
  std::string nearest_operator() const {
    if (here()->kind != Token::Kind::Word) return {};
    return nearest(here()->value, expected_words(Slot::Operator));
  }
  void operator_name() {
    if (here() == nullptr) {
      add(place(), wording::operator_missing());
      return;
    }
    if (is_when() && (here()->value == "or" || here()->value == "and" || here()->value == ",")) {
      add(place(), wording::second_field(here()->value));
      return;
    }
    std::size_t begin = miss_.token;
    for (const Miss::Expected& expected : miss_.expected)
      if (expected.slot == Slot::Operator) begin = std::min(begin, expected.slot_begin);
    const std::string word = nearest_operator();
    if (word.empty() && !nearest(here()->value, expected_words(std::nullopt)).empty())
      return other();
    std::size_t end = miss_.token;  // == and >= are two marks
    if (here()->kind == Token::Kind::Mark && end + 1 < tokens_.size() &&
        tokens_[end + 1].value == "=" && tokens_[end + 1].span.begin == here()->span.end)
      ++end;
    const Span span{tokens_[begin].span.begin, tokens_[end].span.end};
    if (is_when() && here()->kind == Token::Kind::Mark) {
      if (here()->value == "<" || here()->value == ">") {
        add(span, wording::texts_only(seen(span)));
        return;
      }
      if (here()->value == "=" && begin == miss_.token) {
        add(span, wording::operator_unknown(seen(span), "is")).fix("write is", span, "is");
        return;
      }
    }
    Report::Entry& entry = add(span, wording::operator_unknown(seen(span), word));
    if (!word.empty()) entry.fix_slip(here()->value, word, place());
  }

  void field() {
    if (here() == nullptr) {
      add(place(), wording::field_missing());
      return;
    }
    const bool header = miss_.token > first_ && tokens_[miss_.token - 1].value == "header" &&
                        tokens_[miss_.token - 1].kind == Token::Kind::Word;
    if (header) {
      Report::Entry& entry = add(clump(), wording::header_unquoted());
      if (here()->kind == Token::Kind::Word)
        entry.fix("put it in quotation marks", clump(), in_quotes(seen(clump())));
      return;
    }
    const std::string word = nearest(here()->value, expected_words(Slot::Field));
    const bool other_word = !nearest(here()->value, expected_words(std::nullopt)).empty();
    if (word.empty() && other_word) return other();
    // "any of the following": what begins with an article need not be about a field.
    if (word.empty() && behind_article()) return unknown({});
    Report::Entry& entry = add(place(), wording::field_unknown(seen(place()), word));
    if (!word.empty()) entry.fix_slip(here()->value, word, place());
  }
  bool behind_article() const {
    if (miss_.token == first_) return false;
    const std::string& word = tokens_[miss_.token - 1].value;
    return word == "a" || word == "an" || word == "any" || word == "and";
  }

  void operand() {
    if (here() == nullptr) {
      add(place(), wording::operand_missing());
      return;
    }
    if (is_when() && match_forms(section_, tokens_, miss_.token).match) {
      add(rest(), wording::second_condition());
      return;
    }
    if (is_when() && compares_sizes()) {
      add(rest(), wording::texts_only(seen(rest())));
      return;
    }
    // `is from "acme.com"`: the words before the text are no part of it.
    if (here()->kind == Token::Kind::Word)
      for (std::size_t i = miss_.token + 1; i < tokens_.size(); ++i)
        if (tokens_[i].kind == Token::Kind::Text) {
          const Span words{place().begin, tokens_[i - 1].span.end};
          add(words, wording::operator_unknown(seen(words), {}));
          return;
        }
    if (const std::string inner = single_quoted(seen(rest())); !inner.empty()) {
      add(rest(), wording::operand_unquoted())
          .fix("write straight quotation marks", rest(), in_quotes(inner));
      return;
    }
    Report::Entry& entry = add(rest(), wording::operand_unquoted());
    if (is_one_value()) entry.fix("put it in quotation marks", rest(), in_quotes(seen(rest())));
  }
  // In quotation marks, a list (DE, AT or CH) or a remark (not empty, a PDF) would compile and
  // never hold.
  bool is_one_value() const {
    constexpr std::string_view kNoValue[] = {",",      "or",   "and", "not", "empty", "a",
                                             "an",     "the",  "any", "one", "of",    "none",
                                             "either", "from", "in",  "at",  "with"};
    for (std::size_t i = miss_.token; i < tokens_.size(); ++i)
      if (std::find(std::begin(kNoValue), std::end(kNoValue), tokens_[i].value) !=
          std::end(kNoValue))
        return false;
    return true;
  }
  // is bigger than 1000, is before 1 May, is at least 90, is 90 or more
  bool compares_sizes() const {
    if (here()->kind == Token::Kind::Mark && (here()->value == "<" || here()->value == ">"))
      return true;
    if (here()->kind == Token::Kind::Number)
      return is_word(miss_.token + 1, {"or"}) && is_word(miss_.token + 2, {"more", "less"});
    if (here()->kind != Token::Kind::Word) return false;
    if (is_word(miss_.token, {"at"}) && is_word(miss_.token + 1, {"least", "most"})) return true;
    if (is_word(miss_.token, {"between"})) return true;
    constexpr std::string_view kWords[] = {"before", "over", "under", "above", "below"};
    const bool first =
        std::find(std::begin(kWords), std::end(kWords), here()->value) != std::end(kWords);
    const Token* next = miss_.token + 1 < tokens_.size() ? &tokens_[miss_.token + 1] : nullptr;
    return next != nullptr &&
           (next->value == "than" || (first && next->kind == Token::Kind::Number));
  }
  bool is_word(std::size_t at, std::initializer_list<std::string_view> words) const {
    return at < tokens_.size() && tokens_[at].kind == Token::Kind::Word &&
           std::find(words.begin(), words.end(), tokens_[at].value) != words.end();
  }
  // What stands between two ', or nothing.
  static std::string single_quoted(const std::string& text) {
    constexpr std::pair<std::string_view, std::string_view> kMarks[] = {
        {"'", "'"}, {"\u2018", "\u2019"}, {"\u201A", "\u2018"}, {"\u2039", "\u203A"}};
    for (const auto& [open, close] : kMarks) {
      const bool marked = text.size() > open.size() + close.size() && text.starts_with(open) &&
                          text.ends_with(close);
      if (!marked) continue;
      const std::string inner = text.substr(open.size(), text.size() - open.size() - close.size());
      return inner.contains(close) ? "" : inner;
    }
    return {};
  }
  void text() {
    if (here() == nullptr) {
      add(place(), wording::text_missing());
      return;
    }
    using enum Token::Kind;
    const Token& token = *here();
    const bool marked = token.kind == Bold || token.kind == Code || token.kind == Emphasis ||
                        (token.kind == Url && !token.value.contains("://"));
    const bool text_at_end = section_ == SectionKind::Example && token.kind == Word;
    const Span span = marked ? token.span : text_at_end ? to_the_end() : clump();
    std::string inner = marked ? token.value : single_quoted(seen(span));
    if (inner.empty()) inner = seen(span);
    Report::Entry& entry = add(span, wording::text_unquoted(seen(span)));
    const bool mark = token.kind == Mark && span.end == token.span.end;
    if (!mark && may_be_any_text()) entry.fix("put it in quotation marks", span, in_quotes(inner));
  }
  // The default of a date or a number must be one, which `today` and `none` are not.
  bool may_be_any_text() const {
    if (!expects(Slot::Default)) return true;
    for (std::size_t i = first_; i < miss_.token; ++i)
      if (is_word(i, {"text"})) return true;
    return false;
  }
  void pattern() { add(here() == nullptr ? place() : clump(), wording::pattern_missing()); }
  void duration() { add(here() ? rest() : place(), wording::duration_missing()); }
  void count() { add(here() ? clump() : place(), wording::count_missing()); }
  void url() { add(here() ? rest() : place(), wording::url_missing()); }

  void other() {
    std::vector<std::string> words = expected_words(std::nullopt);
    const bool second = here() != nullptr && section_ == SectionKind::IfItFails &&
                        (here()->value == "," || here()->value == "then");
    if (second || (here() != nullptr && here()->value == "and")) {
      add(place(), wording::one_sentence_each(section_));
      return;
    }
    if (section_ == SectionKind::Extract && here() != nullptr && here()->value == "or" &&
        miss_.token + 1 < tokens_.size() &&
        std::find(words.begin(), words.end(), ",") != words.end()) {
      const std::size_t end = tokens_[miss_.token - 1].span.end;
      add(place(), wording::comma_missing()).fix("put a comma before it", {end, end}, ",");
      return;
    }
    // "the email contains …" began like "the email has an attachment".
    if (is_when() && miss_.token > first_ &&
        std::find(words.begin(), words.end(), "has") != words.end()) {
      const Span before = tokens_[miss_.token - 1].span;
      add(before, wording::field_unknown(seen(before), {}));
      return;
    }
    if (here() != nullptr && here()->value == "(" && expects(Slot::Case))
      words.emplace_back("(exact case)");
    if (here() != nullptr && here()->value == "(" && expects(Slot::Order))
      words.insert(words.end(), {"(day first)", "(month first)"});
    const std::string word =
        here() != nullptr && here()->kind == Token::Kind::Word ? nearest(here()->value, words) : "";
    Report::Entry& entry = add(
        place(), wording::sentence_stops(section_, words, expects(Slot::Method), word, sentence()));
    if (!word.empty()) entry.fix_slip(here()->value, word, place());
  }

  SectionKind section_;
  const std::vector<Token>& tokens_;
  std::size_t first_;
  const Miss& miss_;
  ParseContext& context_;
};

}  // namespace

void report_miss(SectionKind section, const std::vector<Token>& tokens, std::size_t first,
                 const Miss& miss, ParseContext& context) {
  MissReporter(section, tokens, first, miss, context).run();
}

}  // namespace msghub
