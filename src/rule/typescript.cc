#include "rule/typescript.h"

#include <re2/re2.h>

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

std::string string_literal(std::string_view text) {
  const auto singles = std::count(text.begin(), text.end(), '\'');
  const char mark = singles > std::count(text.begin(), text.end(), '"') ? '"' : '\'';
  return mark + escaped(text, mark) + mark;
}

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

std::string number_literal(std::string_view text) {
  const std::size_t exponent = std::min(text.find_first_of("eE"), text.size());
  std::string out(text.substr(0, exponent));
  if (out.contains('.')) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.ends_with('.')) out.pop_back();
  }
  if (exponent == text.size()) return out;
  std::string_view power = text.substr(exponent + 1);
  if (power.starts_with('+')) power.remove_prefix(1);
  return out + "e" + std::string(power);
}

bool is_bare_key(std::string_view text) {
  // Identifiers of ECMAScript 5: what every editor and formatter takes for one.
  static const re2::RE2 kIdentifier(
      "[$_\\p{L}\\p{Nl}][$_\\p{L}\\p{Nl}\\p{Mn}\\p{Mc}\\p{Nd}\\p{Pc}]*");
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint here = code_point_at(text, at);
    if (here.value > 0xFFFF) return false;
    at += here.size;
  }
  // As a plain key, __proto__ would set the object's prototype.
  return text != "__proto__" && re2::RE2::FullMatch(text, kIdentifier);
}

}  // namespace msghub::typescript
