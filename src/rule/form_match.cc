#include "rule/form_match.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/result.h"
#include "rule/form_program.h"
#include "rule/nearest.h"

namespace msghub {

namespace {

bool stands(const Token& token, std::string_view word) {
  return (token.kind == Token::Kind::Word || token.kind == Token::Kind::Mark) &&
         token.value == word;
}

class Machine {
 public:
  Machine(const std::vector<Token>& tokens, Miss& miss) : tokens_(tokens), miss_(miss) {}

  std::optional<FormMatch> run(const Program& program, std::size_t first) {
    std::vector<State> open{{0, first, {}}};
    while (!open.empty()) {
      State state = std::move(open.back());
      open.pop_back();
      for (bool alive = true; alive;) {
        const Instruction& now = program[state.pc];
        switch (now.op) {
          case Instruction::Op::Jump:
            state.pc = now.target;
            break;
          case Instruction::Op::Split: {
            State other = state;
            other.pc = now.target;
            open.push_back(std::move(other));
            ++state.pc;
            break;
          }
          case Instruction::Op::Word:
            alive = word(now.word, state);
            break;
          case Instruction::Op::Take:
            alive = take(now.slot, state);
            break;
          case Instruction::Op::Done:
            if (state.at == tokens_.size()) return std::move(state.match);
            missed(state.at, std::nullopt, {}, state.at);
            alive = false;
            break;
        }
      }
    }
    return std::nullopt;
  }

 private:
  struct State {
    std::size_t pc = 0;
    std::size_t at = 0;
    FormMatch match;
  };

  void missed(std::size_t at, std::optional<Slot> slot, std::string word, std::size_t slot_begin,
              std::string_view whole = {}) {
    if (at < miss_.token) return;
    if (at > miss_.token) miss_ = {at, {}};
    if (slot || !word.empty()) miss_.expected.push_back({slot, std::move(word), slot_begin, whole});
  }

  bool word(const std::string& word, State& state) {
    if (word.empty()) return false;
    if (state.at == tokens_.size() || !stands(tokens_[state.at], word)) {
      missed(state.at, std::nullopt, word, state.at);
      return false;
    }
    state.match.words.push_back(word);
    ++state.at;
    ++state.pc;
    return true;
  }

  bool take(Slot slot, State& state) {
    Capture capture{slot, state.at, 0, 0};
    const bool found = slot == Slot::Field      ? field(capture)
                       : slot == Slot::Operator ? phrase(capture, operator_names())
                       : slot == Slot::Case     ? exact_case(capture)
                       : slot == Slot::Type     ? phrase(capture, value_type_names())
                       : slot == Slot::Order    ? order(capture)
                       : slot == Slot::Test     ? phrase(capture, guard_test_names())
                       : slot == Slot::Value    ? value(capture)
                       : is_texts(slot)         ? texts(capture)
                       : is_list(slot)          ? operands(capture)
                       : slot == Slot::Path     ? path(capture)
                       : slot == Slot::Plain    ? plain(capture)
                       : slot == Slot::Duration ? duration(capture)
                       : slot == Slot::Any      ? rest(capture)
                                                : single(capture);
    if (!found) {
      missed(capture.first, slot, {}, capture.first);
      return false;
    }
    state.at += capture.count;
    state.match.captures.push_back(capture);
    ++state.pc;
    return true;
  }

  const Token* token(std::size_t at) const { return at < tokens_.size() ? &tokens_[at] : nullptr; }
  bool is(std::size_t at, Token::Kind kind) const {
    return at < tokens_.size() && tokens_[at].kind == kind;
  }

  bool single(Capture& capture) const {
    const Token* found = token(capture.first);
    if (found == nullptr) return false;
    capture.count = 1;
    using enum Token::Kind;
    switch (capture.slot) {
      case Slot::Channel:
      case Slot::Connection:
      case Slot::SlackChannel:
      case Slot::Output:
        return found->kind == Bold;
      case Slot::Sheet:
        return found->kind == Bold || found->kind == Code || found->kind == Url;
      case Slot::Default:
        return found->kind == Text || found->kind == Number;
      case Slot::Answer:
        return found->kind == Text || found->kind == Code;
      case Slot::Text:
      case Slot::Column:
      case Slot::Find:
        return found->kind == Text;
      case Slot::Row:
        return found->kind == Text || found->kind == Number;
      case Slot::Model:
        return found->kind == Code;
      case Slot::Operand:
        return found->kind == Text || found->kind == Code || found->kind == Pattern;
      case Slot::Pattern:
        return found->kind == Pattern;
      case Slot::Url:
        return found->kind == Url;
      case Slot::Number:
        return found->kind == Number;
      case Slot::Name:
      case Slot::File:
        return found->kind == Word;
      case Slot::Method:
        return found->kind == Word &&
               (found->value == "post" || found->value == "put" || found->value == "patch");
      default:
        return false;
    }
  }

