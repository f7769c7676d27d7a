#include "rule/assist_names.h"

#include <algorithm>
#include <set>

#include "rule/form_match.h"
#include "rule/headings.h"
#include "rule/names.h"
#include "rule/sql.h"
#include "rule/step_parts.h"
#include "rule/template.h"

namespace msghub {

namespace {

bool is_word(const Token& token, std::string_view word) {
  return token.kind == Token::Kind::Word && token.value == word;
}

class NameFinder {
 public:
  explicit NameFinder(const Analysis& analysis) : source_(analysis.source) {
    std::optional<SectionKind> section;
    for (const Piece& piece : analysis.pieces) {
      if (piece.kind == Piece::Kind::Heading) {
        const HeadingMeaning meaning = meaning_of_heading(piece);
        if (meaning.section != nullptr)
          section = meaning.section->kind;
        else if (piece.level <= 2)
          section.reset();
      } else if (section && piece.kind == Piece::Kind::List) {
        for (const Item& item : piece.items) this->item(*section, item);
      }
    }
  }

  std::vector<NamePlace> result() {
    std::set<std::string> defined;
    for (const NamePlace& place : out_)
      if (place.definition) defined.insert(place.name);
    std::erase_if(out_, [&](const NamePlace& place) { return !defined.contains(place.name); });
    std::ranges::sort(out_, {}, [](const NamePlace& place) { return place.span.begin; });
    const auto same = [](const NamePlace& a, const NamePlace& b) {
      return a.span.begin == b.span.begin;
    };
    out_.erase(std::unique(out_.begin(), out_.end(), same), out_.end());
    return std::move(out_);
  }

 private:
  void item(SectionKind section, const Item& item) {
    const bool steps = section == SectionKind::Do || section == SectionKind::IfItFails;
    if (steps && !item.blocks.empty())
      templates({item.span.begin, std::max(item.span.end, item.blocks.back().span.end)});
    if (item.blocks.empty() || item.blocks.front().kind != Block::Kind::Paragraph) return;
    const std::vector<Token> tokens = quiet_tokens(item.blocks.front().text, source_);
    if (tokens.empty()) return;
    if (section == SectionKind::Extract && tokens.size() > 1 && tokens[1].value == ":")
      add(tokens[0].span, true);
    if (section == SectionKind::Example && tokens.size() > 1 && is_word(tokens[1], "is"))
      add(tokens[0].span, false);
    if (!steps) return;
    sentence(tokens);
    for (const Block& block : item.blocks)
      if (block.kind == Block::Kind::Fence && block.info == "sql") statement(block.text);
  }

  // The identifier with which the place begins.
  void add(Span span, bool definition) {
    const std::string_view text = source_.text(span);
    std::size_t end = 0;
    while (end < text.size() && is_identifier(text.substr(0, end + 1))) ++end;
    // total-sum is no total.
    if (end == 0 || (end < text.size() && !std::string_view(". \t|}[").contains(text[end]))) return;
    out_.push_back({std::string(text.substr(0, end)), {span.begin, span.begin + end}, definition});
  }

  void templates(Span span) {
    const std::string_view text = source_.text(span);
    for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
      const std::size_t end = end_of_reference(text, at);
      // One that is not closed yet still names its value.
      const bool whole = end != std::string_view::npos;
      const std::size_t stop = whole ? end : std::min(text.find('\n', at), text.size());
      const std::size_t first = text.find_first_not_of(" \t", at + 2);
      if (first < stop) add({span.begin + first, span.begin + stop}, false);
      at = whole ? end : at + 2;
    }
  }

  void sentence(const std::vector<Token>& tokens) {
    for (std::size_t i = 1; i < tokens.size(); ++i) {
      const Token& token = tokens[i];
      // "for **lead**", "as **lead**"; a name has letters, digits and _ only.
      const bool output = is_word(tokens[i - 1], "for") || is_word(tokens[i - 1], "as");
      if (token.kind == Token::Kind::Bold && output && is_identifier(token.content.text()))
        add(token.content.span(), true);
      const bool file = is_word(tokens[i - 1], "file") || is_word(tokens[i - 1], "attachment");
      if (file && token.kind == Token::Kind::Word) add(token.span, false);
    }
    for (const CutSentence::Range& range : cut_options(tokens).options)
      guard(tokens, range.first, range.end);
  }
  void guard(const std::vector<Token>& tokens, std::size_t first, std::size_t end) {
    const bool unless = first < end && is_word(tokens[first], "unless");
    const bool only_if =
        end - first > 1 && is_word(tokens[first], "only") && is_word(tokens[first + 1], "if");
    if (!unless && !only_if) return;
    const std::size_t begin = first + (unless ? 1 : 2);
    for (std::size_t i = begin; i < end; ++i) {
      const bool begins = i == begin || is_word(tokens[i - 1], "and");
      const bool article = is_word(tokens[i], "the") && i + 1 < end;
      if (begins && tokens[i].kind == Token::Kind::Word)
        add(tokens[article ? i + 1 : i].span, false);
    }
  }

  void statement(const Excerpt& text) {
    Report nobody(source_);
    const std::optional<Template> parsed = parse_sql(text, nobody);
    if (!parsed) return;
    for (const Template::Part& part : parsed->parts)
      if (part.reference) add({part.reference->span.begin + 1, part.reference->span.end}, false);
  }

  const Source& source_;
  std::vector<NamePlace> out_;
};

// The place at the cursor, which may stand behind its last letter.
const NamePlace* place_at(const std::vector<NamePlace>& places, std::size_t offset) {
  for (const NamePlace& place : places)
    if (place.span.begin <= offset && offset <= place.span.end) return &place;
  return nullptr;
}

}  // namespace

std::vector<NamePlace> name_places(const Analysis& analysis) {
  return NameFinder(analysis).result();
}

std::vector<NameUse> name_uses(std::string_view markdown, std::size_t offset) {
  const std::optional<Analysis> analysis = analyse(markdown);
  if (!analysis) return {};
  const std::vector<NamePlace> places = name_places(*analysis);
  const NamePlace* here = place_at(places, offset);
  std::vector<NameUse> out;
  if (here == nullptr) return out;
  for (const NamePlace& place : places)
    if (place.name == here->name) out.push_back({place.span, place.definition, &place == here});
  return out;
}

std::expected<std::vector<TextEdit>, std::string> rename_value(std::string_view markdown,
                                                               std::size_t offset,
                                                               const std::string& new_name) {
  const std::optional<Analysis> analysis = analyse(markdown);
  const std::vector<NamePlace> places =
      analysis ? name_places(*analysis) : std::vector<NamePlace>{};
  const NamePlace* here = place_at(places, offset);
  if (here == nullptr) return std::unexpected("no value's name stands here");
  const std::string quoted = "\"" + new_name + "\"";
  if (!is_identifier(new_name))
    return std::unexpected(quoted + " is no name: a letter, then letters, digits and _");
  if (is_reserved_name(new_name))
    return std::unexpected(quoted + " is a name that every rule has already");
  if (new_name != here->name &&
      std::ranges::find(places, new_name, &NamePlace::name) != places.end())
    return std::unexpected(quoted + " is the name of another value of this rule");
  std::vector<TextEdit> out;
  for (const NamePlace& place : places)
    if (place.name == here->name) out.push_back({place.span, new_name});
  return out;
}

}  // namespace msghub
