// What stands behind the commas of a step: "only if …", "for each attachment" and their like.
#include <algorithm>

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

bool is_word(const Token& token, std::string_view word) {
  return token.kind == Token::Kind::Word && token.value == word;
}
bool is_mark(const Token& token, std::string_view mark) {
  return token.kind == Token::Kind::Mark && token.value == mark;
}

// Words behind a comma with which the form itself goes on.
bool continues_form(const Token& token) {
  for (const std::string_view word : {"cc", "bcc", "copy", "blind", "with", "using", "and"})
    if (is_word(token, word)) return true;
  return false;
}

Span span_of(const Tokens& tokens) { return {tokens.front().span.begin, tokens.back().span.end}; }

bool is_condition(const Token& token) { return is_word(token, "if") || is_word(token, "when"); }

bool is_comparison_of_numbers(Test test) {
  return test == Test::Over || test == Test::AtLeast || test == Test::Under || test == Test::AtMost;
}

class GuardParser {
 public:
  GuardParser(Step& step, ParseContext& context) : step_(step), context_(context) {}

  // `tokens` is what follows "only if".
  bool run(const Tokens& tokens) {
    if (tokens.empty()) return false;
    step_.only_if_text = context_.source.text(span_of(tokens));
    std::replace(step_.only_if_text.begin(), step_.only_if_text.end(), '\n', ' ');
    for (const Token& token : tokens) {
      if (!is_word(token, "or")) continue;
      context_.report.add(token.span, wording::guard_or());
      return false;
    }
    bool good = true;
    Tokens piece;
    Span last = tokens.front().span;
    for (const Token& token : tokens) {
      if (!is_word(token, "and")) {
        piece.push_back(token);
        continue;
      }
      good = comparison(piece, last) && good;
      last = token.span;
      piece.clear();
    }
    return comparison(piece, last) && good;
  }

 private:
  // `near` is where the comparison should stand when there is none.
  bool comparison(Tokens piece, Span near) {
    while (!piece.empty() && is_mark(piece.back(), ",")) piece.pop_back();
    if (piece.empty()) {
      context_.report.add(near, wording::guard_unknown(""));
      return false;
    }
    const FormResult found = match_forms(SectionKind::Guard, piece);
    if (!found.match) return missed(piece, found.miss);
    GuardCondition out;
    out.span = span_of(piece);
    const GuardTestName& name = guard_test_names()[found.match->find(Slot::Test)->row];
    out.test = name.test;
    out.negated = name.negated;
    out.case_sensitive = found.match->find(Slot::Case) != nullptr;
    const bool good = value(*found.match->find(Slot::Value), piece, out.value) &&
                      operand(*found.match, piece, out);
    if (good) step_.only_if.push_back(std::move(out));
    return good;
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
    if (!word.empty()) entry.fix("write " + word, piece[miss.token].span, word);
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

  bool operand(const FormMatch& match, const Tokens& piece, GuardCondition& out) {
    const Capture* capture = match.find(Slot::Guard);
    if ((capture == nullptr) != (out.test == Test::Empty)) {
      context_.report.add(out.span, wording::guard_unknown(""));
      return false;
    }
    const bool about_texts = out.test != Test::Empty && !is_comparison_of_numbers(out.test);
    if (out.case_sensitive && !about_texts) {
      context_.report.add(piece[match.find(Slot::Case)->first].span, wording::guard_case());
      return false;
    }
    if (capture == nullptr) return true;
    const Token& token = piece[capture->first];
    out.operand = token.value;
    out.operand_is_number = token.kind == Token::Kind::Number;
    const bool is_pattern = token.kind == Token::Kind::Pattern;
    if (out.test == Test::Matches) {
      if (is_pattern) return check_pattern_token(token, out.case_sensitive, context_.report);
      context_.report.add(token.span, wording::pattern_missing());
      return false;
    }
    if (is_pattern) {
      context_.report.add(token.span, wording::pattern_unexpected());
      return false;
    }
    const bool number = out.operand_is_number || is_comparison_of_numbers(out.test);
    if (number && !is_plain_number(token.value)) {
      context_.report.add(token.span, wording::guard_number(token.value));
      return false;
    }
    if (is_comparison_of_numbers(out.test)) out.operand_is_number = true;
    if (trim(token.value).empty()) {
      context_.report.add(token.span, wording::guard_operand_empty());
      return false;
    }
    return !refuse_template(token, context_);
  }

  Step& step_;
  ParseContext& context_;
};

class OptionReader {
 public:
  OptionReader(Step& step, ParseContext& context) : step_(step), context_(context) {}

  bool option(const Tokens& tokens) {
    const bool after_guard = previous_ == FormId::OnlyIf && is_word(tokens.front(), "or");
    const FormResult found = match_forms(SectionKind::StepOption, tokens);
    if (!found.match && after_guard) {
      context_.report.add(tokens.front().span, wording::guard_or());
      return false;
    }
    if (!found.match && is_condition(tokens.front())) {
      context_.report.add(tokens.front().span, wording::option_only_if())
          .fix("write only if", tokens.front().span, "only if");
      return false;
    }
    if (!found.match) return missed(tokens, found.miss);
    const FormId id = found.match->form->id;
    previous_ = id;
    if (std::find(seen_.begin(), seen_.end(), id) != seen_.end()) {
      context_.report.add(span_of(tokens), wording::option_twice());
      return false;
    }
    seen_.push_back(id);
    return take(id, *found.match, tokens);
  }

