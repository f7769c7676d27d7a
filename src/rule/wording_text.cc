#include "rule/wording_text.h"

namespace msghub::wording {

std::string ticked(Text text) { return "`" + std::string(text) + "`"; }

Words ticked(Words words) {
  for (std::string& word : words) word = ticked(Text(word));
  return words;
}

std::string shown(Text text) {
  constexpr std::size_t kMost = 60;
  std::string out;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    if (count == kMost) return out + "…";
    const std::size_t size = code_point_at(text, at).size;
    const unsigned char first = static_cast<unsigned char>(text[at]);
    if (first < 0x20 || first == 0x7F)
      out += ' ';
    else
      out += text.substr(at, size);
    at += size;
  }
  return out;
}

std::string joined(const Words& words, Text last) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " " + std::string(last) + " " : ", ";
    out += words[i];
  }
  return out;
}

std::optional<std::string> did_you_mean(Text suggestion, std::string otherwise) {
  if (!suggestion.empty()) return "did you mean " + ticked(suggestion) + "?";
  return otherwise;
}

std::string section_name(SectionKind kind) {
  for (const SectionName& name : section_names())
    if (name.kind == kind) return std::string(name.name);
  return {};
}

std::string sentences_of(SectionKind section) {
  if (section == SectionKind::OrWhen) section = SectionKind::When;
  std::string out = "sentences look like";
  std::size_t count = 0;
  for (const Form& form : all_forms())
    if (form.section == section && count++ < 4)
      out += (count == 1 ? " " : "; ") +
             std::string(form.example.substr(0, form.example.find_last_not_of(':') + 1));
  return out;
}

Code unknown_in(SectionKind section) {
  switch (section) {
    case SectionKind::Extract:
      return Code::ExtractUnknown;
    case SectionKind::Do:
      return Code::StepUnknown;
    case SectionKind::Example:
      return Code::ExpectationUnknown;
    case SectionKind::IfItFails:
      return Code::FailureUnknown;
    case SectionKind::Settings:
      return Code::SettingUnknown;
    default:
      return Code::WhenUnknown;
  }
}

}  // namespace msghub::wording
