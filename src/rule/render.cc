#include <algorithm>
#include <array>

#include "rule/compile.h"
#include "rule/source.h"

namespace msghub {

namespace {

constexpr std::size_t kMostShown = 20;
constexpr std::size_t kWidth = 100;  // columns of an excerpt

// Ranges of characters that a terminal shows two columns wide, and of those that take none.
struct Range {
  char32_t first;
  char32_t last;
};
constexpr auto kWide = std::to_array<Range>(
    {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
     {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26A1, 0x26A1},   {0x26BD, 0x26BE},
     {0x2705, 0x2705},   {0x2728, 0x2728},   {0x274C, 0x274C},   {0x2753, 0x2757},
     {0x2B50, 0x2B50},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
     {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
     {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
     {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF},
     {0x20000, 0x3FFFD}});
constexpr auto kNarrowless = std::to_array<Range>({{0x0300, 0x036F},
                                                   {0x0483, 0x0489},
                                                   {0x0591, 0x05BD},
                                                   {0x0610, 0x061A},
                                                   {0x064B, 0x065F},
                                                   {0x1AB0, 0x1AFF},
                                                   {0x1DC0, 0x1DFF},
                                                   {0x200B, 0x200F},
                                                   {0x20D0, 0x20FF},
                                                   {0xFE00, 0xFE0F},
                                                   {0xFE20, 0xFE2F},
                                                   {0xE0100, 0xE01EF}});

template <std::size_t N>
bool within(char32_t c, const std::array<Range, N>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](Range r) { return c >= r.first && c <= r.last; });
}

// Would move the cursor, ring, or turn the reading direction.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

struct Cell {
  std::string text;
  std::size_t width;
  std::size_t offset;  // in the line
};

std::vector<Cell> cells_of(std::string_view line) {
  std::vector<Cell> out;
  std::size_t column = 0;
  for (std::size_t at = 0; at < line.size();) {
    const auto [c, size] = code_point_at(line, at);
    Cell cell{std::string(line.substr(at, size)), 1, at};
    if (c == '\t')
      cell = {std::string(4 - column % 4, ' '), 4 - column % 4, at};
    else if (is_control(c))
      cell.text = "\u00B7";
    else if (within(c, kWide))
      cell.width = 2;
    else if (within(c, kNarrowless))
      cell.width = 0;
    column += cell.width;
    at += size;
    out.push_back(std::move(cell));
  }
  return out;
}

// Text of ours and of the author's that a terminal may be shown.
std::string safe(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto [c, size] = code_point_at(text, at);
    if (is_control(c))
      out += "\u00B7";
    else
      out += text.substr(at, size);
    at += size;
  }
  return out;
}

class Renderer {
 public:
  Renderer(std::string_view markdown, const std::string& file, bool colour)
      : valid_(first_invalid(markdown) == std::string_view::npos),
        source_(markdown),
        file_(safe(file)),
        colour_(colour) {}

  std::string run(const std::vector<Diagnostic>& diagnostics) {
    std::size_t errors = 0, warnings = 0;
    for (const Diagnostic& diagnostic : diagnostics)
      ++(diagnostic.severity == Severity::Error ? errors : warnings);
    for (std::size_t i = 0; i < diagnostics.size() && i < kMostShown; ++i) one(diagnostics[i]);
    if (diagnostics.size() > kMostShown)
      out_ += "… and " + std::to_string(diagnostics.size() - kMostShown) + " more\n\n";
    if (!diagnostics.empty()) out_ += file_ + ": " + summary(errors, warnings) + "\n";
    return std::move(out_);
  }

 private:
  static std::string count(std::size_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
  }
  static std::string summary(std::size_t errors, std::size_t warnings) {
    if (warnings == 0) return count(errors, "error");
    if (errors == 0) return count(warnings, "warning");
    return count(errors, "error") + ", " + count(warnings, "warning");
  }
  std::string paint(const char* code, const std::string& text) const {
    return colour_ ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  }

  void one(const Diagnostic& diagnostic) {
    const bool error = diagnostic.severity == Severity::Error;
    const char* hue = error ? "1;31" : "1;33";
    const std::string number = std::to_string(diagnostic.start.line);
    const std::string margin(number.size(), ' ');
    out_ += paint(hue, std::string(wire_name(diagnostic.severity)) + "[" + diagnostic.code + "]") +
            paint("1", ": " + safe(diagnostic.message)) + "\n";
    out_ += margin + paint("1;34", "--> ") + file_ + ":" + number + ":" +
            std::to_string(diagnostic.start.column) + "\n";
    excerpt(diagnostic, number, margin, hue);
    if (diagnostic.help)
      out_ +=
          margin + paint("1;34", " = ") + paint("1", "help") + ": " + safe(*diagnostic.help) + "\n";
    for (const Fix& fix : diagnostic.fixes)
      out_ += margin + paint("1;34", " = ") + paint("1", "fix") + ": " + safe(fix.title) + "\n";
    out_ += "\n";
  }

  void excerpt(const Diagnostic& diagnostic, const std::string& number, const std::string& margin,
               const char* hue) {
    const auto line = static_cast<std::size_t>(std::max<std::int64_t>(diagnostic.start.line, 1));
    if (!valid_ || line > source_.line_count()) return;
    const std::size_t line_begin = source_.line_begin(line);
    const auto in_line = [&](std::int64_t offset) {
      const auto at = static_cast<std::size_t>(std::max<std::int64_t>(offset, 0));
      return std::clamp(at, line_begin, source_.line_end(line)) - line_begin;
    };
    const std::size_t begin = in_line(diagnostic.start.offset),
                      end = in_line(diagnostic.end.offset);
    std::size_t before = 0, marked = 0;
    const std::string text = window(cells_of(source_.line(line)), begin, end, before, marked);
    const std::string bar = paint("1;34", "|");
    out_ += margin + " " + bar + "\n";
    out_ += paint("1;34", number) + " " + bar + (text.empty() ? "" : " " + text) + "\n";
    const std::string carets = std::string(std::max<std::size_t>(marked, 1), '^') +
                               (diagnostic.label.empty() ? "" : " " + safe(diagnostic.label));
    out_ += margin + " " + bar + " " + std::string(before, ' ') + paint(hue, carets) + "\n";
    out_ += margin + " " + bar + "\n";
  }

  // The part of a long line around [begin, end), and where in it that stands, in columns.
  static std::string window(const std::vector<Cell>& cells, std::size_t begin, std::size_t end,
                            std::size_t& before, std::size_t& marked) {
    constexpr std::size_t kLead = 30;
    std::size_t column = 0, start = 0;
    for (const Cell& cell : cells) {
      if (cell.offset < begin) start += cell.width;
      column += cell.width;
    }
    const std::size_t skip = column > kWidth && start > kLead ? start - kLead : 0;
    std::string text = skip > 0 ? "…" : "";
    before = skip > 0 ? 1 : 0;
    column = 0;
    for (const Cell& cell : cells) {
      column += cell.width;
      if (column <= skip) continue;
      if (column > skip + kWidth) {
        text += "…";
        break;
      }
      if (cell.offset < begin)
        before += cell.width;
      else if (cell.offset < end)
        marked += cell.width;
      text += cell.text;
    }
    while (text.ends_with(' ')) text.pop_back();
    return text;
  }

  bool valid_;
  Source source_;
  std::string file_;
  bool colour_;
  std::string out_;
};

}  // namespace

std::string render_diagnostics(std::string_view markdown, const std::string& file_name,
                               const std::vector<Diagnostic>& diagnostics, bool colour) {
  return Renderer(markdown, file_name, colour).run(diagnostics);
}

}  // namespace msghub
