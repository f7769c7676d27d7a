// The comparisons behind "only if" and "unless".
#include <algorithm>
#include <set>

#include "rule/format_parts.h"
#include "rule/names.h"
#include "rule/nearest.h"
#include "rule/pattern.h"
#include "rule/slips.h"
#include "rule/step_parts.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

using Test = GuardCondition::Test;
using Tokens = std::vector<Token>;

bool is_word(const Tokens& tokens, std::size_t at, std::string_view word) {
  return at < tokens.size() && tokens[at].kind == Token::Kind::Word && tokens[at].value == word;
}

Span span_of(const Tokens& tokens) { return {tokens.front().span.begin, tokens.back().span.end}; }

// As the formatter would write it, so that formatting a rule changes nothing of it.
std::string in_one_line(const Source& source, Span span) {
  Excerpt written;
  written.append(source.text(span), span.begin);
  std::string raw(source.text(span));
  std::replace(raw.begin(), raw.end(), '\n', ' ');
  return canonical_sentence(written, true).value_or(raw);
}

bool is_comparison_of_numbers(Test test) {
  return test == Test::Over || test == Test::AtLeast || test == Test::Under || test == Test::AtMost;
}

// Whether the "or" stands between two values of one comparison, or in "10 or more".
bool joins_values(const Tokens& tokens, std::size_t at) {
  for (const std::string_view word : {"more", "higher", "above", "less", "fewer", "lower", "below"})
    if (is_word(tokens, at + 1, word)) return true;
  if (at + 1 >= tokens.size() || !is_list_value(tokens[at + 1], Slot::Guard)) return false;
  const bool compared = at + 2 < tokens.size() && tokens[at + 2].kind == Token::Kind::Word &&
                        !is_word(tokens, at + 2, "or") && !is_word(tokens, at + 2, "and");
  return !compared;  // `path` is "…" begins a comparison of its own
}

// Whether the "and" stands in "between 10 and 20".
bool joins_bounds(const Tokens& tokens, std::size_t at) {
  return at >= 2 && is_word(tokens, at - 2, "between") && at + 1 < tokens.size() &&
         tokens[at + 1].kind == Token::Kind::Number;
}

class GuardParser {
 public:
  explicit GuardParser(ParseContext& context) : context_(context) {}

  std::optional<std::vector<GuardCondition>> run(const Tokens& tokens) {
    for (std::size_t at = 0; at < tokens.size(); ++at) {
      if (!is_word(tokens, at, "or") || joins_values(tokens, at)) continue;
      context_.report.add(tokens[at].span, wording::guard_or());
      return std::nullopt;
    }
    bool good = true;
    Tokens piece;
    Span last = tokens.front().span;
    for (std::size_t at = 0; at < tokens.size(); ++at) {
      if (!is_word(tokens, at, "and") || joins_bounds(tokens, at)) {
        piece.push_back(tokens[at]);
        continue;
      }
      good = comparison(piece, last) && good;
      last = tokens[at].span;
      piece.clear();
    }
    good = comparison(piece, last) && good;
    return good ? std::optional(std::move(found_)) : std::nullopt;
  }

 private:
  using Seen = std::set<std::pair<std::string, bool>>;  // values, and whether they are numbers

  // `near` is where the comparison should stand when there is none.
  bool comparison(Tokens piece, Span near) {
    while (!piece.empty() && piece.back().kind == Token::Kind::Mark && piece.back().value == ",")
      piece.pop_back();
    if (piece.empty()) {
      context_.report.add(near, wording::guard_unknown(""));
      return false;
    }
    const FormResult found = match_forms(SectionKind::Guard, piece);
    if (!found.match) return missed(piece, found.miss);
    GuardCondition out;
    out.span = span_of(piece);
    if (!value(*found.match->find(Slot::Value), piece, out.value)) return false;
    switch (found.match->form->id) {
      case FormId::GuardOrMore:
        return sizes(*found.match, piece, out, {Test::AtLeast});
      case FormId::GuardOrLess:
        return sizes(*found.match, piece, out, {Test::AtMost});
      case FormId::GuardBetween:
        return sizes(*found.match, piece, out, {Test::AtLeast, Test::AtMost});
      default:
        return in_words(*found.match, piece, std::move(out));
    }
  }

  bool missed(const Tokens& piece, const Miss& miss) {
    for (std::size_t at = 1; at <= miss.token && at < piece.size(); ++at)
      if (const auto other = other_test_at(piece, at)) {
        const Span place = {piece[at].span.begin, piece[at + other->count - 1].span.end};
        const std::string test(other->words);
        context_.report.add(place, wording::guard_unknown(test)).fix("write " + test, place, test);
        return false;
      }
    std::vector<std::string> words;
    for (const Miss::Expected& expected : miss.expected)
      if (!expected.word.empty()) words.push_back(expected.word);
    const bool inside = miss.token < piece.size();
    const std::string word = inside && piece[miss.token].kind == Token::Kind::Word
                                 ? nearest(piece[miss.token].value, words)
                                 : "";
    const Span place =
        inside ? Span{piece[miss.token].span.begin, piece.back().span.end} : span_of(piece);
    Report::Entry& entry = context_.report.add(word.empty() ? place : piece[miss.token].span,
                                               wording::guard_unknown(word));
    if (!word.empty()) entry.fix_slip(piece[miss.token].value, word, piece[miss.token].span);
    return false;
  }

