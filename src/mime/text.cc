#include "mime/text.h"

#include <cstdint>

#include "base/utf8.h"

namespace msghub {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// U+202A to U+202E and U+2066 to U+2069, which reorder the text that a person sees: their last
// two hexadecimal digits, else nothing.
std::string_view bidi_control(std::string_view text) {
  static constexpr std::string_view kNames[] = {"2A", "2B", "2C", "2D", "2E",
                                                "66", "67", "68", "69"};
  if (text.size() < 3 || text[0] != '\xE2') return {};
  const auto last = static_cast<unsigned char>(text[2]);
  if (text[1] == '\x80' && last >= 0xAA && last <= 0xAE) return kNames[last - 0xAA];
  if (text[1] == '\x81' && last >= 0xA6 && last <= 0xA9) return kNames[last - 0xA6 + 5];
  return {};
}

// Copies `text`; `on_control` writes what stands for an ASCII control character at a position.
template <class OnControl>
std::string cleaned(std::string_view text, Notes& notes, OnControl on_control) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\0') {
      out += "\xE2\x90\x80";
      notes.add("NUL bytes are shown as U+2400");
    } else if (is_control(c)) {
      on_control(i, out);
    } else if (const std::string_view bidi = bidi_control(text.substr(i)); !bidi.empty()) {
      out.append("\\u{20").append(bidi).append("}");
      notes.add("characters that reverse the direction of text are shown as \\u{…}");
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string clean_line(std::string_view text, Notes& notes) {
  return cleaned(text, notes, [](std::size_t, std::string& out) { out += ' '; });
}

std::string clean_text(std::string_view text, Notes& notes) {
  return cleaned(text, notes, [text](std::size_t i, std::string& out) {
    if (text[i] != '\r')
      out += text[i];
    else if (i + 1 == text.size() || text[i + 1] != '\n')
      out += '\n';
  });
}

std::string clean_filename(std::string_view name, Notes& notes) {
  name.remove_prefix(name.find_last_of("/\\") + 1);
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!bidi_control(name.substr(i)).empty()) {
      notes.add("characters that reverse the direction of text were taken out of a file name");
      i += 2;
    } else if (!is_control(name[i])) {
      out += name[i];
    }
  }
  const std::string_view kept = trimmed(cut_utf8(out, 255));
  return kept == "." || kept == ".." ? "" : std::string(kept);
}

std::string join_flowed(std::string_view text, bool delete_space) {
  std::string out;
  out.reserve(text.size());
  std::size_t open_depth = 0;  // quote depth of the paragraph that the last line left open
  bool open = false;
  while (!text.empty()) {
    const bool ends_with_lf = text.find('\n') != std::string_view::npos;
    std::string_view line = take_line(text);
    std::size_t depth = 0;
    while (depth < line.size() && line[depth] == '>') ++depth;
    line.remove_prefix(depth);
    if (line.starts_with(' ')) line.remove_prefix(1);  // space-stuffing
    if (open && depth != open_depth) {
      out += '\n';
      open = false;
    }
    if (!open && depth > 0) out.append(depth, '>').append(" ");
    const bool flows = line.ends_with(' ') && line != "-- " && ends_with_lf;
    open_depth = depth;
    open = flows;
    if (flows && delete_space) line.remove_suffix(1);
    out += line;
    if (!flows && ends_with_lf) out += '\n';
  }
  return out;
}

}  // namespace msghub
