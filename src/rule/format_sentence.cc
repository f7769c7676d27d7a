#include <algorithm>

#include "rule/format_parts.h"
#include "rule/nearest.h"
#include "rule/template.h"
#include "rule/words.h"

namespace msghub {

namespace {

std::vector<Token> tokens_of(std::string_view text) {
  const Source source(text);
  Report nobody(source);
  Excerpt whole;
  whole.append(text, 0);
  return words_of(whole, nobody);
}

bool same(const Token& a, const Token& b) {
  return a.kind == b.kind && a.value == b.value && a.content.text() == b.content.text() &&
         a.in_code == b.in_code && a.pattern_flags == b.pattern_flags;
}

bool is_mark(const Token& token, std::string_view marks) {
  return token.kind == Token::Kind::Mark && marks.contains(token.value);
}

// The text between straight quotation marks. What stands in {{…}} keeps its own.
std::string quoted(const std::string& value) {
  std::string out = "\"";
  for (std::size_t at = 0; at < value.size(); ++at) {
    const bool opens = std::string_view(value).substr(at).starts_with("{{");
    const std::size_t end = opens ? end_of_reference(value, at) : std::string::npos;
    if (end != std::string::npos) {
      out += value.substr(at, end - at);
      at = end - 1;
      continue;
    }
    const char c = value[at];
    const bool before_mark =
        at + 1 == value.size() || value[at + 1] == '"' || value[at + 1] == '\\';
    if (c == '"' || (c == '\\' && before_mark)) out += '\\';
    out += c;
  }
  return out + '"';
}

std::string written(const Token& token, std::string_view text) {
  const std::string_view raw = text.substr(token.span.begin, token.span.end - token.span.begin);
  if (token.kind == Token::Kind::Text && !raw.starts_with('"')) return quoted(token.content.text());
  return std::string(raw);
}

bool space_between(const std::vector<Token>& tokens, std::size_t at) {
  const Token& before = tokens[at - 1];
  const Token& token = tokens[at];
  if (is_mark(token, ",:;.)") || is_mark(before, "(")) return false;
  if (is_mark(token, "(")) return true;
  const bool behind_name = at == 2 && tokens[0].kind == Token::Kind::Word && is_mark(before, ":");
  return behind_name || is_mark(before, ",") || before.span.end < token.span.begin;
}

// `tidy`: spaces as a typist sets them around marks; else single ones where there were some.
std::string joined(const std::vector<Token>& tokens, std::string_view text, bool tidy) {
  std::string out;
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    const Token& token = tokens[at];
    const bool space =
        at > 0 && (tidy ? space_between(tokens, at) : tokens[at - 1].span.end < token.span.begin);
    if (space) out += ' ';
    if (tidy)
      out += written(token, text);
    else
      out += text.substr(token.span.begin, token.span.end - token.span.begin);
  }
  // The full stop or semicolon that is no token.
  out += trim(text.substr(tokens.back().span.end));
  return out;
}

// Whether a further line, once moved to the margin, may be more than a part of the paragraph.
bool begins_a_block(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at)) {
    ++at;
    if (at < text.size() && std::string_view("#>-+*=|~`<_0123456789").contains(text[at]))
      return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> canonical_sentence(const Excerpt& sentence, bool tidy) {
  const std::string_view text = sentence.text();
  const std::vector<Token> tokens = tokens_of(text);
  const bool whole = std::none_of(tokens.begin(), tokens.end(), [](const Token& token) {
    return token.kind == Token::Kind::Broken;
  });
  if (tokens.empty() || !whole) return std::nullopt;
  for (const bool tidily : {true, false}) {
    if (tidily && !tidy) continue;
    std::string out = joined(tokens, text, tidily);
    const std::vector<Token> again = tokens_of(out);
    if (begins_a_block(out)) return std::nullopt;
    if (std::equal(tokens.begin(), tokens.end(), again.begin(), again.end(), same)) return out;
  }
  return std::nullopt;
}

}  // namespace msghub
