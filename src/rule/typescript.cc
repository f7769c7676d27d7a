#include "rule/typescript.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "rule/source.h"

namespace msghub::typescript {

namespace {

// Words that strict mode does not let a variable be called.
constexpr auto kReserved = std::to_array<std::string_view>(
    {"Infinity",  "NaN",      "arguments", "await",      "break",   "case",    "catch",
     "class",     "const",    "continue",  "debugger",   "default", "delete",  "do",
     "else",      "enum",     "eval",      "export",     "extends", "false",   "finally",
     "for",       "function", "if",        "implements", "import",  "in",      "instanceof",
     "interface", "let",      "new",       "null",       "package", "private", "protected",
     "public",    "return",   "static",    "super",      "switch",  "this",    "throw",
     "true",      "try",      "typeof",    "undefined",  "var",     "void",    "while",
     "with",      "yield"});

// Characters that end a line, are not seen, or turn the reading direction: code must show them.
bool is_hidden(char32_t c) {
  return (c < 0x20 && c != '\n') || (c >= 0x7F && c <= 0xA0) || c == 0xAD || c == 0x61C ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE0FFF);
}

std::string hidden(char32_t c) {
  char out[16];
  if (c == '\t') return "\\t";
  if (c == '\r') return "\\r";
  if (c < 0x100)
    std::snprintf(out, sizeof out, "\\x%02x", static_cast<unsigned>(c));
  else if (c < 0x10000)
    std::snprintf(out, sizeof out, "\\u%04x", static_cast<unsigned>(c));
  else
    std::snprintf(out, sizeof out, "\\u{%x}", static_cast<unsigned>(c));
  return out;
}

// `mark` is the quote that must be escaped, with $ before { for a template.
std::string escaped(std::string_view text, char mark) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto [c, size] = code_point_at(text, at);
    const std::string_view rest = text.substr(at);
    if (c == '\\' || c == static_cast<char32_t>(mark))
      (out += '\\') += static_cast<char>(c);
    else if (mark == '`' && rest.starts_with("${"))
      out += "\\$";
    // A page that shows the code inside <script> must not end there.
    else if (c == '<' && (rest.starts_with("</") || rest.starts_with("<!--")))
      out += "\\x3c";
    else if (c == '\n' && mark != '`')
      out += "\\n";
    else if (is_hidden(c))
      out += hidden(c);
    else
      out += text.substr(at, size);
    at += size;
  }
  return out;
}

}  // namespace

std::string string_literal(std::string_view text) { return "'" + escaped(text, '\'') + "'"; }

std::string template_part(std::string_view text) {
  std::string out = escaped(text, '`');
  // A $ at the end would meet the ${ of the value that follows; "$${" is a $ and a value, but only
  // a reader who knows that sees it.
  if (out.ends_with('$') && !out.ends_with("\\$")) out.insert(out.size() - 1, 1, '\\');
  return out;
}

bool is_reserved_word(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

std::string group(std::string_view open, const std::vector<std::string>& items,
                  std::string_view close, std::size_t indent, std::size_t before) {
  constexpr std::size_t kWidth = 100;
  if (items.empty()) return std::string(open) + std::string(close);
  const bool braces = open.ends_with('{');
  std::string line(open);
  bool one_line = true;
  for (std::size_t i = 0; i < items.size() && one_line; ++i) {
    line += i > 0 ? ", " : braces ? " " : "";
    line += items[i];
    one_line = !items[i].contains('\n') && indent + before + line.size() + 2 <= kWidth;
  }
  if (one_line) return line + (braces ? " " : "") + std::string(close);
  std::string out = std::string(open) + "\n";
  for (const std::string& item : items) out += std::string(indent + 2, ' ') + item + ",\n";
  return out + std::string(indent, ' ') + std::string(close);
}

}  // namespace msghub::typescript