  static bool is_texts(Slot slot) {
    return slot == Slot::Texts || slot == Slot::Cc || slot == Slot::Bcc;
  }
  bool texts(Capture& capture) const {
    if (!is(capture.first, Token::Kind::Text)) return false;
    capture.count = 1;
    for (std::size_t at = capture.first + 1;
         at + 1 < tokens_.size() && stands(tokens_[at], ",") && is(at + 1, Token::Kind::Text);
         at += 2)
      capture.count += 2;
    return true;
  }
  static bool is_list(Slot slot) { return slot == Slot::Operands || slot == Slot::Guard; }
  bool is_operand(std::size_t at, Slot slot) const {
    return at < tokens_.size() && is_list_value(tokens_[at], slot);
  }
  // The number of words of "any of:" and its like that stand here.
  std::size_t list_start(std::size_t first) const {
    static constexpr auto kStarts = std::to_array<std::string_view>(
        {"any of the following", "one of the following", "any of these", "one of these",
         "any one of", "any of", "one of", "either"});
    for (const std::string_view start : kStarts) {
      std::size_t at = first, begin = 0;
      while (begin < start.size()) {
        const std::size_t end = std::min(start.find(' ', begin), start.size());
        if (at >= tokens_.size() || !stands(tokens_[at], start.substr(begin, end - begin))) break;
        ++at;
        begin = end + 1;
      }
      if (begin < start.size()) continue;
      if (at < tokens_.size() && stands(tokens_[at], ":")) ++at;
      return at - first;
    }
    return 0;
  }
  bool operands(Capture& capture) {
    std::size_t at = capture.first + list_start(capture.first);
    if (!is_operand(at, capture.slot)) {
      missed(at, capture.slot, {}, capture.first);
      return false;
    }
    for (;;) {
      capture.count = ++at - capture.first;
      const std::size_t behind = at;
      if (at < tokens_.size() && stands(tokens_[at], ",")) ++at;
      if (at < tokens_.size() && stands(tokens_[at], "or")) ++at;
      if (at == behind) return true;
      if (is_operand(at, capture.slot)) continue;
      missed(at, capture.slot, {}, capture.first);
      return true;
    }
  }
  // A date is three numbers without space between them.
  bool plain(Capture& capture) const {
    const std::size_t first = capture.first;
    capture.count = 1;
    if (stands_at(first, "true") || stands_at(first, "false")) return true;
    capture.count = 3;
    constexpr std::array<std::size_t, 3> kSizes = {4, 3, 3};  // 2026 -03 -12
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
      const bool fits =
          is(first + i, Token::Kind::Number) && tokens_[first + i].value.size() == kSizes[i] &&
          (i == 0 || tokens_[first + i].span.begin == tokens_[first + i - 1].span.end);
      if (!fits) return false;
    }
    return true;
  }
  bool exact_case(Capture& capture) const { return in_brackets(capture, "exact", "case"); }
  bool order(Capture& capture) const {
    return in_brackets(capture, "day", "first") || in_brackets(capture, "month", "first");
  }
  bool in_brackets(Capture& capture, std::string_view one, std::string_view other) const {
    const std::array<std::string_view, 4> words = {"(", one, other, ")"};
    for (std::size_t i = 0; i < words.size(); ++i)
      if (capture.first + i >= tokens_.size() || !stands(tokens_[capture.first + i], words[i]))
        return false;
    capture.count = words.size();
    return true;
  }
  bool duration(Capture& capture) const {
    static constexpr auto kUnits = std::to_array<std::string_view>(
        {"second", "seconds", "minute", "minutes", "hour", "hours", "day", "days"});
    static constexpr auto kOne = std::to_array<std::string_view>({"a", "an", "one"});
    const std::size_t at = capture.first;
    capture.count = 2;
    if (at + 1 >= tokens_.size()) return false;
    const auto among = [](const Token& token, const auto& words) {
      return std::any_of(words.begin(), words.end(),
                         [&](std::string_view word) { return stands(token, word); });
    };
    const bool number = tokens_[at].kind == Token::Kind::Number || among(tokens_[at], kOne);
    return number && among(tokens_[at + 1], kUnits);
  }
  bool path(Capture& capture) const {
    if (is(capture.first, Token::Kind::Code)) {
      capture.count = 1;
      return true;
    }
    if (capture.first >= tokens_.size() || !stands(tokens_[capture.first], "field")) return false;
    capture.count = 2;
    return is(capture.first + 1, Token::Kind::Code) || is(capture.first + 1, Token::Kind::Text);
  }
  // header "List-Id", "List-Id" header
  bool header(Capture& capture) {
    const auto is_name = [this](std::size_t at) {
      return is(at, Token::Kind::Text) || is(at, Token::Kind::Code);
    };
    const std::size_t first = capture.first;
    const auto is_word = [this](std::size_t at) {
      return at < tokens_.size() && stands(tokens_[at], "header");
    };
    capture.count = 2;
    if (!is_word(first)) missed(first, Slot::Field, "header", first);
    if (is_word(first) && !is_name(first + 1)) missed(first + 1, Slot::Field, {}, first);
    return (is_word(first) && is_name(first + 1)) || (is_name(first) && is_word(first + 1));
  }
  bool field(Capture& capture) {
    if (header(capture) || path(capture)) {
      capture.row = field_names().size();
      return true;
    }
    return phrase(capture, field_names());
  }
  // A name and what stands behind it without a space: lead.email, items[0].sku.
  bool value(Capture& capture) const {
    if (is(capture.first, Token::Kind::Code)) {
      capture.count = 1;
      return true;
    }
    const bool braces = stands_at(capture.first, "{") && stands_at(capture.first + 1, "{");
    if (!braces && !is(capture.first, Token::Kind::Word)) return false;
    std::size_t last = capture.first;
    while (last + 1 < tokens_.size() && tokens_[last].span.end == tokens_[last + 1].span.begin)
      ++last;
    capture.count = last - capture.first + 1;
    return true;
  }
  bool stands_at(std::size_t at, std::string_view word) const {
    return at < tokens_.size() && stands(tokens_[at], word);
  }
  bool rest(Capture& capture) const {
    capture.count = tokens_.size() - capture.first;
    return true;
  }

