// What stands behind the commas of a step: "only if …", "for each attachment" and their like.
#include <algorithm>

#include "rule/names.h"
#include "rule/nearest.h"
#include "rule/step_parts.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

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

// a, b, or c
bool continues_list(const Tokens& tokens, std::size_t at) {
  return is_word(tokens[at], "or") && at + 1 < tokens.size() &&
         is_list_value(tokens[at + 1], Slot::Guard);
}

Span span_of(const Tokens& tokens) { return {tokens.front().span.begin, tokens.back().span.end}; }

bool is_condition(const Token& token) { return is_word(token, "if") || is_word(token, "when"); }

class OptionReader {
 public:
  OptionReader(Step& step, ParseContext& context) : step_(step), context_(context) {}

  bool option(const Tokens& tokens) {
    const bool after_guard = (previous_ == FormId::OnlyIf || previous_ == FormId::Unless) &&
                             is_word(tokens.front(), "or");
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
    if (!word.empty()) entry.fix_slip(tokens[miss.token].value, word, place);
    return false;
  }

  bool take(FormId id, const FormMatch& match, const Tokens& tokens) {
    switch (id) {
      case FormId::OnlyIf:
      case FormId::Unless:
        return guard(id, match, tokens);
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
  bool guard(FormId id, const FormMatch& match, const Tokens& tokens) {
    const std::size_t first = match.find(Slot::Any)->first;
    if (first == tokens.size()) {
      context_.report.add(span_of(tokens), wording::guard_unknown(""));
      return false;
    }
    const Tokens comparisons(tokens.begin() + static_cast<std::ptrdiff_t>(first), tokens.end());
    return read_guard(comparisons, id == FormId::Unless, step_, context_);
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
                        !continues_form(tokens[at + 1]) && !continues_list(tokens, at + 1);
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
