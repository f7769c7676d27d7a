#include "app/output.h"

#include <algorithm>
#include <cstdio>

namespace msghub {

namespace {

std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  for (unsigned char c : text) width += (c & 0xC0) != 0x80;
  return width;
}

}  // namespace

std::string harmless(std::string_view text, Lines lines) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool c1 = c == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F
    const bool kept = lines == Lines::Kept && (c == '\n' || c == '\t');
    if (c1) ++i;
    if (c1 || ((c < 0x20 || c == 0x7f) && !kept))
      out += ' ';
    else
      out += text[i];
  }
  return out;
}

std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> lines{headings};
  for (const auto& row : rows) {
    lines.emplace_back();
    for (const std::string& entry : row) lines.back().push_back(harmless(entry));
  }
  std::vector<std::size_t> widths(headings.size(), 0);
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], width_of(line[i]));
  std::string out;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      out += line[i];
      if (i + 1 < line.size()) out.append(widths[i] - width_of(line[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string shown_table(const std::string& name) {
  return name == "Users" ? "Users and audit" : name;  // the log's entries stand beside their user
}

void print_json(const json::value& value) {
  const std::string text = to_pretty_json(value) + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
}

std::string cell(const json::value& object, std::string_view member) {
  const json::value* value = object.as_object().if_contains(member);
  if (value == nullptr || value->is_null()) return "-";
  if (value->is_string()) return std::string(value->get_string());
  return to_json(*value);
}

}  // namespace msghub
