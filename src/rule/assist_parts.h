#pragma once

#include "rule/assist.h"
#include "rule/ast.h"
#include "rule/forms.h"
#include "rule/scan.h"
#include "rule/words.h"

namespace msghub {

// A text as the parser reads it, mistakes and all.
struct Analysis {
  Source source;
  std::vector<Piece> pieces;
  RuleTree tree;
};

// Nothing for what is no text, or too much of it. The result points into `markdown`.
std::optional<Analysis> analyse(std::string_view markdown);

// Where in the document an offset stands.
struct Place {
  std::optional<SectionKind> section;
  const Piece* piece = nullptr;  // the one on this line, or the last one above it
  const Item* item = nullptr;    // of a list in a section
  std::size_t line = 1;
};
Place place_of(const Analysis& analysis, std::size_t offset);

// The block of the item on this line; null when it has none there.
const Block* block_at(const Item& item, const Source& source, std::size_t line);

// Tokens without reports.
std::vector<Token> quiet_tokens(const Excerpt& text, const Source& source);

// The sentences of a document are in sections; When and Or when have the same ones.
inline SectionKind sentences_of(SectionKind section) {
  return section == SectionKind::OrWhen ? SectionKind::When : section;
}

// The part of the text up to this place in the file.
Excerpt up_to(const Excerpt& text, std::size_t offset);

}  // namespace msghub
