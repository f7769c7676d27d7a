// Reads the catalogue's pattern language.
#include "rule/form_program.h"

#include <array>
#include <utility>

#include "base/result.h"

namespace msghub {

namespace {

constexpr auto kSlotNames = std::to_array<std::pair<std::string_view, Slot>>({
    {"channel", Slot::Channel},
    {"connection", Slot::Connection},
    {"text", Slot::Text},
    {"texts", Slot::Texts},
    {"operand", Slot::Operand},
    {"operands", Slot::Operands},
    {"pattern", Slot::Pattern},
    {"field", Slot::Field},
    {"operator", Slot::Operator},
    {"case", Slot::Case},
    {"path", Slot::Path},
    {"method", Slot::Method},
    {"url", Slot::Url},
    {"number", Slot::Number},
    {"duration", Slot::Duration},
    {"name", Slot::Name},
    {"default", Slot::Default},
    {"type", Slot::Type},
    {"order", Slot::Order},
    {"answer", Slot::Answer},
    {"any", Slot::Any},
    {"cc", Slot::Cc},
    {"bcc", Slot::Bcc},
    {"file", Slot::File},
    {"sheet", Slot::Sheet},
    {"row", Slot::Row},
    {"column", Slot::Column},
    {"find", Slot::Find},
    {"slackchannel", Slot::SlackChannel},
    {"model", Slot::Model},
    {"output", Slot::Output},
    {"value", Slot::Value},
    {"test", Slot::Test},
    {"guard", Slot::Guard},
    {"plain", Slot::Plain},
});

class Compiler {
 public:
  explicit Compiler(std::string_view pattern) : pattern_(pattern) {}

  Program run() {
    sequence();
    MSGHUB_CHECK(at_ == pattern_.size());
    emit(Instruction::Op::Done);
    return std::move(program_);
  }

 private:
  std::size_t emit(Instruction::Op op, std::string word = {}) {
    program_.push_back({op, std::move(word), {}, 0});
    return program_.size() - 1;
  }

  // Up to the end, a | or a closing bracket. The catalogue's nesting is a few levels.
  void sequence() {
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      if (c == '|' || c == ')' || c == ']') return;
      if (c == ' ')
        ++at_;
      else if (c == '[')
        optional();
      else if (c == '(')
        choice();
      else if (c == '{')
        slot();
      else
        word();
    }
  }
  void optional() {
    ++at_;
    const std::size_t split = emit(Instruction::Op::Split);
    sequence();
    ++at_;
    program_[split].target = program_.size();
  }
  void choice() {
    std::vector<std::size_t> ends;
    do {
      ++at_;
      const std::size_t split = emit(Instruction::Op::Split);
      sequence();
      ends.push_back(emit(Instruction::Op::Jump));
      program_[split].target = program_.size();
    } while (pattern_[at_] == '|');
    ++at_;
    // Behind the last choice there is no other way: the split leads to a word that never stands.
    emit(Instruction::Op::Word, std::string());
    for (const std::size_t end : ends) program_[end].target = program_.size();
  }
  void slot() {
    const std::size_t close = pattern_.find('}', at_);
    const std::string_view name = pattern_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    for (const auto& [known, slot] : kSlotNames) {
      if (known != name) continue;
      program_[emit(Instruction::Op::Take)].slot = slot;
      return;
    }
    MSGHUB_CHECK(!"a slot of the catalogue is known");
  }
  void word() {
    const bool mark = pattern_[at_] == ',' || pattern_[at_] == ':';
    std::size_t end = mark ? at_ + 1 : pattern_.find_first_of(" ,:[](){}|", at_);
    if (end == std::string_view::npos) end = pattern_.size();
    emit(Instruction::Op::Word, std::string(pattern_.substr(at_, end - at_)));
    at_ = end;
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  Program program_;
};

}  // namespace

std::string_view slot_name(Slot slot) {
  for (const auto& [name, known] : kSlotNames)
    if (known == slot) return name;
  return {};
}

Program program_of(std::string_view pattern) { return Compiler(pattern).run(); }

}  // namespace msghub
