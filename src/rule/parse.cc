#include "rule/parse.h"

#include <algorithm>
#include <deque>

#include "rule/headings.h"
#include "rule/nearest.h"
#include "rule/sections.h"
#include "rule/wording.h"

namespace msghub {

namespace {

class Parser {
 public:
  Parser(const Source& source, Report& report) : source_(source), report_(report) {}

  RuleTree run(const std::vector<Piece>& pieces) {
    for (const Piece& piece : pieces) take(piece);
    if (!title_) title_missing(pieces);
    describe();
    check_sections();
    ParseContext context{source_, report_, tree_};
    for (const Section& section : sections_)
      if (!report_.full()) parse_section(section, context);
    return std::move(tree_);
  }

 private:
  void take(const Piece& piece) {
    if (piece.kind != Piece::Kind::Heading) {
      if (false_heading(piece)) return;
      if (!in_section_ && !begins_section(piece)) return;
      sections_.back().content.push_back(&piece);
      sections_.back().last_line = std::max(sections_.back().last_line, piece.last_line);
    } else if (!section_heading(piece) && piece.level <= 2) {
      in_section_ = false;
      if (piece.level == 1) title(piece);
      if (piece.level == 2 && other_word_for(piece) != nullptr) called_otherwise_.push_back(&piece);
      last_heading_ = &piece;
    }
  }

  // Whether the piece is a list of sentences below a heading such as "Actions": then that is where
  // the section begins.
  bool begins_section(const Piece& piece) {
    const bool called_otherwise =
        !called_otherwise_.empty() && called_otherwise_.back() == last_heading_;
    if (!called_otherwise || piece.kind != Piece::Kind::List) return false;
    const SectionName& name = *other_word_for(*last_heading_);
    if (std::none_of(piece.items.begin(), piece.items.end(), [&](const Item& item) {
          return reads_like_a_sentence(item, name.kind, source_);
        }))
      return false;
    say_other_word(*last_heading_, name.name);
    begin(name, *last_heading_);
    return true;
  }
  void say_other_word(const Piece& heading, std::string_view name) {
    report_.add(heading.text.span(), wording::heading_other_word(heading.text.text(), name))
        .fix("write " + std::string(name), heading.span, "## " + std::string(name));
  }

  // "##Extract" and "**Extract**" are paragraphs to Markdown, and look like headings to people.
  bool false_heading(const Piece& piece) {
    if (piece.kind != Piece::Kind::Block || piece.block.kind != Block::Kind::Paragraph)
      return false;
    const Excerpt& words = piece.block.text;
    const std::optional<Excerpt> inner = marked_as_heading(words);
    if (!inner) return false;
    Piece& made = made_.emplace_back(piece);
    made.kind = Piece::Kind::Heading;
    made.level = 2;
    made.text = *inner;
    const HeadingMeaning meaning = meaning_of_heading(made);
    if (meaning.section == nullptr || meaning.near_miss) {
      made_.pop_back();
      return false;
    }
    const std::string name(meaning.section->name);
    report_.add(words.span(), wording::heading_unmarked(name))
        .fix("write the heading", words.span(), "## " + meaning.text);
    begin(*meaning.section, made);
    return true;
  }

  void title_missing(const std::vector<Piece>& pieces) {
    const auto first =
        std::find_if(pieces.begin(), pieces.end(), [](const Piece& p) { return p.span.end > 0; });
    if (first == pieces.end()) {
      report_.add({0, source_.line_end(1)}, wording::title_missing());
      return;
    }
    const std::size_t begin = first->span.begin;
    no_title_ = {begin, source_.line_end(source_.line_of(begin))};
    Report::Entry& entry = report_.add(no_title_, wording::title_missing());
    // A heading before the first section is the name, with one # too many.
    const bool heading = first->kind == Piece::Kind::Heading && first->level == 2 &&
                         meaning_of_heading(*first).section == nullptr;
    const std::string name = name_in_front_matter();
    if (heading)
      entry.fix("write one #", first->span, "# " + first->text.text());
    else if (!name.empty())
      entry.fix("take the name from the front matter", {begin, begin}, "# " + name + "\n\n");
  }
  std::string name_in_front_matter() const {
    if (source_.line(1) != "---") return {};
    for (std::size_t line = 2; line <= source_.line_count() && source_.line(line) != "---"; ++line)
      for (const std::string_view key : {"title:", "name:"})
        if (source_.line(line).starts_with(key))
          return std::string(trim(source_.line(line).substr(key.size())));
    return {};
  }

