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

// Reports the first line of a paragraph that should be a list item.
void check_prose(const Block& block, SectionKind section, ParseContext& context) {
  const std::string_view text = block.text.text();
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const Excerpt line = block.text.part(begin, end);
    if (!line.empty() && reads_like_a_sentence(section, quiet_words(line, context.source))) {
      const Span place = line.span();
      const std::string mark = section == SectionKind::Do ? "1. " : "- ";
      context.report.add(place, wording::not_a_list_item(mark))
          .fix("make it a list item", {place.begin, place.begin}, mark);
      return;
    }
    begin = end + 1;
  }
}

}  // namespace

std::vector<Item> items_of(const Section& section, ParseContext& context) {
  std::vector<Item> items;
  bool after_list = false;
  for (const Piece* piece : section.content) {
    if (piece->kind == Piece::Kind::List) {
      if (section.kind == SectionKind::Do && !piece->ordered)
        context.report.add(piece->items.front().span, wording::steps_not_numbered());
      items.insert(items.end(), piece->items.begin(), piece->items.end());
      after_list = true;
      continue;
    }
    const Block& block = piece->block;
    const bool example_message =
        section.kind == SectionKind::Example && block.kind == Block::Kind::Fence;
    if (block.kind == Block::Kind::Paragraph) {
      check_prose(block, section.kind, context);
    } else if (block.kind == Block::Kind::Code || (is_block_of_a_step(block) && !example_message)) {
      const bool step_lacks_it = section.kind == SectionKind::Do && after_list;
      context.report.add(
          {block.span.begin, context.source.line_end(context.source.line_of(block.span.begin))},
          wording::stray_block(step_lacks_it, items.size()));
      if (step_lacks_it && is_block_of_a_step(block)) items.back().blocks.push_back(block);
    }
  }
  return items;
}

std::vector<Token> sentence_of(const Item& item, SectionKind section, bool alone,
                               ParseContext& context) {
  if (context.report.full()) return {};
  if (item.blocks.empty() || item.blocks.front().kind != Block::Kind::Paragraph) {
    context.report.add(item.span, wording::item_without_sentence(section));
    return {};
  }
  for (std::size_t i = 1; i < item.blocks.size(); ++i) {
    const Block& block = item.blocks[i];
    const bool allowed = block.kind == Block::Kind::Prose || (!alone && is_block_of_a_step(block));
    if (allowed) continue;
    context.report.add(
        {block.span.begin, context.source.line_end(context.source.line_of(block.span.begin))},
        wording::item_too_long());
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
