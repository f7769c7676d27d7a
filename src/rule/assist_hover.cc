#include <algorithm>

#include "rule/assist_names.h"
#include "rule/assist_values.h"
#include "rule/form_match.h"
#include "rule/headings.h"
#include "rule/nearest.h"
#include "rule/step_parts.h"

namespace msghub {

namespace {

std::string_view meaning_of(SectionKind section) {
  switch (section) {
    case SectionKind::When:
      return "What must hold for the rule to run: one channel, and all of the conditions.";
    case SectionKind::OrWhen:
      return "One more way for the rule to begin; without a channel, on the one of `When`.";
    case SectionKind::Extract:
      return "Names for values in the message. When one is not found, the rule fails before its "
             "first step, unless it has a default or is optional.";
    case SectionKind::Do:
      return "The steps, performed in order.";
    case SectionKind::Example:
      return "A message, and what must come of it. The examples run before the rule becomes "
             "active.";
    case SectionKind::IfItFails:
      return "What happens when a step fails: how often it is tried again, and who hears of it.";
    case SectionKind::Settings:
      return "What holds for the rule as a whole.";
    default:
      return {};
  }
}

// A block of code for a Markdown reader, which no text can end.
std::string code_block(std::string_view language, const std::string& text) {
  std::string marks = "```";
  while (text.contains(marks)) marks += '`';
  return marks + std::string(language) + "\n" + text + (text.ends_with('\n') ? "" : "\n") + marks;
}

// A text within a line of Markdown, as itself.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_[]<>&").contains(c)) out += '\\';
    out += c;
  }
  return out;
}

std::string example_name(const ExampleCase& example) {
  return example.title.empty() ? "in line " + std::to_string(example.line)
                               : "*" + escaped(example.title) + "*";
}

// A value behind a colon.
std::string shown(const std::string& value) {
  if (value.empty()) return " (empty)";
  const bool in_line = value.find_first_of("`\r\n") == std::string::npos && trim(value) == value;
  return in_line ? " `" + value + "`" : "\n\n" + code_block("", value);
}

class Hover {
 public:
  Hover(std::string_view markdown, const Analysis& analysis, std::size_t offset,
        const Directory* directory, const Evaluation& evaluation)
      : markdown_(markdown),
        analysis_(analysis),
        source_(analysis.source),
        offset_(std::min(offset, markdown.size())),
        place_(place_of(analysis, offset_)),
        directory_(directory),
        evaluation_(evaluation) {}

  std::optional<HoverText> run() {
    if (place_.piece == nullptr) return std::nullopt;
    if (place_.piece->kind == Piece::Kind::Heading) return heading();
    if (std::optional<HoverText> found = reference()) return found;
    if (std::optional<HoverText> found = name()) return found;
    if (place_.item == nullptr || place_.item->blocks.empty()) return std::nullopt;
    const Block& sentence = place_.item->blocks.front();
    const Span span = sentence.text.span();
    const bool inside =
        sentence.kind == Block::Kind::Paragraph && span.begin <= offset_ && offset_ <= span.end;
    if (!inside) return std::nullopt;
    return this->sentence(sentence.text);
  }

 private:
  std::optional<HoverText> heading() const {
    const Piece& piece = *place_.piece;
    const HeadingMeaning meaning = meaning_of_heading(piece);
    if (meaning.section == nullptr || offset_ > piece.span.end) return std::nullopt;
    return HoverText{piece.span, "**" + std::string(meaning.section->name) + "**\n\n" +
                                     std::string(meaning_of(meaning.section->kind))};
  }

