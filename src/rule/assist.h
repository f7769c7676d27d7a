#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rule/compile.h"
#include "rule/source.h"

namespace msghub {

// What an editor asks about a rule that is being written. Fed from the catalogue of sentences, so
// that it knows what the parser knows. Offsets count bytes from 0; one behind the end is taken for
// the end. All functions are pure, deterministic, thread-safe and total: any bytes give a result
// (text that is no UTF-8, or over 1 MiB, an empty one), in time linear in their number.

struct Completion {
  enum class Kind { Section, Sentence, Word, Field, Operator, Name, Connection, Filter, Value };
  std::string label;      // what a list shows
  Span range;             // what `insertion` takes the place of; ends at the cursor or its line
  std::string insertion;  // plain text
  Kind kind{};
  std::string detail;         // a few words, may be ""
  std::string documentation;  // Markdown, may be ""
};

// What may come at this place, in the catalogue's order. `directory` (may be null) knows the names
// of channels and connections; without one those that the rule already has are offered.
std::vector<Completion> completions(std::string_view markdown, std::size_t offset,
                                    const Directory* directory = nullptr);

struct TextEdit {
  Span range;
  std::string text;
};

struct HoverText {
  Span range;
  std::string markdown;
};

struct ExampleCase;
struct Extraction;

// What the caller, who can read messages, finds in them. Each may be empty.
struct Evaluation {
  // The value that the message at hand has for a condition's field, and whether the condition
  // holds, as one line of Markdown.
  std::function<std::string(const TriggerCondition&)> seen = {};
  // Whether the condition holds for the example's message.
  std::function<bool(const ExampleCase&, const TriggerCondition&)> holds = {};
  // What is taken out of the example's message; nothing when that is not found, or not known.
  std::function<std::optional<std::string>(const ExampleCase&, const Extraction&)> value = {};
};

// What the sentence, the name or the heading at this place means, what it compiles to, and what
// comes of it in the examples.
std::optional<HoverText> hover_text(std::string_view markdown, std::size_t offset,
                                    const Directory* directory = nullptr,
                                    const Evaluation& evaluation = {});

// A place where the value is named whose name stands at the offset.
struct NameUse {
  Span span;                // of the name alone
  bool definition = false;  // the line of `Extract`, or the step that gets it back
  bool asked = false;       // the one at the offset
};

// In the order of the document; empty when no value of the rule is named at this place.
std::vector<NameUse> name_uses(std::string_view markdown, std::size_t offset);

// The edits that give the value another name; or why it cannot have that one.
std::expected<std::vector<TextEdit>, std::string> rename_value(std::string_view markdown,
                                                               std::size_t offset,
                                                               const std::string& new_name);

struct Symbol {
  enum class Kind { Rule, Section, Condition, Value, Step, Example };
  std::string name;
  std::string detail;  // may be ""
  Kind kind{};
  Span range;      // all of it
  Span selection;  // its name, within the range
  std::vector<Symbol> children;
};

// The sections with their sentences; sentences that the parser does not understand are there too.
std::vector<Symbol> outline(std::string_view markdown);

struct CodeAction {
  std::string title;
  std::size_t diagnostic = 0;  // which of the given ones it mends
  TextEdit edit;
};

// The fixes of those diagnostics that touch the range.
std::vector<CodeAction> code_actions(Span range, const std::vector<Diagnostic>& diagnostics);

// The smallest run of whole lines that makes `after` of `before`; nothing when they are equal.
std::optional<TextEdit> line_edit(std::string_view before, std::string_view after);

}  // namespace msghub
