#include "rule/wording_text.h"

namespace msghub::wording {

using std::to_string;

Wording too_large(std::size_t bytes) {
  return {Code::TooLarge, "the rule has " + to_string(bytes) + " bytes; at most 1,048,576 are read",
          "", "split it into several rules"};
}

Wording not_text(bool nul) {
  return {Code::NotText, nul ? "the file holds a NUL byte" : "the file is not UTF-8 text",
          nul ? "a NUL byte stands here" : "these bytes are no character in UTF-8",
          "save the file as text in UTF-8"};
}

Wording nested_too_deeply() {
  return {Code::NestedTooDeeply, "this line opens more than 64 lists or quotes", "",
          "a rule needs lists with blocks in them, and nothing deeper"};
}

Wording too_many() {
  return {Code::TooManyMistakes,
          to_string(Report::kMost) + " mistakes are listed; the rest of the rule was not looked at",
          "", "mend these first"};
}

Wording title_missing() {
  return {Code::TitleMissing, "the rule has no name", "the name is missing",
          "begin the document with a heading, such as `# File Acme invoices`"};
}

Wording title_twice() {
  return {Code::TitleTwice, "the rule has a second name", "another heading with one #",
          "one document is one rule; use ## or ### for headings of prose"};
}

Wording heading_near_miss(Text seen, Text name) {
  return {Code::HeadingNearMiss,
          "the heading " + ticked(shown(seen)) + " is nearly the section " + ticked(name),
          "no section is called so",
          "write " + ticked(name) + " if the section is meant, or another word if it is prose"};
}

Wording heading_level(Text name) {
  return {Code::HeadingLevel, "the section " + ticked(name) + " begins with two #", "not two #",
          "with another number of # this would be prose, and never executed"};
}

Wording heading_other_word(Text seen, Text name) {
  return {Code::HeadingNearMiss,
          "the section is called " + ticked(name) + ", not " + ticked(shown(seen)),
          "no section is called so", "write " + ticked("## " + std::string(name))};
}

Wording heading_unmarked(Text name) {
  return {Code::HeadingNearMiss, "the section " + ticked(name) + " begins with two # and a space",
          "no heading", "without them this would be prose, and never executed"};
}

Wording section_twice(Text name, std::int64_t first_line) {
  return {Code::SectionTwice, "there are two sections " + ticked(name),
          "the first is on line " + to_string(first_line),
          name == "When" ? "a second way for the rule to begin is `## Or when`"
                         : "put all items into one section"};
}

Wording section_missing(Text name) {
  return {Code::SectionMissing, "the rule has no section " + ticked(name), "",
          "add a heading " + ticked("## " + std::string(name)) + " with a list below it"};
}

Wording section_order() {
  return {Code::SectionOrder, "`Or when` stands before `When`", "",
          "the first trigger is `When`; move this section behind it"};
}

Wording section_empty(Text name) {
  return {Code::SectionEmpty, "the section " + ticked(name) + " has no list items", "",
          "fill it, or remove its heading"};
}

Wording example_unnamed() {
  return {Code::ExampleUnnamed, "the example has no name", "",
          "write it behind a colon: `## Example: a normal invoice`"};
}

Wording not_a_list_item(Text mark, bool marked) {
  return {Code::NotAListItem, "this reads like a sentence of the section, but is no list item",
          "would be prose",
          marked ? "a list item begins with " + ticked(mark) + ", with a space behind it"
                 : "begin the line with " + ticked(mark) + ", or say it in other words"};
}

Wording stray_block(std::size_t step, std::size_t columns) {
  if (step > 0)
    return {
        Code::StrayBlock, "this block is not part of step " + to_string(step),
        "not indented far enough",
        "indent the whole block by " + to_string(columns) + " spaces, as far as the step's text"};
  if (columns > 0)
    return {Code::StrayBlock, "this block is not part of the list item above it",
            "not indented far enough",
            "indent the whole block by " + to_string(columns) + " spaces"};
  return {Code::StrayBlock, "this block belongs to no list item", "",
          "indent it as far as the text of its item, or move it out of the section"};
}

Wording nested_list() {
  return {Code::ItemTooLong, "a list stands inside this list item", "indented",
          "begin each item at the left margin: a list item is one sentence"};
}

Wording check_box(SectionKind section) {
  return {unknown_in(section), "a list item of a rule has no check box", "",
          "leave it out; to switch a line off, remove it"};
}

Wording fence_unclosed(Text mark) {
  return {Code::FenceUnclosed, "the code block that begins here is not closed", "opened here",
          "end it with a line " + std::string(mark) + ", indented like this one"};
}

Wording unclosed_mark(Text mark, Text close) {
  return {Code::QuoteUnclosed, "the " + std::string(mark) + " is not closed", "opened here",
          "close it with " + std::string(close) + " in the same paragraph"};
}

Wording item_too_long() {
  return {Code::ItemTooLong, "nothing can follow the item's sentence here", "",
          "put remarks into a paragraph outside the list"};
}

Wording item_without_sentence(SectionKind section) {
  return {unknown_in(section), "this list item holds no sentence", "", sentences_of(section)};
}

Wording steps_not_numbered() {
  return {Code::StepsNotNumbered, "the steps of `Do` are a numbered list", "not numbered",
          "begin each step with its number: `1. Send webhook …`"};
}

}  // namespace msghub::wording
