#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msghub {

std::string lower_ascii(std::string_view text);
std::string_view trim(std::string_view text);  // spaces, tabs and line ends at both ends

// Inserted, deleted, changed and swapped characters between the two, or `limit` + 1 if more.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

// The candidate that `word` most likely stands for: at most two slips, one in short words, none in
// words of one or two letters. Case does not count. Empty when nothing is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// Whether `seen` can only be a slip of `meant`, so that a machine may write it. A word that is one
// letter off another may be a word of its own (line and link, date and data, price1 and price2):
// such a word is worth a suggestion, never a fix. Of paths, only the parts that differ count.
bool is_sure_slip(std::string_view seen, std::string_view meant);

}  // namespace msghub
