// What all sections share: their items and their sentences.
#include <algorithm>

#include "rule/miss_reporter.h"
#include "rule/nearest.h"
#include "rule/sections.h"
#include "rule/step_parts.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

bool is_block_of_a_step(const Block& block) {
  return block.kind == Block::Kind::Fence || block.kind == Block::Kind::Quote ||
         block.kind == Block::Kind::Table;
}

// Tokens of text that may be prose, so that nothing is reported about it.
std::vector<Token> quiet_words(const Excerpt& text, const Source& source) {
  Report nobody(source);
  return words_of(text, nobody);
}

bool reads_like_a_sentence(SectionKind section, const std::vector<Token>& tokens) {
  if (section == SectionKind::OrWhen) section = SectionKind::When;
  std::size_t first = 0;
  if (section == SectionKind::Extract) {
    const bool named = tokens.size() > 2 && tokens[0].kind == Token::Kind::Word &&
                       tokens[1].value == ":" && tokens[1].kind == Token::Kind::Mark;
    if (!named) return false;
    first = 2;
  }
  if (section != SectionKind::Do) return match_forms(section, tokens, first).match.has_value();
  const std::vector<Token> step(
      tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(cut_options(tokens).form));
  return match_forms(section, step).match.has_value();
}

// Marks that look like those of a list and are none to Markdown: •, a dash without a space, …
std::size_t size_of_false_mark(std::string_view line) {
  constexpr std::string_view kMarks[] = {"\u2022", "\u00B7", "\u2023", "\u25AA", "\u25CF", "\u2013",
                                         "\u2014", "\u2212", "-",      "*",      "+"};
  for (const std::string_view mark : kMarks) {
    if (!line.starts_with(mark) || line.substr(mark.size()).starts_with(mark)) continue;
    std::size_t size = mark.size();
    while (line.substr(size).starts_with("\u00A0")) size += std::string_view("\u00A0").size();
    while (size < line.size() && (line[size] == ' ' || line[size] == '\t')) ++size;
    return size;
  }
  return 0;
}

// A paragraph with lines that should be list items: one report with one fix for all of them. The
// lines become items nevertheless, so that what they say is not missed elsewhere.
std::vector<Item> items_in_prose(const Block& block, SectionKind section, ParseContext& context) {
  struct Line {
    Excerpt text;
    Excerpt sentence;
    bool marked;
    bool fits;
  };
  std::vector<Line> lines;
  const std::string_view text = block.text.text();
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::size_t mark = size_of_false_mark(text.substr(begin, end - begin));
    const Excerpt sentence = block.text.part(begin + mark, end);
    lines.push_back({block.text.part(begin, end), sentence, mark > 0,
                     !sentence.empty() &&
                         reads_like_a_sentence(section, quiet_words(sentence, context.source))});
    begin = end + 1;
  }
  const auto first = std::find_if(lines.begin(), lines.end(), [](const Line& l) { return l.fits; });
  if (first == lines.end()) return {};
  const std::string list_mark = section == SectionKind::Do ? "1. " : "- ";
  std::vector<Item> items;
  std::string replacement;
  Span replaced = first->text.span();
  for (const Line& line : lines) {
    if (!line.fits && !(line.marked && first->marked)) continue;
    const Span span = line.text.span();
    if (items.empty()) replaced.begin = span.begin;
    replacement += context.source.text({items.empty() ? span.begin : replaced.end, span.begin});
    replacement += list_mark + line.sentence.text();
    replaced.end = span.end;
    Item item;
    item.span = span;
    item.line = static_cast<std::int64_t>(context.source.line_of(span.begin));
    Block words;
    words.kind = Block::Kind::Paragraph;
    words.span = line.sentence.span();
    words.text = line.sentence;
    item.blocks.push_back(std::move(words));
    items.push_back(std::move(item));
  }
  context.report.add(first->text.span(), wording::not_a_list_item(list_mark, first->marked))
      .fix(items.size() == 1 ? "make it a list item" : "make them list items", replaced,
           replacement);
  return items;
}

Span first_line(const Block& block, const Source& source) {
  return {block.span.begin, source.line_end(source.line_of(block.span.begin))};
}

