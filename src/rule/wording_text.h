#pragma once

#include "rule/wording.h"

// What the sentences of wording.h are made with.
namespace msghub::wording {

std::string ticked(Text text);  // `text`
Words ticked(Words words);
// At most 60 characters of what the author wrote, on one line.
std::string shown(Text text);
std::string joined(const Words& words, Text last = "or");  // a, b or c
// "did you mean …?", or `otherwise` when there is nothing to suggest.
std::optional<std::string> did_you_mean(Text suggestion, std::string otherwise);
// The code of a sentence that fits no form of the section.
Code unknown_in(SectionKind section);
std::string section_name(SectionKind kind);
// "sentences look like …": the first forms of the section.
std::string sentences_of(SectionKind section);
// How to say what `sentence` seems to want, or else sentences_of().
std::string remedy(SectionKind section, Text sentence);

inline constexpr Text kFields =
    "the fields are subject, body, sender, name of the sender, recipient, cc, reply-to, header "
    "\"List-Id\", attachment name and attachment type; a field of a webhook's JSON is written in "
    "backticks, as in `order.total`";
inline constexpr Text kOperators =
    "the comparisons are contains, is, starts with, ends with and matches, and "
    "does not contain, is not, does not start with, does not end with, does "
    "not match";

}  // namespace msghub::wording
