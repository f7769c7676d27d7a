#pragma once

#include <initializer_list>
#include <vector>

#include "rule/sections.h"

namespace msghub {

// The parts of the parser of `Do`: one function for each kind of step, and what they share.

// A kind of block that a step can use.
struct WantedBlock {
  Block::Kind kind{};
  std::string_view language;  // Fence
  std::string_view name;      // in diagnostics: "```json block"
};
inline constexpr WantedBlock kQuoteBlock{Block::Kind::Quote, "", "quote (lines that begin with >)"};

// A sentence that fits a form, with the list item in which it stands.
class StepReader {
 public:
  // `announces`: the sentence ends with a colon. All references outlive the reader.
  StepReader(const Item& item, const std::vector<Token>& tokens, const FormMatch& match,
             bool announces, ParseContext& context);

  const FormMatch& match() const { return match_; }
  bool announces() const { return announces_; }
  Report& report() const { return context_.report; }
  ParseContext& context() const { return context_; }
  const Item& item() const { return item_; }
  // The first token of the slot's value; null when the sentence has none.
  const Token* token(Slot slot) const;
  // The name behind "using"; without one only the place that a diagnostic points at.
  ConnectionName connection(Span otherwise) const;
  // The addresses of a slot of texts; those that cannot be ones are reported.
  std::vector<Template> addresses(Slot slot) const;

  enum class Need { None, First, Any };
  // The item's block of each wanted kind, null where there is none. Blocks of other kinds and
  // second ones of the same are reported, and so is that what is needed does not stand there.
  std::vector<const Block*> blocks(std::initializer_list<WantedBlock> wanted, Need need) const;
  Span first_line(const Block& block) const;

 private:
  void unmarked(const WantedBlock& main, Span span) const;

  const Item& item_;
  const std::vector<Token>& tokens_;
  const FormMatch& match_;
  bool announces_;
  ParseContext& context_;
};

WebhookStep read_webhook(const StepReader& reader);
SqlStep read_sql(const StepReader& reader);
// `need`: what block must stand below; a subject may be missing only in "If it fails".
EmailStep read_email(const StepReader& reader, StepReader::Need need = StepReader::Need::Any);
SheetsStep read_sheets(const StepReader& reader);
SlackStep read_slack(const StepReader& reader, StepReader::Need need = StepReader::Need::First);
// `output` becomes the name of the answer; nothing, and reported, when it cannot be one.
ChatgptStep read_chatgpt(const StepReader& reader, std::optional<std::string>& output,
                         Span& output_span);

// The name of an output; nothing, and reported, when it cannot be one.
std::optional<std::string> output_name(const Token& name, ParseContext& context);

// A sentence of `Do` cut at its options, as places in its tokens: [0, form), then each option from
// the word behind its comma to the next comma or the end. A colon at the end belongs to none.
struct CutSentence {
  struct Range {
    std::size_t first = 0;
    std::size_t end = 0;
  };
  std::size_t form = 0;
  std::vector<Range> options;
  bool colon = false;
};
CutSentence cut_options(const std::vector<Token>& tokens);

// Whether an option begins at this token, as when its comma was forgotten.
bool begins_option(const std::vector<Token>& tokens, std::size_t at);

// Adds what stands behind "only if" or "unless" to the step; false when it was not understood.
bool read_guard(const std::vector<Token>& tokens, bool unless, Step& step, ParseContext& context);

// Reads the options into the step; false when one of them was not understood.
bool read_options(const std::vector<Token>& tokens, const CutSentence& cut, Step& step,
                  ParseContext& context);

}  // namespace msghub