// The lines [first, last] set `columns` columns from the margin, those that stand deeper as before.
std::string indented(const Source& source, std::size_t first, std::size_t last,
                     std::size_t columns) {
  const std::size_t old = std::min(source.line(first).find_first_not_of(" \t"), columns);
  std::string out;
  for (std::size_t line = first; line <= last; ++line) {
    const std::string_view text = source.line(line);
    const std::size_t blanks = std::min(text.find_first_not_of(" \t"), text.size());
    if (blanks < text.size())
      out += std::string(columns, ' ') + std::string(text.substr(std::min(old, blanks)));
    if (line < last) out += '\n';
  }
  return out;
}

class ItemCollector {
 public:
  ItemCollector(const Section& section, ParseContext& context)
      : section_(section), context_(context) {}

  std::vector<Item> run() {
    for (std::size_t at = 0; at < section_.content.size(); ++at) {
      const Piece& piece = *section_.content[at];
      if (piece.kind == Piece::Kind::List)
        list(piece);
      else if (piece.block.kind == Block::Kind::Paragraph)
        paragraph(piece.block);
      else if (is_stray(piece.block))
        at = stray(at);
    }
    return std::move(items_);
  }

 private:
  void list(const Piece& piece) {
    if (section_.kind == SectionKind::Do && !piece.ordered) bullets(piece);
    items_.insert(items_.end(), piece.items.begin(), piece.items.end());
    after_list_ = true;
    made_of_prose_ = false;
  }
  void bullets(const Piece& piece) {
    const std::size_t begin = piece.items.front().span.begin;
    context_.report.add(piece.items.front().span, wording::steps_not_numbered())
        .fix("number the step", {begin, begin + 1}, std::to_string(items_.size() + 1) + ".");
  }
  void paragraph(const Block& block) {
    std::vector<Item> found = items_in_prose(block, section_.kind, context_);
    if (found.empty()) return;
    for (Item& item : found) items_.push_back(std::move(item));
    after_list_ = true;
    made_of_prose_ = true;
  }

  bool is_stray(const Block& block) const {
    // The parser of examples looks for the message itself.
    const bool example = section_.kind == SectionKind::Example && !is_announced();
    const bool message = block.kind == Block::Kind::Fence || !after_list_;
    if (block.kind == Block::Kind::Code) return !example || after_list_;
    return is_block_of_a_step(block) && !(example && message);
  }
  // Whether a block must follow the last item.
  bool is_announced() const {
    return section_.kind == SectionKind::Do ? after_list_
                                            : !items_.empty() && announces_block(items_.back());
  }
  // The blocks that follow each other from `at` on are one mistake. Gives the last of them.
  std::size_t stray(std::size_t at) {
    const bool of_a_step = is_announced();
    std::size_t last = at;
    const auto follows = [&](const Piece& piece) {
      return piece.kind == Piece::Kind::Block && is_block_of_a_step(piece.block);
    };
    while (of_a_step && last + 1 < section_.content.size() && follows(*section_.content[last + 1]))
      ++last;
    const Block& first = section_.content[at]->block;
    if (!made_of_prose_) report(first, section_.content[last]->block, of_a_step);
    for (std::size_t i = at; i <= last; ++i)
      if (of_a_step && is_block_of_a_step(section_.content[i]->block))
        items_.back().blocks.push_back(section_.content[i]->block);
    return last;
  }
  void report(const Block& first, const Block& last, bool of_a_step) {
    const Source& source = context_.source;
    const std::size_t columns = of_a_step ? columns_of(items_.back()) : 0;
    Report::Entry& entry = context_.report.add(
        first_line(first, source),
        wording::stray_block(section_.kind == SectionKind::Do && of_a_step ? items_.size() : 0,
                             columns));
    const bool whole = last.kind != Block::Kind::Fence || last.closed;
    if (!of_a_step || !whole) return;
    const std::size_t begin = source.line_of(first.span.begin);
    const std::size_t end = source.line_of(last.span.end);
    entry.fix("indent the block", {source.line_begin(begin), source.line_end(end)},
              indented(source, begin, end, columns));
  }
  // How far the item's text is from the margin.
  std::size_t columns_of(const Item& item) const {
    const std::size_t begin = item.blocks.empty() ? item.span.end : item.blocks[0].span.begin;
    return begin - context_.source.line_begin(context_.source.line_of(begin));
  }

