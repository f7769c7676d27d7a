#include "rule/assist.h"

#include <algorithm>

#include "rule/assist_parts.h"
#include "rule/assist_values.h"
#include "rule/headings.h"
#include "rule/nearest.h"
#include "rule/parse.h"

namespace msghub {

namespace {

constexpr std::size_t kMostBytes = std::size_t{1024} * 1024;

class Outliner {
 public:
  explicit Outliner(const Analysis& analysis) : source_(analysis.source) {
    for (const Piece& piece : analysis.pieces) take(piece);
    close(source_.bytes().size());
  }
  std::vector<Symbol> result() { return std::move(out_); }

 private:
  void take(const Piece& piece) {
    if (piece.kind == Piece::Kind::List && in_section_) {
      for (const Item& item : piece.items) this->item(item);
      return;
    }
    if (piece.kind != Piece::Kind::Heading) return;
    const HeadingMeaning meaning = meaning_of_heading(piece);
    if (meaning.section == nullptr && piece.level > 2) return;
    close(piece.span.begin);
    const bool title = meaning.section == nullptr && piece.level == 1;
    if (meaning.section == nullptr && !title) return;
    Symbol symbol;
    symbol.name = in_short(meaning.text);
    if (symbol.name.empty()) return;
    symbol.range = symbol.selection = piece.span;
    symbol.kind = title ? Symbol::Kind::Rule : Symbol::Kind::Section;
    if (!title) {
      section_ = meaning.section->kind;
      if (section_ == SectionKind::Example) symbol.kind = Symbol::Kind::Example;
      in_section_ = true;
      steps_ = 0;
    }
    out_.push_back(std::move(symbol));
  }

  // Ends the section at hand.
  void close(std::size_t end) {
    if (in_section_) out_.back().range.end = std::max(out_.back().range.end, end);
    in_section_ = false;
  }

  void item(const Item& item) {
    if (item.blocks.empty() || item.blocks.front().kind != Block::Kind::Paragraph) return;
    const Excerpt& sentence = item.blocks.front().text;
    Symbol symbol;
    symbol.name = in_short(sentence.text());
    symbol.selection = sentence.span();
    symbol.range = {item.span.begin, symbol.selection.end};
    symbol.range.end = std::max(symbol.range.end, item.blocks.back().span.end);
    symbol.kind = Symbol::Kind::Condition;
    if (section_ == SectionKind::Do) {
      symbol.kind = Symbol::Kind::Step;
      symbol.name = std::to_string(++steps_) + ". " + symbol.name;
    } else if (section_ == SectionKind::Extract) {
      symbol.kind = Symbol::Kind::Value;
      const std::size_t colon = symbol.name.find(':');
      if (colon != std::string::npos && colon > 0) {
        symbol.detail = trim(std::string_view(symbol.name).substr(colon + 1));
        symbol.name = trim(std::string_view(symbol.name).substr(0, colon));
        symbol.selection = sentence.span(0, std::min(colon, sentence.size()));
      }
    }
    if (!symbol.name.empty()) out_.back().children.push_back(std::move(symbol));
  }

  const Source& source_;
  std::vector<Symbol> out_;
  bool in_section_ = false;
  SectionKind section_{};
  std::size_t steps_ = 0;
};

std::size_t line_start_before(std::string_view text, std::size_t at) {
  const std::size_t end = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return end == std::string_view::npos ? 0 : end + 1;
}

}  // namespace

std::optional<Analysis> analyse(std::string_view markdown) {
  if (markdown.size() > kMostBytes || first_invalid(markdown) != std::string_view::npos)
    return std::nullopt;
  Analysis out{Source(markdown), {}, {}};
  Report nobody(out.source);
  std::optional<std::vector<Piece>> pieces = scan(out.source, nobody);
  if (!pieces) return std::nullopt;
  out.pieces = std::move(*pieces);
  out.tree = parse(out.pieces, out.source, nobody);
  return out;
}

Place place_of(const Analysis& analysis, std::size_t offset) {
  Place out;
  out.line = analysis.source.line_of(offset);
  const auto line = static_cast<std::int64_t>(out.line);
  for (const Piece& piece : analysis.pieces) {
    if (piece.line > line) break;
    out.piece = &piece;
    if (piece.kind != Piece::Kind::Heading) continue;
    const HeadingMeaning meaning = meaning_of_heading(piece);
    if (meaning.section != nullptr)
      out.section = meaning.section->kind;
    else if (piece.level <= 2)
      out.section.reset();
  }
  if (!out.section || out.piece->kind != Piece::Kind::List) return out;
  for (const Item& item : out.piece->items)
    if (item.line <= line) out.item = &item;
  return out;
}

const Block* block_at(const Item& item, const Source& source, std::size_t line) {
  const Block* found = nullptr;
  for (const Block& block : item.blocks)
    if (source.line_of(block.span.begin) <= line) found = &block;
  return found;
}

std::vector<Token> quiet_tokens(const Excerpt& text, const Source& source) {
  Report nobody(source);
  return words_of(text, nobody);
}

Excerpt up_to(const Excerpt& text, std::size_t offset) {
  std::size_t low = 0, high = text.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (text.offset_of(middle) < offset)
      low = middle + 1;
    else
      high = middle;
  }
  return text.part(0, low);
}

std::vector<Symbol> outline(std::string_view markdown) {
  const std::optional<Analysis> analysis = analyse(markdown);
  if (!analysis) return {};
  return Outliner(*analysis).result();
}

std::vector<CodeAction> code_actions(Span range, const std::vector<Diagnostic>& diagnostics) {
  std::vector<CodeAction> out;
  for (std::size_t at = 0; at < diagnostics.size(); ++at) {
    const Diagnostic& diagnostic = diagnostics[at];
    const auto begin = static_cast<std::size_t>(diagnostic.start.offset);
    const auto end = static_cast<std::size_t>(diagnostic.end.offset);
    if (begin > range.end || range.begin > end) continue;
    for (const Fix& fix : diagnostic.fixes) {
      const Span place{static_cast<std::size_t>(fix.start.offset),
                       static_cast<std::size_t>(fix.end.offset)};
      out.push_back({fix.title, at, {place, fix.replacement}});
    }
  }
  return out;
}

std::optional<TextEdit> line_edit(std::string_view before, std::string_view after) {
  if (before == after) return std::nullopt;
  const std::size_t most = std::min(before.size(), after.size());
  std::size_t same = 0;
  while (same < most && before[same] == after[same]) ++same;
  const std::size_t begin = line_start_before(before, same);
  std::size_t tail = 0;
  while (tail < most - begin && before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  // Up to the beginning of a line that both have, as far as their equal ends reach.
  const std::size_t next = before.find('\n', before.size() - tail);
  if (tail == 0 || next == std::string_view::npos)
    tail = 0;
  else
    tail = before.size() - (next + 1);
  TextEdit out;
  out.range = {begin, before.size() - tail};
  out.text = after.substr(begin, after.size() - tail - begin);
  return out;
}

}  // namespace msghub
