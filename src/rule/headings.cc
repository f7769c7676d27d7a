#include "rule/headings.h"

#include <algorithm>

#include "rule/nearest.h"

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

void near_miss(const std::string& head, HeadingMeaning& out) {
  std::vector<std::string> names;
  for (const SectionName& name : section_names()) names.emplace_back(name.name);
  std::string found;
  for (const std::string& candidate : {bare(out.text), bare(head)}) {
    for (const std::string& name : names)
      if (lower_ascii(candidate) == lower_ascii(name)) found = name;
    if (found.empty()) found = nearest(candidate, names);
    if (!found.empty()) break;
  }
  if (found.empty()) return;
  out.section = &*std::find_if(section_names().begin(), section_names().end(),
                               [&](const SectionName& s) { return s.name == found; });
  out.near_miss = true;
  if (out.section->kind == SectionKind::Example) out.rest = out.text.substr(head.size());
}

struct OtherWord {
  std::string_view word;
  SectionKind section;
};
constexpr OtherWord kOtherWords[] = {
    {"trigger", SectionKind::When},
    {"triggers", SectionKind::When},
    {"condition", SectionKind::When},
    {"conditions", SectionKind::When},
    {"if", SectionKind::When},
    {"action", SectionKind::Do},
    {"actions", SectionKind::Do},
    {"steps", SectionKind::Do},
    {"then", SectionKind::Do},
    {"fields", SectionKind::Extract},
    {"variables", SectionKind::Extract},
    {"or", SectionKind::OrWhen},
    {"or if", SectionKind::OrWhen},
    {"on error", SectionKind::IfItFails},
    {"on failure", SectionKind::IfItFails},
    {"if this fails", SectionKind::IfItFails},
    {"error handling", SectionKind::IfItFails},
};

}  // namespace

const SectionName* other_word_for(const Piece& heading) {
  const std::string seen = lower_ascii(bare(collapsed(heading.text.text())));
  for (const OtherWord& other : kOtherWords)
    if (other.word == seen)
      return &*std::find_if(section_names().begin(), section_names().end(),
                            [&](const SectionName& s) { return s.kind == other.section; });
  return nullptr;
}

std::optional<Excerpt> marked_as_heading(const Excerpt& paragraph) {
  const std::string_view text = paragraph.text();
  if (text.contains('\n') || text.size() < 3) return std::nullopt;
  std::size_t begin = std::min(text.find_first_not_of('#'), text.size()), end = text.size();
  if (begin > 0) return paragraph.part(begin, end);
  while (end > 0 && (text[end - 1] == ':' || text[end - 1] == ' ')) --end;
  if (end < 5 || !text.starts_with("**") || !text.substr(0, end).ends_with("**"))
    return std::nullopt;
  return paragraph.part(2, end - 2);
}

HeadingMeaning meaning_of_heading(const Piece& piece) {
  HeadingMeaning out;
  out.text = collapsed(piece.text.text());
  const std::size_t colon = out.text.find(':');
  const std::string head = out.text.substr(0, std::min(colon, out.text.size()));
  for (const SectionName& name : section_names()) {
    const bool example = name.kind == SectionKind::Example;
    const std::string seen = example ? std::string(trim(head)) : out.text;
    if (lower_ascii(seen) != lower_ascii(name.name)) continue;
    const bool prose = example && colon == std::string::npos && piece.level != 2;
    if (!prose) out.section = &name;
    return out;
  }
  // A name of its own may resemble a section; the rule's title is no section.
  if (piece.level != 1) near_miss(head, out);
  return out;
}

}  // namespace msghub