  // The longest row of a table whose words stand here.
  template <class Rows>
  bool phrase(Capture& capture, const Rows& rows) {
    capture.count = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const std::size_t length = common_words(rows[row].words, capture);
      if (length <= capture.count) continue;
      capture.count = length;
      capture.row = row;
    }
    return capture.count > 0;
  }
  // The number of words when all of them stand here, else 0.
  std::size_t common_words(std::string_view words, const Capture& capture) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < words.size(); ++count) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      const std::string_view word = words.substr(at, end - at);
      const std::size_t token = capture.first + count;
      if (token >= tokens_.size() || !stands(tokens_[token], word)) {
        missed(token, capture.slot, std::string(word), capture.first, words);
        return 0;
      }
      at = end + 1;
    }
    return count;
  }

  const std::vector<Token>& tokens_;
  Miss& miss_;
};

struct CompiledForm {
  const Form* form;
  Program program;
};

const std::vector<CompiledForm>& compiled_forms() {
  static const std::vector<CompiledForm> kCompiled = [] {
    std::vector<CompiledForm> out;
    for (const Form& form : all_forms()) {
      const std::string pattern =
          std::string(form.pattern) + std::string(sentence_end(form.section));
      out.push_back({&form, program_of(pattern)});
    }
    return out;
  }();
  return kCompiled;
}

}  // namespace

const Capture* FormMatch::find(Slot slot) const {
  for (const Capture& capture : captures)
    if (capture.slot == slot) return &capture;
  return nullptr;
}

bool FormMatch::has_word(std::string_view word) const {
  for (const std::string& found : words)
    if (found == word) return true;
  return false;
}

bool is_list_value(const Token& token, Slot slot) {
  using enum Token::Kind;
  static constexpr auto kWords = std::to_array<std::string_view>({"true", "false", "yes", "no"});
  if (token.kind == Text || token.kind == Code || token.kind == Pattern) return true;
  const auto words = std::span(kWords).first(slot == Slot::Guard ? 4 : 2);
  return token.kind == Number ||
         (token.kind == Word && std::ranges::find(words, token.value) != words.end());
}

FormResult match_forms(SectionKind section, const std::vector<Token>& tokens, std::size_t first) {
  if (section == SectionKind::OrWhen) section = SectionKind::When;
  FormResult result;
  result.miss.token = first;
  Machine machine(tokens, result.miss);
  for (const CompiledForm& compiled : compiled_forms()) {
    if (compiled.form->section != section) continue;
    result.match = machine.run(compiled.program, first);
    if (!result.match) continue;
    result.match->form = compiled.form;
    break;
  }
  return result;
}

std::vector<Miss::Expected> continuations(SectionKind section, const std::vector<Token>& tokens,
                                          std::size_t first) {
  if (section == SectionKind::OrWhen) section = SectionKind::When;
  Miss miss;
  miss.token = tokens.size();
  Machine machine(tokens, miss);
  for (const CompiledForm& compiled : compiled_forms())
    if (compiled.form->section == section) machine.run(compiled.program, first);
  return std::move(miss.expected);
}

bool fits(std::string_view pattern, const std::vector<Token>& tokens) {
  Miss miss;
  return Machine(tokens, miss).run(program_of(pattern), 0).has_value();
}

}  // namespace msghub
