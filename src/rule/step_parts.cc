#include "rule/step_parts.h"

#include <algorithm>

#include "rule/names.h"
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

std::vector<const Block*> StepReader::blocks(std::initializer_list<WantedBlock> wanted,
                                             Need need) const {
  std::vector<const Block*> found(wanted.size());
  const Block* other = nullptr;
  for (std::size_t i = 1; i < item_.blocks.size(); ++i) {
    const Block& block = item_.blocks[i];
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
