#include <algorithm>
#include <charconv>
#include <optional>

#include "base/utf8.h"
#include "mime/charset.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/text.h"

namespace msghub {

namespace {

constexpr std::size_t kParameterLimit = 100;
constexpr std::size_t kPieceLimit = 100;  // "name*99"
constexpr std::size_t kTextLimit = std::size_t{100} * 1024;

// One "name=value" as written, or one piece of it: "name*2*=…" has index 2 and is escaped.
struct Piece {
  std::string name;
  std::optional<std::size_t> index;
  bool escaped = false;
  std::string text;
};

// Text without comments; quoted strings stay as they are. Nesting is counted, not followed.
std::string without_comments(std::string_view text) {
  std::string out;
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() && (quoted || depth > 0)) {
      if (depth == 0) out.append(text.substr(i, 2));
      ++i;
    } else if (depth == 0 && c == '"') {
      quoted = !quoted;
      out += c;
    } else if (!quoted && c == '(') {
      ++depth;
    } else if (!quoted && c == ')' && depth > 0) {
      --depth;
    } else if (depth == 0) {
      out += c;
    }
  }
  return out;
}

// Takes the value after '=': a quoted string, or everything up to the next ';'.
std::string take_value(std::string_view& text) {
  std::string out;
  text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
  std::size_t end = 0;
  if (text.starts_with('"')) {
    for (end = 1; end < text.size() && text[end] != '"'; ++end) {
      // Only what needs it is escaped: "C:\file" keeps its backslash.
      const bool escape = text[end] == '\\' && end + 1 < text.size() &&
                          (text[end + 1] == '"' || text[end + 1] == '\\');
      if (escape) ++end;
      out += text[end];
    }
    end = text.find(';', std::min(end, text.size()));
  } else {
    end = text.find(';');
    out = trimmed(text.substr(0, end));
  }
  text.remove_prefix(std::min(end, text.size()));
  return out;
}

Piece take_piece(std::string_view& text) {
  Piece piece;
  const std::size_t end = std::min(text.find_first_of("=;"), text.size());
  std::string name = to_lower(trimmed(text.substr(0, end)));
  text.remove_prefix(end);
  if (!text.starts_with('=')) return piece;
  text.remove_prefix(1);
  piece.text = take_value(text);
  if (name.ends_with('*')) {
    piece.escaped = true;
    name.pop_back();
  }
  if (const std::size_t star = name.find('*'); star != std::string::npos) {
    std::size_t index = 0;
    const auto parsed = std::from_chars(name.data() + star + 1, name.data() + name.size(), index);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) return piece;
    piece.index = index;
    name.resize(star);
  }
  piece.name = std::move(name);
  return piece;
}

// "utf-8'en'na%C3%AFve": cuts the charset and the language off.
std::string take_charset(std::string& text) {
  const std::size_t first = text.find('\'');
  const std::size_t second = first == std::string::npos ? first : text.find('\'', first + 1);
  if (second == std::string::npos) return {};
  std::string charset = text.substr(0, first);
  text.erase(0, second + 1);
  return charset;
}

std::string decoded(std::string_view bytes, std::string_view charset, Notes& notes) {
  DecodedText out = decode_charset(bytes, charset, kTextLimit);
  if (!out.known_charset) notes.add("an unknown charset was read as UTF-8");
  return std::move(out.text);
}

// A value in RFC 2231's form: its pieces in order, up to the first that is missing.
std::optional<std::string> extended_value(const std::vector<Piece>& pieces, std::string_view name,
                                          Notes& notes) {
  std::vector<const Piece*> by_index(kPieceLimit, nullptr);
  const Piece* alone = nullptr;
  for (const Piece& piece : pieces) {
    if (piece.name != name) continue;
    if (piece.index && *piece.index < kPieceLimit && by_index[*piece.index] == nullptr)
      by_index[*piece.index] = &piece;
    if (!piece.index && piece.escaped && alone == nullptr) alone = &piece;
  }
  if (by_index[0] == nullptr) by_index = {alone};
  if (by_index[0] == nullptr) return std::nullopt;
  std::string charset;
  std::string bytes;
  for (const Piece* piece : by_index) {
    if (piece == nullptr) break;
    std::string text = piece->text;
    if (piece == by_index[0] && piece->escaped) charset = take_charset(text);
    bytes += piece->escaped ? decode_hex_escapes(text, '%') : text;
  }
  return decoded(bytes, charset, notes);
}

}  // namespace

std::string ParameterizedValue::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

ParameterizedValue parse_parameters(std::string_view unfolded_value, Notes& notes) {
  const std::string plain = without_comments(unfolded_value);
  std::string_view text = plain;
  ParameterizedValue out;
  const std::size_t end = std::min(text.find(';'), text.size());
  out.value = to_utf8(to_lower(trimmed(text.substr(0, end))));
  text.remove_prefix(end);

  std::vector<Piece> pieces;
  while (text.starts_with(';')) {
    text.remove_prefix(1);
    if (pieces.size() == kParameterLimit) {
      notes.add("a header has more than 100 parameters; the rest was left out");
      break;
    }
    Piece piece = take_piece(text);
    if (!piece.name.empty()) pieces.push_back(std::move(piece));
  }
  for (const Piece& piece : pieces) {
    if (out.parameters.contains(piece.name)) continue;
    if (auto extended = extended_value(pieces, piece.name, notes)) {
      out.parameters.emplace(piece.name, std::move(*extended));
    } else if (!piece.index) {
      // Encoded words have no place here, and yet many mails have them.
      out.parameters.emplace(piece.name, decode_words(piece.text, notes));
    }
  }
  return out;
}

}  // namespace msghub
