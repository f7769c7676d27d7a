#pragma once

#include <optional>
#include <string>

#include "rule/forms.h"
#include "rule/scan.h"

namespace msghub {

// What a heading stands for.
struct HeadingMeaning {
  const SectionName* section = nullptr;  // of section_names(); null: prose, or the rule's title
  bool near_miss = false;  // only so near to the section's name that it is taken for it: a mistake
  std::string text;        // the heading in one line, single spaces
  std::string rest;        // near miss of Example: from the colon on
};

// The level does not count, but that a level-1 heading is no near miss. `piece` is a heading.
HeadingMeaning meaning_of_heading(const Piece& piece);

// The section that people call so as well ("Actions"), null when there is none. Alone it says
// nothing: a heading of prose may have this name.
const SectionName* other_word_for(const Piece& heading);

// What a paragraph of one line says that is marked like a heading: "##When", "**When**".
std::optional<Excerpt> marked_as_heading(const Excerpt& paragraph);

}  // namespace msghub
