#include "rule/parse.h"

#include <algorithm>
#include <array>

#include "rule/headings.h"
#include "rule/sections.h"
#include "rule/wording.h"

namespace msghub {

namespace {

class Parser {
 public:
  Parser(const Source& source, Report& report) : source_(source), report_(report) {}

  RuleTree run(const std::vector<Piece>& pieces) {
    for (const Piece& piece : pieces) take(piece);
    if (!title_)
      report_.add({0, std::min(source_.line_end(1), source_.bytes().size())},
                  wording::title_missing());
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
      if (!in_section_) return;
      sections_.back().content.push_back(&piece);
      sections_.back().last_line = std::max(sections_.back().last_line, piece.last_line);
    } else if (!section_heading(piece) && piece.level <= 2) {
      in_section_ = false;
      if (piece.level == 1) title(piece);
    }
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
      if (first == nullptr && needed && title_)
        report_.add(title_->span, wording::section_missing(name_of(kind)));
    }
    for (const Section& section : sections_) {
      const bool early = section.kind == SectionKind::OrWhen && first_when != nullptr &&
                         section.heading->line < first_when->heading->line;
      if (early) report_.add(section.heading->span, wording::section_order());
    }
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
  const Piece* title_ = nullptr;
  bool in_section_ = false;
};

}  // namespace

RuleTree parse(const std::vector<Piece>& pieces, const Source& source, Report& report) {
  return Parser(source, report).run(pieces);
}

}  // namespace msghub