  void title(const Piece& piece) {
    if (title_) {
      report_.add(piece.span, wording::title_twice());
    } else {
      title_ = &piece;
      tree_.name = plain_text(piece.text.text());
      if (tree_.name.empty()) report_.add(piece.span, wording::title_missing());
    }
  }

  // Whether the heading is a section's, or is so near to one that it is taken for it.
  bool section_heading(const Piece& piece) {
    const HeadingMeaning meaning = meaning_of_heading(piece);
    if (meaning.section == nullptr) return false;
    const std::string name(meaning.section->name);
    if (meaning.near_miss)
      report_.add(piece.text.span(), wording::heading_near_miss(meaning.text, name))
          .fix("write " + name, piece.span, "## " + name + meaning.rest);
    else if (piece.level != 2)
      report_.add(piece.span, wording::heading_level(name))
          .fix("write two #", piece.span, "## " + meaning.text);
    begin(*meaning.section, piece);
    return true;
  }

  void begin(const SectionName& name, const Piece& piece) {
    in_section_ = true;
    Section section;
    section.kind = name.kind;
    section.heading = &piece;
    section.last_line = piece.line;
    const std::size_t colon = piece.text.text().find(':');
    if (colon != std::string::npos) section.title = piece.text.part(colon + 1, piece.text.size());
    sections_.push_back(std::move(section));
  }

  // The prose between the name and the first section.
  void describe() {
    if (!title_ || tree_.name.empty()) return;
    std::size_t end = source_.bytes().size();
    for (const Section& section : sections_) {
      if (section.heading->span.begin < title_->span.end) continue;
      end = section.heading->span.begin;
      break;
    }
    const std::size_t line = static_cast<std::size_t>(title_->last_line);
    const std::size_t begin = std::min(source_.line_end(line), end);
    tree_.description = plain_text(source_.text({begin, end}));
  }

  void check_sections() {
    const Section* first_when = nullptr;
    for (const SectionKind kind : {SectionKind::When, SectionKind::Extract, SectionKind::Do,
                                   SectionKind::IfItFails, SectionKind::Settings}) {
      const Section* first = nullptr;
      for (const Section& section : sections_) {
        if (section.kind != kind) continue;
        if (first != nullptr)
          report_.add(section.heading->span,
                      wording::section_twice(name_of(kind), first->heading->line));
        else
          first = &section;
      }
      if (kind == SectionKind::When) first_when = first;
      const bool needed = kind == SectionKind::When || kind == SectionKind::Do;
      if (first == nullptr && needed) section_missing(kind);
    }
    for (const Section& section : sections_) {
      const bool early = section.kind == SectionKind::OrWhen && first_when != nullptr &&
                         section.heading->line < first_when->heading->line;
      if (early) report_.add(section.heading->span, wording::section_order());
    }
  }
  void section_missing(SectionKind kind) {
    const std::string name(name_of(kind));
    for (const Piece* piece : called_otherwise_) {
      if (other_word_for(*piece)->kind != kind) continue;
      say_other_word(*piece, name);
      return;
    }
    report_.add(title_ ? title_->span : no_title_, wording::section_missing(name));
  }
  static std::string_view name_of(SectionKind kind) {
    for (const SectionName& name : section_names())
      if (name.kind == kind) return name.name;
    return {};
  }

  void parse_section(const Section& section, ParseContext& context) {
    switch (section.kind) {
      case SectionKind::When:
      case SectionKind::OrWhen:
        return parse_trigger(section, context);
      case SectionKind::Extract:
        return parse_extract(section, context);
      case SectionKind::Do:
        return parse_steps(section, context);
      case SectionKind::Example:
        return parse_example(section, context);
      case SectionKind::IfItFails:
        return parse_failure(section, context);
      case SectionKind::Settings:
        return parse_settings(section, context);
      case SectionKind::StepOption:
      case SectionKind::Guard:
        return;
    }
  }

  const Source& source_;
  Report& report_;
  RuleTree tree_;
  std::vector<Section> sections_;
  std::deque<Piece> made_;  // of paragraphs that should be headings
  std::vector<const Piece*> called_otherwise_;
  const Piece* last_heading_ = nullptr;  // of prose
  const Piece* title_ = nullptr;
  Span no_title_;  // where the title should stand
  bool in_section_ = false;
};

}  // namespace

RuleTree parse(const std::vector<Piece>& pieces, const Source& source, Report& report) {
  return Parser(source, report).run(pieces);
}

}  // namespace msghub