  // {{name}} under the cursor.
  std::optional<HoverText> reference() const {
    if (place_.section != SectionKind::Do && place_.section != SectionKind::IfItFails)
      return std::nullopt;
    const std::string_view line = source_.line(place_.line);
    const std::size_t at =
        std::min(offset_ - std::min(offset_, source_.line_begin(place_.line)), line.size());
    // Between its second brace and the first that closes it.
    const std::size_t open = line.rfind("{{", at);
    if (open == std::string_view::npos) return std::nullopt;
    const std::size_t close = line.find("}}", open + 2);
    if (close == std::string_view::npos || close + 2 < at) return std::nullopt;
    const std::string_view inside = trim(line.substr(open + 2, close - open - 2));
    const std::string_view whole = trim(inside.substr(0, inside.find('|')));
    const std::string meaning = meaning_of_name(whole);
    if (meaning.empty()) return std::nullopt;
    const std::size_t begin = source_.line_begin(place_.line);
    return HoverText{{begin + open, begin + close + 2}, meaning};
  }
  // The name of a value anywhere else than where it is defined.
  std::optional<HoverText> name() const {
    for (const NamePlace& place : name_places(analysis_)) {
      if (place.definition || offset_ < place.span.begin || place.span.end < offset_) continue;
      const std::string meaning = meaning_of_name(place.name);
      if (!meaning.empty()) return HoverText{place.span, meaning};
    }
    return std::nullopt;
  }
  std::string meaning_of_name(std::string_view whole) const {
    const std::string_view name = whole.substr(0, whole.find('.'));
    for (const Extraction& extraction : analysis_.tree.extractions)
      if (extraction.name == name) return value(extraction);
    for (const Step& step : analysis_.tree.steps)
      if (step.output && *step.output == name) return output(step);
    if (whole.starts_with('`') || whole.starts_with("payload."))
      return "The value at this path of the webhook's JSON." +
             at_path(whole.starts_with('`') ? whole.substr(1, whole.size() - 2) : whole.substr(8));
    for (const MessageName& message : message_names())
      if (message.name == whole || message.name == name) return "A value of the message.";
    return {};
  }
  // Where a value comes from, and what it is in the examples.
  std::string value(const Extraction& extraction) const {
    return "Taken out of the message in line " + std::to_string(extraction.line) + ":\n\n" +
           code_block("markdown", std::string(source_.text(extraction.span))) +
           in_examples(extraction);
  }
  // The value in the first example that has one.
  std::string in_examples(const Extraction& extraction) const {
    for (const ExampleCase& example : analysis_.tree.examples) {
      std::optional<std::string> found;
      if (evaluation_.value) found = evaluation_.value(example, extraction);
      for (const Expectation& expected : example.expectations)
        if (!found && expected.kind == Expectation::Kind::NameIs &&
            expected.name == extraction.name)
          found = expected.value;
      if (found) return "\n\nIn the example " + example_name(example) + ":" + shown(*found);
    }
    return {};
  }
  std::string output(const Step& step) const {
    std::string out = "What the step in line " + std::to_string(step.line) + " got back:\n\n" +
                      code_block("markdown", std::string(source_.text(step.span)));
    const std::vector<const Item*> items = do_items(analysis_);
    const std::int64_t number =
        std::ranges::find(items, step.line, &Item::line) - items.begin() + 1;
    for (const ExampleCase& example : analysis_.tree.examples)
      for (const Expectation& given : example.expectations)
        if (given.kind == Expectation::Kind::StepAnswers && given.step == number)
          return out + "\n\nIn the example " + example_name(example) + ":" + shown(given.value);
    return out;
  }
  std::string at_path(std::string_view path) const {
    const std::vector<std::string> values = example_values(analysis_.tree, path);
    return values.empty() ? "" : "\n\nIn the examples:" + shown(values.front());
  }

