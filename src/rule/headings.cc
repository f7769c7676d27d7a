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

}  // namespace

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