 private:
  bool missed(const Tokens& tokens, const Miss& miss) {
    // "continue if it fails", "continue anyway"
    if (is_word(tokens.front(), "continue") && tokens.size() > 1 && !is_word(tokens[1], "on")) {
      context_.report.add(span_of(tokens), wording::option_unknown("continue on error"))
          .fix("write continue on error", span_of(tokens), "continue on error");
      return false;
    }
    std::vector<std::string> words;
    for (const Miss::Expected& expected : miss.expected)
      if (!expected.word.empty()) words.push_back(expected.word);
    const bool inside = miss.token < tokens.size();
    const std::string word = inside && tokens[miss.token].kind == Token::Kind::Word
                                 ? nearest(tokens[miss.token].value, words)
                                 : "";
    const Span place = word.empty() ? span_of(tokens) : tokens[miss.token].span;
    Report::Entry& entry = context_.report.add(place, wording::option_unknown(word));
    if (!word.empty()) entry.fix("write " + word, place, word);
    return false;
  }

  bool take(FormId id, const FormMatch& match, const Tokens& tokens) {
    switch (id) {
      case FormId::OnlyIf:
        return guard(match, tokens);
      case FormId::ForEachAttachment:
        step_.for_each_attachment = true;
        return true;
      case FormId::ContinueOnError:
        step_.continue_on_error = true;
        return true;
      case FormId::AsName:
        return name(tokens[match.find(Slot::Output)->first]);
      case FormId::Temperature:
      case FormId::MaxTokens:
        return chatgpt(id, tokens[match.find(Slot::Number)->first], span_of(tokens));
      default:
        return or_append(span_of(tokens));
    }
  }
  bool guard(const FormMatch& match, const Tokens& tokens) {
    const std::size_t first = match.find(Slot::Any)->first;
    if (first == tokens.size()) {
      context_.report.add(span_of(tokens), wording::guard_unknown(""));
      return false;
    }
    return GuardParser(step_, context_)
        .run({tokens.begin() + static_cast<std::ptrdiff_t>(first), tokens.end()});
  }
  bool name(const Token& token) {
    if (step_.output) {
      context_.report.add(token.span, wording::output_named_already(*step_.output));
      return false;
    }
    step_.output = output_name(token, context_);
    step_.output_span = token.content.span();
    return step_.output.has_value();
  }
  bool chatgpt(FormId id, const Token& number, Span place) {
    auto* ask = std::get_if<ChatgptStep>(&step_.what);
    if (ask == nullptr) {
      context_.report.add(place, wording::option_misplaced("ChatGPT"));
      return false;
    }
    constexpr std::size_t kLongest = 6;  // 0.1234, 100000
    const std::string& text = number.value;
    const bool plain = is_plain_number(text) && text.size() <= kLongest && text.front() != '-' &&
                       (text.front() != '0' || text.size() == 1 || text[1] == '.');
    if (id == FormId::Temperature) {
      if (!plain || std::stod(text) > 2) return refuse(number, "a temperature is from 0 to 2");
      ask->temperature = text;
      return true;
    }
    constexpr std::int64_t kMost = 100000;
    const bool whole = plain && !text.contains('.');
    const std::int64_t count = whole ? std::stoll(text) : 0;
    if (count < 1 || count > kMost) return refuse(number, "write a whole number up to 100000");
    ask->max_tokens = count;
    return true;
  }
  bool refuse(const Token& number, std::string_view why) {
    context_.report.add(number.span, wording::option_value(number.value, why));
    return false;
  }
  bool or_append(Span place) {
    auto* sheets = std::get_if<SheetsStep>(&step_.what);
    const bool fits =
        sheets != nullptr && sheets->operation == SheetsStep::Operation::FindAndUpdate;
    if (fits)
      sheets->append_when_missing = true;
    else
      context_.report.add(place, wording::option_misplaced("`Update the row where …`"));
    return fits;
  }

  Step& step_;
  ParseContext& context_;
  std::vector<FormId> seen_;
  std::optional<FormId> previous_;
};

}  // namespace

CutSentence cut_options(const std::vector<Token>& tokens) {
  CutSentence out;
  std::size_t end = tokens.size();
  if (end > 0 && is_mark(tokens[end - 1], ":")) {
    out.colon = true;
    --end;
  }
  out.form = end;
  for (std::size_t at = 0; at + 1 < end; ++at) {
    const bool begins = is_mark(tokens[at], ",") && tokens[at + 1].kind == Token::Kind::Word &&
                        !continues_form(tokens[at + 1]);
    if (!begins) continue;
    if (out.options.empty())
      out.form = at;
    else
      out.options.back().end = at;
    out.options.push_back({at + 1, end});
  }
  return out;
}

bool begins_option(const std::vector<Token>& tokens, std::size_t at) {
  for (const Form& form : all_forms()) {
    if (form.section != SectionKind::StepOption) continue;
    const std::size_t space = std::min(form.pattern.find(' '), form.pattern.size());
    const bool first = at < tokens.size() && is_word(tokens[at], form.pattern.substr(0, space));
    if (!first) continue;
    std::string_view second = form.pattern.substr(std::min(space + 1, form.pattern.size()));
    second = second.substr(0, second.find(' '));
    if (second.starts_with('{')) return true;
    if (at + 1 < tokens.size() && is_word(tokens[at + 1], second)) return true;
  }
  return false;
}

bool read_options(const std::vector<Token>& tokens, const CutSentence& cut, Step& step,
                  ParseContext& context) {
  OptionReader reader(step, context);
  bool good = true;
  for (const CutSentence::Range& range : cut.options) {
    const Tokens option(tokens.begin() + static_cast<std::ptrdiff_t>(range.first),
                        tokens.begin() + static_cast<std::ptrdiff_t>(range.end));
    good = reader.option(option) && good;
  }
  return good;
}

}  // namespace msghub