  std::optional<HoverText> sentence(const Excerpt& text) const {
    const SectionKind section = sentences_of(*place_.section);
    const std::vector<Token> tokens = quiet_tokens(text, source_);
    const bool named = section == SectionKind::Extract && tokens.size() > 2 &&
                       tokens[1].kind == Token::Kind::Mark && tokens[1].value == ":";
    const std::string meaning = meaning_of_sentence(section, tokens, named ? 2 : 0);
    if (meaning.empty()) return std::nullopt;
    std::string out = meaning;
    const auto line = place_.item->line;
    for (const Trigger& trigger : analysis_.tree.triggers)
      for (const Condition& condition : trigger.conditions)
        if (condition.what.line == line) out += compiled(condition.what);
    for (const Extraction& extraction : analysis_.tree.extractions)
      if (extraction.line == line) out += in_examples(extraction);
    if (section == SectionKind::Do) out += step_at(line);
    return HoverText{text.span(), out};
  }
  static std::string_view meaning_of_form(SectionKind section, const std::vector<Token>& tokens) {
    const FormResult found = match_forms(section, tokens);
    const bool known = found.match.has_value();
    return known ? found.match->form->meaning : std::string_view{};
  }
  // What the form means and, in a step, each of its options.
  std::string meaning_of_sentence(SectionKind section, const std::vector<Token>& tokens,
                                  std::size_t first) const {
    const auto part = [&](std::size_t begin, std::size_t end) {
      return std::vector<Token>(tokens.begin() + static_cast<std::ptrdiff_t>(begin),
                                tokens.begin() + static_cast<std::ptrdiff_t>(end));
    };
    if (section != SectionKind::Do)
      return std::string(meaning_of_form(section, part(first, tokens.size())));
    const CutSentence cut = cut_options(tokens);
    std::string out(meaning_of_form(section, part(0, cut.form)));
    for (const CutSentence::Range& range : cut.options) {
      if (range.first == range.end) continue;
      const std::string_view meaning =
          meaning_of_form(SectionKind::StepOption, part(range.first, range.end));
      const Span span{tokens[range.first].span.begin, tokens[range.end - 1].span.end};
      if (!out.empty() && !meaning.empty())
        out += "\n\n" + code_block("markdown", std::string(source_.text(span))) + "\n\n" +
               std::string(meaning);
    }
    return out;
  }

  std::string compiled(const TriggerCondition& condition) const {
    TriggerCondition what = condition;
    what.line.reset();
    std::string out = "\n\n" + code_block("json", to_pretty_json(to_json_value(what)));
    const std::string value = evaluation_.seen ? evaluation_.seen(condition) : std::string();
    if (!value.empty()) out += "\n\n" + value;
    return out + verdicts(condition);
  }
  // For which examples the condition holds.
  std::string verdicts(const TriggerCondition& condition) const {
    if (!evaluation_.holds) return {};
    std::string good, bad;
    for (const ExampleCase& example : analysis_.tree.examples) {
      std::string& list = evaluation_.holds(example, condition) ? good : bad;
      list += (list.empty() ? "" : ", ") + example_name(example);
    }
    std::string out;
    if (!good.empty()) out += "\n\nHolds in the examples: " + good;
    if (!bad.empty()) out += "\n\nDoes not hold in the examples: " + bad;
    return out;
  }
  // The step as the data model has it; only rules without errors have one.
  std::string step_at(std::int64_t line) const {
    CompileOptions options;
    options.directory = directory_;
    const CompileResult result = compile_rule(markdown_, options);
    if (!result.rule) return {};
    for (const ActionConfig& action : result.rule->metadata.actions)
      if (action.line == line)
        return "\n\n" + code_block("json", to_pretty_json(to_json_value(action)));
    return {};
  }

  std::string_view markdown_;
  const Analysis& analysis_;
  const Source& source_;
  std::size_t offset_;
  Place place_;
  const Directory* directory_;
  const Evaluation& evaluation_;
};

}  // namespace

std::optional<HoverText> hover_text(std::string_view markdown, std::size_t offset,
                                    const Directory* directory, const Evaluation& evaluation) {
  const std::optional<Analysis> analysis = analyse(markdown);
  if (!analysis) return std::nullopt;
  return Hover(markdown, *analysis, offset, directory, evaluation).run();
}

}  // namespace msghub
