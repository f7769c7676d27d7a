#pragma once

#include <vector>

#include "rule/ast.h"
#include "rule/form_match.h"
#include "rule/scan.h"

namespace msghub {

// The parts of the parser: one function for each section of a rule.

struct Section {
  SectionKind kind{};
  const Piece* heading = nullptr;
  Excerpt title;                      // Example: what follows the colon
  std::vector<const Piece*> content;  // without sub-headings
  std::int64_t last_line = 0;
};

struct ParseContext {
  const Source& source;
  Report& report;
  RuleTree& tree;
};

void parse_trigger(const Section& section, ParseContext& context);
void parse_extract(const Section& section, ParseContext& context);
void parse_steps(const Section& section, ParseContext& context);
void parse_failure(const Section& section, ParseContext& context);
void parse_settings(const Section& section, ParseContext& context);
void parse_example(const Section& section, ParseContext& context);

// The list items of a section, in order. Blocks that belong to no item are reported, as are
// paragraphs that read like a sentence of the section, which then count as items. A block that the
// last item needs and that is not indented is reported and taken for its own.
std::vector<Item> items_of(const Section& section, ParseContext& context);

// Whether the item holds a sentence of this section. Reports nothing.
bool reads_like_a_sentence(const Item& item, SectionKind section, const Source& source);

// Whether the item's sentence ends with a colon, and nothing stands behind it yet.
bool announces_block(const Item& item);

// The tokens of the item's sentence; empty, and reported, when it has none, and empty when the
// report is full. `alone`: nothing else may stand in the item.
std::vector<Token> sentence_of(const Item& item, SectionKind section, bool alone,
                               ParseContext& context);

// The form that the tokens fit; else nothing, and the mistake is reported.
std::optional<FormMatch> understand(SectionKind section, const std::vector<Token>& tokens,
                                    std::size_t first, ParseContext& context);

// The field of a condition or extraction as the data model writes it ("subject", "json:order.id");
// nothing, and reported, when it is a malformed JSON path.
std::optional<std::string> field_of(const Capture& capture, const std::vector<Token>& tokens,
                                    ParseContext& context);

// The length of time that a Slot::Duration holds, in milliseconds; nothing when its number is none
// that one can count with.
std::optional<std::int64_t> duration_of(const Capture& capture, const std::vector<Token>& tokens);
// The whole number that a token holds; nothing when it is none, or is negative.
std::optional<std::int64_t> whole_number_of(const Token& token);

// The comparison of this field that the sentence states; nothing, and reported, when a part of it
// is wrong.
std::optional<TriggerCondition> comparison_of(const FormMatch& match,
                                              const std::vector<Token>& tokens, std::string field,
                                              ParseContext& context);

// Reports {{…}} in a text that is no template.
bool refuse_template(const Token& token, ParseContext& context);

}  // namespace msghub
