#include <algorithm>
#include <array>
#include <utility>

#include "rule/format_parts.h"
#include "rule/nearest.h"

namespace msghub {

namespace {

using Range = std::pair<char32_t, char32_t>;

// Combining marks, joiners and variation selectors.
constexpr auto kNoWidth = std::to_array<Range>({
    {0x0300, 0x036F},   {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},   {0x064B, 0x065F},
    {0x06D6, 0x06DC},   {0x0900, 0x0902}, {0x093C, 0x093C}, {0x0E34, 0x0E3A},   {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},   {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},   {0x20D0, 0x20FF},
    {0xFE00, 0xFE0F},   {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF}, {0xE0001, 0xE007F},
    {0xE0100, 0xE01EF},
});

// East Asian wide and full-width characters, and emoji.
constexpr auto kWide = std::to_array<Range>({
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},
    {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},
    {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},
    {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},   {0x26D4, 0x26D4},
    {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},   {0x26FA, 0x26FA},
    {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},
    {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},   {0x2757, 0x2757},
    {0x2795, 0x2797},   {0x27B0, 0x27B0},   {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},
    {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x18AFF}, {0x1B000, 0x1B2FF}, {0x1F004, 0x1F004},
    {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F265},
    {0x1F300, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393},
    {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4},
    {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D},
    {0x1F54B, 0x1F567}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4},
    {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2},
    {0x1F6D5, 0x1F6DF}, {0x1F6EB, 0x1F6EC}, {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7F0},
    {0x1F90C, 0x1F93A}, {0x1F93C, 0x1F945}, {0x1F947, 0x1F9FF}, {0x1FA70, 0x1FAFF},
    {0x20000, 0x3FFFD},
});

bool within(const auto& ranges, char32_t c) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), c,
                       [](char32_t value, const Range& r) { return value < r.first; });
  return after != ranges.begin() && c <= std::prev(after)->second;
}

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kEmojiSelector = 0xFE0F;

enum class Align { None, Left, Center, Right };

struct Column {
  std::size_t width = 3;
  Align align{};
};

std::vector<std::string_view> cells_of(std::string_view row) {
  std::vector<std::string_view> out;
  row = trim(row);
  if (row.starts_with('|')) row.remove_prefix(1);
  if (row.ends_with('|') && !row.ends_with("\\|")) row.remove_suffix(1);
  std::size_t from = 0;
  for (std::size_t at = 0; at < row.size(); ++at) {
    if (row[at] == '\\' && at + 1 < row.size() && row[at + 1] == '|')
      ++at;
    else if (row[at] == '|') {
      out.push_back(trim(row.substr(from, at - from)));
      from = at + 1;
    }
  }
  out.push_back(trim(row.substr(from)));
  return out;
}

Align align_of(std::string_view cell) {
  const bool left = cell.starts_with(':'), right = cell.ends_with(':');
  if (left && right) return Align::Center;
  return left ? Align::Left : right ? Align::Right : Align::None;
}

std::string delimiter(const Column& column) {
  const bool left = column.align == Align::Left || column.align == Align::Center;
  const bool right = column.align == Align::Right || column.align == Align::Center;
  std::string out(column.width, '-');
  if (left) out.front() = ':';
  if (right) out.back() = ':';
  return out;
}

std::string padded(std::string_view cell, const Column& column) {
  const std::size_t free = column.width - display_width(cell);
  const std::size_t before = column.align == Align::Right    ? free
                             : column.align == Align::Center ? free / 2
                                                             : 0;
  return std::string(before, ' ') + std::string(cell) + std::string(free - before, ' ');
}

}  // namespace

std::size_t display_width(std::string_view text) {
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::ranges::all_of(text, ascii)) return text.size();
  std::size_t width = 0;
  char32_t before = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint here = code_point_at(text, at);
    at += here.size;
    const bool emoji =
        at < text.size() && code_point_at(text, at).value == kEmojiSelector && here.value > 0x7F;
    const bool joined = before == kJoiner || within(kNoWidth, here.value);
    if (!joined) width += emoji || within(kWide, here.value) ? 2 : 1;
    before = here.value;
  }
  return width;
}

std::optional<Lines> aligned_table(const std::vector<std::string_view>& rows) {
  if (rows.size() < 2) return std::nullopt;
  std::vector<std::vector<std::string_view>> cells;
  for (const std::string_view row : rows) cells.push_back(cells_of(row));
  const std::size_t count = cells.front().size();
  std::vector<Column> columns(count);
  for (std::size_t row = 0; row < cells.size(); ++row) {
    if (cells[row].size() != count) return std::nullopt;
    for (std::size_t at = 0; at < count; ++at) {
      if (row == 1)
        columns[at].align = align_of(cells[row][at]);
      else
        columns[at].width = std::max(columns[at].width, display_width(cells[row][at]));
    }
  }
  Lines out;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    std::string line = "|";
    for (std::size_t at = 0; at < count; ++at) {
      line += ' ';
      line += row == 1 ? delimiter(columns[at]) : padded(cells[row][at], columns[at]);
      line += " |";
    }
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace msghub
