#include "rule/parse.h"

#include <algorithm>
#include <array>

#include "rule/nearest.h"
#include "rule/sections.h"
#include "rule/wording.h"

namespace msghub {

namespace {

std::string collapsed(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (!blank)
      out += c;
    else if (out.back() != ' ')
      out += ' ';
  }
  return out;
}

// What a heading has in common with a section's name: no emphasis, no colon at its end.
std::string bare(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != '*' && c != '_' && c != '`') out += c;
  while (out.ends_with(':') || out.ends_with(' ') || out.ends_with('.')) out.pop_back();
  return out;
}

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
    const std::string text = collapsed(piece.text.text());
    const std::size_t colon = text.find(':');
    const std::string head = text.substr(0, std::min(colon, text.size()));
    for (const SectionName& name : section_names()) {
      const bool example = name.kind == SectionKind::Example;
      const std::string wanted = lower_ascii(name.name);
      if (lower_ascii(example ? std::string(trim(head)) : text) != wanted) continue;
      if (example && colon == std::string::npos && piece.level != 2) return false;
      if (piece.level != 2)
        report_.add(piece.span, wording::heading_level(name.name))
            .fix("write two #", piece.span, "## " + text);
      begin(name, piece);
      return true;
    }
    return near_miss(piece, text, head);
  }

  bool near_miss(const Piece& piece, const std::string& text, const std::string& head) {
    // A name of its own may resemble a section; the rule's title is no section.
    if (piece.level == 1) return false;
    std::vector<std::string> names;
    for (const SectionName& name : section_names()) names.emplace_back(name.name);
    std::string found;
    for (const std::string& candidate : {bare(text), bare(head)}) {
      for (const std::string& name : names)
        if (lower_ascii(candidate) == lower_ascii(name)) found = name;
      if (found.empty()) found = nearest(candidate, names);
      if (!found.empty()) break;
    }
    if (found.empty()) return false;
    const auto name = std::find_if(section_names().begin(), section_names().end(),
                                   [&](const SectionName& s) { return s.name == found; });
    const bool example = name->kind == SectionKind::Example;
    const std::string rest = example && head.size() < text.size() ? text.substr(head.size()) : "";
    report_.add(piece.text.span(), wording::heading_near_miss(text, found))
        .fix("write " + found, piece.span, "## " + found + rest);
    begin(*name, piece);
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
    if (!name.built) report_.add(piece.span, wording::section_not_built(name.name));
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
    for (const SectionKind kind : {SectionKind::When, SectionKind::Extract, SectionKind::Do}) {
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
      if (first == nullptr && kind != SectionKind::Extract && title_)
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
      case SectionKind::Settings:
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