  bool value(const Capture& capture, const Tokens& piece, Reference& out) {
    const Token& first = piece[capture.first];
    const Token& last = piece[capture.first + capture.count - 1];
    out.span = {first.span.begin, last.span.end};
    out.is_path = first.kind == Token::Kind::Code;
    std::string_view text =
        out.is_path ? std::string_view(first.value) : context_.source.text(out.span);
    if (text.starts_with("{{") && text.ends_with("}}"))
      text = trim(text.substr(2, text.size() - 4));
    out.name = text;
    const bool word = out.is_path || (!text.empty() && text.front() != '{');
    if (word && is_json_path(text)) return true;
    context_.report.add(out.span, out.is_path ? wording::json_path_invalid(text)
                                              : wording::template_malformed(text));
    return false;
  }

  // One comparison for each number of the sentence.
  bool sizes(const FormMatch& match, const Tokens& piece, const GuardCondition& from,
             std::initializer_list<Test> tests) {
    auto test = tests.begin();
    for (const Capture& capture : match.captures) {
      if (capture.slot != Slot::Number) continue;
      GuardCondition out = from;
      out.test = *test++;
      Seen seen;
      if (!operand(piece[capture.first], out, seen)) return false;
      found_.push_back(std::move(out));
    }
    return true;
  }

  bool in_words(const FormMatch& match, const Tokens& piece, GuardCondition out) {
    const GuardTestName& name = guard_test_names()[match.find(Slot::Test)->row];
    out.test = name.test;
    out.negated = name.negated;
    out.case_sensitive = match.find(Slot::Case) != nullptr;
    const Capture* list = match.find(Slot::Guard);
    if ((list == nullptr) != (out.test == Test::Empty)) {
      context_.report.add(out.span, wording::guard_unknown(""));
      return false;
    }
    const bool about_texts = out.test != Test::Empty && !is_comparison_of_numbers(out.test);
    if (out.case_sensitive && !about_texts) {
      context_.report.add(piece[match.find(Slot::Case)->first].span, wording::guard_case());
      return false;
    }
    const std::size_t end = list == nullptr ? 0 : list->first + list->count;
    Seen seen;
    for (std::size_t at = list == nullptr ? 0 : list->first; at < end; ++at)
      if (is_list_value(piece[at], Slot::Guard) && !operand(piece[at], out, seen)) return false;
    found_.push_back(std::move(out));
    return true;
  }

  // Adds a value to the comparison; `seen` are those that it has.
  bool operand(const Token& token, GuardCondition& out, Seen& seen) {
    const bool sizes = is_comparison_of_numbers(out.test);
    const auto refuse = [&](Wording wording) {
      context_.report.add(token.span, std::move(wording));
      return false;
    };
    if (sizes && !out.operands.empty()) return refuse(wording::guard_one_number());
    const bool is_pattern = token.kind == Token::Kind::Pattern;
    GuardCondition::Operand operand{token.value, sizes || token.kind == Token::Kind::Number};
    if (out.test == Test::Matches) {
      if (!is_pattern) return refuse(wording::pattern_missing());
      if (!check_pattern_token(token, out.case_sensitive, context_.report)) return false;
    } else {
      if (is_pattern) return refuse(wording::pattern_unexpected());
      if (operand.is_number && !is_plain_number(token.value))
        return refuse(wording::guard_number(token.value));
      if (trim(token.value).empty()) return refuse(wording::guard_operand_empty());
      if (refuse_template(token, context_)) return false;
    }
    if (seen.emplace(operand.text, operand.is_number).second)
      out.operands.push_back(std::move(operand));
    else
      context_.report.add(token.span, wording::value_twice());
    return true;
  }

  ParseContext& context_;
  std::vector<GuardCondition> found_;
};

}  // namespace

bool read_guard(const std::vector<Token>& tokens, bool unless, Step& step, ParseContext& context) {
  std::optional<std::vector<GuardCondition>> found = GuardParser(context).run(tokens);
  if (!found) return false;
  if (unless && found->size() > 1) {
    context.report.add(span_of(tokens), wording::guard_unless());
    return false;
  }
  std::string text = in_one_line(context.source, span_of(tokens));
  if (unless) text = "not (" + text + ")";
  step.only_if_text += (step.only_if_text.empty() ? "" : " and ") + text;
  for (GuardCondition& condition : *found) {
    if (unless) condition.negated = !condition.negated;
    step.only_if.push_back(std::move(condition));
  }
  return true;
}

}  // namespace msghub
