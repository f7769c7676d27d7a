#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rule/scan.h"

namespace msghub {

// The parts of the formatter.

using Lines = std::vector<std::string>;

// A sentence with single spaces and straight quotation marks, in one line but for line ends within
// its texts; nothing when it would not be read as the same words. Without `tidy`, for bare text,
// spaces neither come nor go around marks.
std::optional<std::string> canonical_sentence(const Excerpt& sentence, bool tidy = true);

// The rows of a table (its delimiter row among them) with aligned columns; nothing when they have
// not all the same number of cells.
std::optional<Lines> aligned_table(const std::vector<std::string_view>& rows);

// Columns that the text takes on a screen: 2 for wide characters and emoji, 0 for combining marks.
std::size_t display_width(std::string_view text);

// A closed fence, with marks of backticks that nothing within it can be taken for.
Lines canonical_fence(const Block& fence, const Source& source);

Lines canonical_quote(const Block& quote);

// All that the parser can see in the pieces, and the prose between them, as text to be compared.
std::string reading_of(const std::vector<Piece>& pieces, const Source& source);

}  // namespace msghub