  const Section& section_;
  ParseContext& context_;
  std::vector<Item> items_;
  bool after_list_ = false;
  bool made_of_prose_ = false;  // the last item is none to Markdown, so no block can be part of it
};

// "[ ] the subject contains …"
bool refuse_check_box(const Excerpt& sentence, SectionKind section, ParseContext& context) {
  const std::string& text = sentence.text();
  if (!text.starts_with("[ ] ") && !text.starts_with("[x] ") && !text.starts_with("[X] "))
    return false;
  context.report.add(sentence.span(0, 3), wording::check_box(section))
      .fix("leave out the box", sentence.span(0, 4), "");
  return true;
}

}  // namespace

bool reads_like_a_sentence(const Item& item, SectionKind section, const Source& source) {
  return !item.blocks.empty() && item.blocks.front().kind == Block::Kind::Paragraph &&
         reads_like_a_sentence(section, quiet_words(item.blocks.front().text, source));
}

bool announces_block(const Item& item) {
  return item.blocks.size() == 1 && item.blocks.front().kind == Block::Kind::Paragraph &&
         trim(item.blocks.front().text.text()).ends_with(':');
}

std::vector<Item> items_of(const Section& section, ParseContext& context) {
  return ItemCollector(section, context).run();
}

std::vector<Token> sentence_of(const Item& item, SectionKind section, bool alone,
                               ParseContext& context) {
  if (context.report.full()) return {};
  if (item.blocks.empty() || item.blocks.front().kind != Block::Kind::Paragraph) {
    context.report.add(item.span, wording::item_without_sentence(section));
    return {};
  }
  if (refuse_check_box(item.blocks.front().text, section, context)) return {};
  for (std::size_t i = 1; i < item.blocks.size(); ++i) {
    const Block& block = item.blocks[i];
    // Whether a step can use a paragraph is for the step to say.
    const bool of_a_step = is_block_of_a_step(block) || block.kind == Block::Kind::Paragraph;
    if (block.kind == Block::Kind::Prose || (!alone && of_a_step)) continue;
    context.report.add(first_line(block, context.source), block.kind == Block::Kind::List
                                                              ? wording::nested_list()
                                                              : wording::item_too_long());
    break;
  }
  std::vector<Token> tokens = words_of(item.blocks.front().text, context.report);
  if (tokens.empty()) context.report.add(item.span, wording::item_without_sentence(section));
  return tokens;
}

std::optional<FormMatch> understand(SectionKind section, const std::vector<Token>& tokens,
                                    std::size_t first, ParseContext& context) {
  FormResult result = match_forms(section, tokens, first);
  if (!result.match) {
    report_miss(section, tokens, first, result.miss, context);
    return std::nullopt;
  }
  return std::move(result.match);
}

namespace {

std::optional<std::string> header_field(const Token& name, ParseContext& context) {
  constexpr std::size_t kLongest = 100;
  const std::string lower = lower_ascii(trim(name.value));
  const bool good = !lower.empty() && lower.size() <= kLongest &&
                    std::all_of(lower.begin(), lower.end(),
                                [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
  if (good) return "header:" + lower;
  context.report.add(name.span, wording::header_name_invalid(name.value));
  return std::nullopt;
}

}  // namespace

std::optional<std::string> field_of(const Capture& capture, const std::vector<Token>& tokens,
                                    ParseContext& context) {
  if (capture.slot == Slot::Field && capture.row < field_names().size())
    return std::string(field_names()[capture.row].field);
  const Token& first = tokens[capture.first];
  const Token& path = tokens[capture.first + capture.count - 1];
  const auto is_header = [](const Token& token) {
    return token.kind == Token::Kind::Word && token.value == "header";
  };
  if (is_header(first)) return header_field(path, context);
  if (is_header(path)) return header_field(first, context);
  if (is_json_path(path.value)) return "json:" + path.value;
  context.report.add(path.span, wording::json_path_invalid(path.value));
  return std::nullopt;
}

bool refuse_template(const Token& token, ParseContext& context) {
  const std::size_t at = token.content.text().find("{{");
  if (at == std::string::npos) return false;
  const std::size_t close = token.content.text().find("}}", at);
  const std::size_t end = close == std::string::npos ? at + 2 : close + 2;
  context.report.add(token.content.span(at, end), wording::template_misplaced());
  return true;
}

}  // namespace msghub
