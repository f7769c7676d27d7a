#include "rule/step_parts.h"

#include <algorithm>

#include "rule/names.h"
#include "rule/nearest.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

StepReader::StepReader(const Item& item, const std::vector<Token>& tokens, const FormMatch& match,
                       bool announces, ParseContext& context)
    : item_(item), tokens_(tokens), match_(match), announces_(announces), context_(context) {}

const Token* StepReader::token(Slot slot) const {
  const Capture* capture = match_.find(slot);
  return capture == nullptr ? nullptr : &tokens_[capture->first];
}

ConnectionName StepReader::connection(Span otherwise) const {
  const Token* name = token(Slot::Connection);
  if (name == nullptr) return {std::nullopt, otherwise};
  return {name->value, name->content.span()};
}

std::vector<Template> StepReader::addresses(Slot slot) const {
  std::vector<Template> out;
  const Capture* capture = match_.find(slot);
  if (capture == nullptr) return out;
  for (std::size_t i = 0; i < capture->count; i += 2) {
    const Token& token = tokens_[capture->first + i];
    Template address = parse_template(token.content, report());
    const bool wrong = address.is_literal() && !is_bare_address(token.value);
    if (wrong) report().add(token.span, wording::address_invalid(token.value));
    out.push_back(std::move(address));
  }
  return out;
}

Span StepReader::first_line(const Block& block) const {
  const std::size_t line = context_.source.line_of(block.span.begin);
  return {block.span.begin, std::max(block.span.begin, context_.source.line_end(line))};
}

namespace {

// Lines of the source from a block's first to another's last, each without the block's indent.
std::vector<std::string_view> lines_between(const Source& source, Span span) {
  const std::size_t first = source.line_of(span.begin), last = source.line_of(span.end);
  const std::size_t indent = span.begin - source.line_begin(first);
  std::vector<std::string_view> out;
  for (std::size_t line = first; line <= last; ++line) {
    const std::string_view text = source.line(line);
    const std::size_t blanks = std::min(text.find_first_not_of(" \t"), text.size());
    out.push_back(text.substr(std::min(indent, blanks)));
  }
  return out;
}

}  // namespace

// Plain text where a block should be: a quote without >, code without a fence, half a table.
void StepReader::unmarked(const WantedBlock& main, Span span) const {
  const Source& source = context_.source;
  const std::vector<std::string_view> lines = lines_between(source, span);
  const std::string indent(span.begin - source.line_begin(source.line_of(span.begin)), ' ');
  const bool bars = lines.front().contains('|');
  const Span place = {span.begin, source.line_end(source.line_of(span.begin))};
  std::string replacement;
  if (main.kind == Block::Kind::Table && bars) {
    const bool marked = std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
      return line.find_first_not_of(" \t|:-") == std::string_view::npos;
    });
    Report::Entry& entry = report().add(place, wording::table_without_header(lines.size() > 1));
    if (lines.size() < 2 || marked) return;
    const auto bar_count = std::count(lines[0].begin(), lines[0].end(), '|');
    const bool outer = trim(lines[0]).starts_with('|');
    const auto columns = static_cast<std::size_t>(outer ? bar_count - 1 : bar_count + 1);
    replacement = "\n" + indent + "|";
    for (std::size_t i = 0; i < std::max<std::size_t>(columns, 1); ++i) replacement += "---|";
    entry.fix("mark the first line as the header", {place.end, place.end}, replacement);
    return;
  }
  Report::Entry& entry = report().add(place, wording::block_unmarked(main.name));
  if (main.kind == Block::Kind::Table) return;
  const bool quote = main.kind == Block::Kind::Quote;
  for (const std::string_view line : lines) {
    if (!replacement.empty()) replacement += "\n" + (quote || !line.empty() ? indent : "");
    replacement += (quote ? line.empty() ? ">" : "> " : "") + std::string(line);
  }
  const std::string marks = "```" + std::string(main.language);
  if (!quote) replacement = marks + "\n" + indent + replacement + "\n" + indent + "```";
  entry.fix(quote ? "make it a quote" : "make it a " + marks + " block",
            {span.begin, source.line_end(source.line_of(span.end))}, replacement);
}

std::vector<const Block*> StepReader::blocks(std::initializer_list<WantedBlock> wanted,
                                             Need need) const {
  std::vector<const Block*> found(wanted.size());
  const Block* other = nullptr;
  std::optional<Span> plain;  // paragraphs that follow each other
  bool plain_goes_on = false;
  for (std::size_t i = 1; i < item_.blocks.size(); ++i) {
    const Block& block = item_.blocks[i];
    const bool is_plain = block.kind == Block::Kind::Paragraph;
    if (is_plain && !plain) plain = block.span, plain_goes_on = true;
    plain_goes_on = plain_goes_on && is_plain;
    if (plain_goes_on) plain->end = block.span.end;
    const bool counts = block.kind == Block::Kind::Fence || block.kind == Block::Kind::Quote ||
                        block.kind == Block::Kind::Table;
    if (!counts) continue;
    const auto* kind = std::find_if(wanted.begin(), wanted.end(), [&](const WantedBlock& w) {
      return w.kind == block.kind && w.language == block.info;
    });
    if (kind == wanted.end()) {
      if (other == nullptr) other = &block;
    } else if (const Block*& place = found[static_cast<std::size_t>(kind - wanted.begin())]) {
      report().add(first_line(block), wording::block_extra(kind->name));
    } else {
      place = &block;
    }
  }
  const WantedBlock& main = *wanted.begin();
  std::string names(main.name);
  if (need == Need::Any)
    for (const WantedBlock* w = wanted.begin() + 1; w != wanted.end(); ++w)
      names += " or " + std::string(w->name);
  const bool any = std::any_of(found.begin(), found.end(), [](const Block* b) { return b; });
  const bool has_main = need == Need::Any ? any : found.front() != nullptr;
  if (other != nullptr && has_main) {
    report().add(first_line(*other), wording::block_extra(main.name));
  } else if (other != nullptr) {
    Report::Entry& entry = report().add(first_line(*other), wording::block_kind(names));
    if (main.kind == Block::Kind::Fence && other->kind == Block::Kind::Fence)
      entry.fix("call the block " + std::string(main.language), other->info_span,
                std::string(main.language));
  } else if (!has_main && plain) {
    unmarked(main, *plain);
  } else if (plain) {
    report().add({plain->begin, context_.source.line_end(context_.source.line_of(plain->begin))},
                 wording::item_too_long());
  } else if (!has_main && need != Need::None) {
    const Span place = {tokens_.front().span.begin, tokens_.back().span.end};
    report().add(place, wording::block_missing(names));
  }
  return found;
}

std::optional<std::string> output_name(const Token& name, ParseContext& context) {
  const Span place = name.content.span();
  if (!is_identifier(name.value)) {
    context.report.add(place.begin == place.end ? name.span : place,
                       wording::name_invalid(name.value, ""));
    return std::nullopt;
  }
  if (is_reserved_name(name.value)) {
    context.report.add(place, wording::name_reserved(name.value));
    return std::nullopt;
  }
  return name.value;
}

}  // namespace msghub
