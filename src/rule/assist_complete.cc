#include <algorithm>
#include <set>
#include <utility>

#include "rule/assist_parts.h"
#include "rule/assist_slots.h"
#include "rule/assist_values.h"
#include "rule/filters.h"
#include "rule/form_match.h"
#include "rule/headings.h"
#include "rule/nearest.h"
#include "rule/step_parts.h"
#include "rule/time_zones.h"

namespace msghub {

namespace {

using Kind = Completion::Kind;

bool starts_with(std::string_view text, std::string_view start) {
  return lower_ascii(text.substr(0, start.size())) == lower_ascii(start);
}

class Completer {
 public:
  Completer(const Analysis& analysis, std::size_t offset, const Directory* directory)
      : analysis_(analysis),
        source_(analysis.source),
        offset_(std::min(offset, source_.bytes().size())),
        place_(place_of(analysis, offset_)),
        directory_(directory) {
    const std::size_t begin = std::min(source_.line_begin(place_.line), offset_);
    offset_ = std::clamp(offset_, begin, source_.line_end(place_.line));
    before_ = source_.bytes().substr(begin, offset_ - begin);
    range_ = {offset_, offset_};
  }

  std::vector<Completion> run() {
    if (!fence() && !reference() && !heading() && place_.section) sentence();
    return std::move(out_);
  }

 private:
  void add(std::string label, std::string insertion, Kind kind, std::string_view detail = {},
           std::string_view documentation = {}) {
    if (!starts_with(label, partial_) || !seen_.insert(label).second) return;
    out_.push_back({std::move(label), range_, std::move(insertion), kind, std::string(detail),
                    std::string(documentation)});
  }
  void add(std::string label, Kind kind, std::string_view detail = {},
           std::string_view documentation = {}) {
    std::string insertion = label;
    add(std::move(label), std::move(insertion), kind, detail, documentation);
  }
  // The cursor stands behind this beginning of what is to be completed.
  void take_partial(std::string_view text) {
    partial_ = text;
    range_ = {offset_ - text.size(), offset_};
  }

  // ---- headings

  bool heading() {
    const std::size_t first = before_.find_first_not_of(' ');
    const bool hash = first != std::string_view::npos && first < 4 && before_[first] == '#';
    const bool empty = first == std::string_view::npos && source_.line(place_.line).empty();
    if (!hash && !empty) return false;
    if (hash) {
      const std::size_t name = std::min(before_.find_first_not_of("# \t", first), before_.size());
      partial_ = before_.substr(name);
      range_ = {source_.line_begin(place_.line), source_.line_end(place_.line)};
    }
    std::set<SectionKind> used;
    for (const Piece& piece : analysis_.pieces) {
      if (piece.kind != Piece::Kind::Heading) continue;
      const HeadingMeaning meaning = meaning_of_heading(piece);
      const bool here = static_cast<std::size_t>(piece.line) == place_.line;
      if (meaning.section != nullptr && !here) used.insert(meaning.section->kind);
    }
    for (const SectionName& name : section_names()) {
      const bool example = name.kind == SectionKind::Example;
      const bool many = example || name.kind == SectionKind::OrWhen;
      if (!many && used.contains(name.kind)) continue;
      const std::string label = std::string(name.name) + (example ? ": " : "");
      add(label, "## " + label, Kind::Section, "a section");
    }
    return hash;
  }

  // ---- ```

  bool fence() {
    const std::size_t first = before_.find_first_not_of(' ');
    if (first == std::string_view::npos || !before_.substr(first).starts_with("```")) return false;
    const std::size_t marks = std::min(before_.find_first_not_of('`', first), before_.size());
    const std::string_view language = before_.substr(marks);
    const Block* block = place_.item != nullptr    ? block_at(*place_.item, source_, place_.line)
                         : place_.piece != nullptr ? &place_.piece->block
                                                   : nullptr;
    // A line of marks within a block ends it.
    const bool opens = block != nullptr && block->kind == Block::Kind::Fence &&
                       source_.line_of(block->span.begin) == place_.line;
    if (!opens || language.contains(' ')) return true;
    take_partial(language);
    range_.end = source_.line_end(place_.line);
    for (const std::string_view name : block_languages(analysis_, place_))
      add(std::string(name), Kind::Word, "a block");
    return true;
  }

  // ---- {{…}} and :name

  bool has_references() const {
    return place_.section == SectionKind::Do || place_.section == SectionKind::IfItFails;
  }
  bool reference() {
    if (!has_references()) return false;
    const std::size_t open = before_.rfind("{{");
    if (open != std::string_view::npos && !before_.substr(open).contains("}}")) {
      const std::string_view inside = before_.substr(open + 2);
      const std::size_t bar = inside.rfind('|');
      const std::size_t from = bar == std::string_view::npos ? 0 : bar + 1;
      const std::size_t name = std::min(inside.find_first_not_of(' ', from), inside.size());
      take_partial(inside.substr(name));
      if (from == 0 && partial_.starts_with('`')) take_rest("`");
      if (from > 0)
        filters();
      else
        names(source_.bytes().substr(range_.end).starts_with("}}") ? "" : "}}");
      return true;
    }
    const Block* block =
        place_.item == nullptr ? nullptr : block_at(*place_.item, source_, place_.line);
    const bool inside = block != nullptr && block != &place_.item->blocks.front();
    const std::size_t colon = before_.find_last_not_of(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");
    if (inside && block->info == "sql" && colon != std::string_view::npos &&
        before_[colon] == ':' && (colon == 0 || before_[colon - 1] != ':')) {
      take_partial(before_.substr(colon + 1));
      names("", false);
    }
    return inside;
  }
  void names(const std::string& end, bool with_paths = true) {
    for (const Callable& callable : callables(analysis_, place_, with_paths))
      add(callable.name, callable.name + end, Kind::Value, callable.detail);
  }

  void filters() {
    for (const FilterInfo& filter : all_filters())
      add(std::string(filter.name), std::string(filter.usage), Kind::Filter, filter.usage,
          filter.meaning);
  }

  // ---- sentences

  void sentence() {
    const SectionKind section = sentences_of(*place_.section);
    Excerpt text = Excerpt::empty_at(offset_);
    std::string mark;
    if (!sentence_before(text, mark)) return;
    if (section == SectionKind::Settings && time_zone()) return;
    std::vector<Token> tokens = quiet_tokens(text, source_);
    if (!tokens.empty() && tokens.back().kind == Token::Kind::Broken) {
      if (!enclosed(source_.text(tokens.back().span))) return;
      tokens.pop_back();
    } else if (!tokens.empty() && tokens.back().kind == Token::Kind::Word &&
               tokens.back().span.end == offset_) {
      take_partial(source_.text(tokens.back().span));
      tokens.pop_back();
    }
    if (section == SectionKind::Do && options_behind(tokens)) return;
    if (section != SectionKind::Extract) return forms_behind(section, tokens, 0, mark);
    const auto is_colon = [](const Token& token) {
      return token.kind == Token::Kind::Mark && token.value == ":";
    };
    const auto colon = std::find_if(tokens.begin(), tokens.end(), is_colon);
    if (colon != tokens.end())
      forms_behind(section, tokens, static_cast<std::size_t>(colon - tokens.begin()) + 1, mark);
    else if (tokens.empty())
      sentences(section, true, mark);
  }

  // The cursor stands behind an opening mark; false where nothing is known of what it encloses.
  bool enclosed(std::string_view open) {
    for (const std::string_view mark : {"**", "`", "\""}) {
      if (!open.starts_with(mark)) continue;
      take_partial(before_.substr(std::min(before_.rfind(mark), before_.size())));
      take_rest(mark);
      return true;
    }
    return false;
  }
  std::string_view rest_of_line() const {
    return source_.bytes().substr(offset_, source_.line_end(place_.line) - offset_);
  }
  // What ends behind the cursor is replaced as a whole. Only names have blanks; behind others, the
  // next mark may open something else.
  void take_rest(std::string_view mark) {
    const std::string_view rest = rest_of_line();
    const std::size_t close = rest.find(mark);
    if (close == std::string_view::npos) return;
    if (mark == "**" || !rest.substr(0, close).contains(' ')) range_.end += close + mark.size();
  }

  bool time_zone() {
    for (const std::string_view words : {"time zone:", "time zone is ", "timezone:"}) {
      const std::size_t at = lower_ascii(before_).find(words);
      if (at == std::string::npos) continue;
      const std::string_view rest = before_.substr(at + words.size());
      take_partial(rest.substr(std::min(rest.find_first_not_of(' '), rest.size())));
      range_.end = source_.line_end(place_.line);
      for (const std::string_view zone : time_zones()) add(std::string(zone), Kind::Value);
      return true;
    }
    return false;
  }

  // Whether the cursor stands behind the form of a step, among its options.
  bool options_behind(const std::vector<Token>& tokens) {
    const CutSentence cut = cut_options(tokens);
    const auto part = [&](std::size_t first, std::size_t end) {
      return std::vector<Token>(tokens.begin() + static_cast<std::ptrdiff_t>(first),
                                tokens.begin() + static_cast<std::ptrdiff_t>(end));
    };
    const bool comma =
        !tokens.empty() && tokens.back().kind == Token::Kind::Mark && tokens.back().value == ",";
    if (!cut.options.empty() && !cut.colon) {
      if (comma)
        sentences(SectionKind::StepOption, false, {});
      else
        option(part(cut.options.back().first, cut.options.back().end));
      return true;
    }
    if (cut.colon || tokens.empty()) return false;
    const bool whole =
        match_forms(SectionKind::Do, part(0, tokens.size() - (comma ? 1 : 0))).match.has_value();
    // Behind a comma the form may go on as well.
    if (whole && comma) sentences(SectionKind::StepOption, false, {});
    if (whole && !comma && partial_.empty()) {
      // The comma takes the place of the blanks behind the form.
      const Span range = std::exchange(range_, {tokens.back().span.end, offset_});
      sentences(SectionKind::StepOption, false, ", ");
      range_ = range;
    }
    return false;
  }
  void option(const std::vector<Token>& tokens) {
    const FormResult found = match_forms(SectionKind::StepOption, tokens);
    const Capture* guard = found.match ? found.match->find(Slot::Any) : nullptr;
    if (guard == nullptr) return forms_behind(SectionKind::StepOption, tokens, 0, {});
    std::size_t first = guard->first;
    for (std::size_t at = first; at < tokens.size(); ++at)
      if (tokens[at].kind == Token::Kind::Word && tokens[at].value == "and") first = at + 1;
    for (const Miss::Expected& expected : continuations(SectionKind::Guard, tokens, first))
      offer(expected, tokens);
    if (first < tokens.size() && match_forms(SectionKind::Guard, tokens, first).match)
      add("and", Kind::Word);
  }

  // The sentence up to the cursor. `mark`: the list mark that it still lacks.
  bool sentence_before(Excerpt& text, std::string& mark) const {
    const std::string_view bare = trim(before_);
    if (place_.item != nullptr) {
      const Block* block = block_at(*place_.item, source_, place_.line);
      const bool in_sentence = block != nullptr && block == &place_.item->blocks.front() &&
                               block->kind == Block::Kind::Paragraph;
      const bool blank_line = trim(source_.line(place_.line)).empty();
      if (in_sentence && !blank_line) {
        text = up_to(block->text, offset_);
        return true;
      }
      // A mark without a sentence is an item without blocks.
      if (place_.item->blocks.empty() &&
          place_.item->line == static_cast<std::int64_t>(place_.line))
        return true;
      if (in_sentence && before_.size() > bare.size() && !blank_line) return false;
    }
    if (!source_.line(place_.line).empty()) return false;
    mark = place_.section == SectionKind::Do ? std::to_string(steps_above() + 1) + ". " : "- ";
    return true;
  }
  std::size_t steps_above() const {
    std::size_t count = 0;
    for (const Step& step : analysis_.tree.steps)
      if (step.line < static_cast<std::int64_t>(place_.line)) ++count;
    return count;
  }

  // Whole sentences, as the reference shows them.
  void sentences(SectionKind section, bool with_name, const std::string& mark) {
    for (const Form& form : all_forms()) {
      if (form.section != section) continue;
      std::string_view text = form.example;
      if (section == SectionKind::Extract && !with_name)
        text = trim(text.substr(text.find(':') + 1));
      const std::string label(text);
      add(label, mark + label, Kind::Sentence, {}, form.meaning);
    }
  }

  // Those whose beginning stands there word by word.
  void begun_sentences(SectionKind section, std::size_t begin) {
    const std::string partial = partial_;
    const Span range = range_;
    take_partial(source_.text({begin, offset_}));
    sentences(section, false, {});
    partial_ = partial;
    range_ = range;
  }

  void forms_behind(SectionKind section, const std::vector<Token>& tokens, std::size_t first,
                    const std::string& mark) {
    if (tokens.size() == first) {
      sentences(section, false, mark);
      if (partial_.empty()) return;
    } else {
      begun_sentences(section, tokens[first].span.begin);
    }
    for (const Miss::Expected& expected : continuations(section, tokens, first))
      offer(expected, tokens);
    // "field" begins a slot, which is one piece to the matcher.
    if (tokens.size() > first && tokens.back().value == "field") paths();
  }

  void offer(const Miss::Expected& expected, const std::vector<Token>& tokens) {
    const std::string_view slot = expected.slot ? slot_name(*expected.slot) : std::string_view{};
    if (!expected.phrase.empty()) {
      // The words of the phrase that are not there yet.
      std::string_view rest = expected.phrase;
      for (std::size_t i = expected.slot_begin; i < tokens.size(); ++i)
        rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
      const Kind kind = slot == "field"                        ? Kind::Field
                        : slot == "operator" || slot == "test" ? Kind::Operator
                                                               : Kind::Word;
      return add(std::string(rest), kind, std::string(slot));
    }
    if (!expected.word.empty()) return add(expected.word, Kind::Word);
    if (slot == "channel") channels();
    for (const NameSlot& name : kNameSlots)
      if (name.slot == slot) connections(name.service);
    if (slot == "value") names("");
    if (slot == "path" || slot == "field") paths();
    if (slot == "operand" || slot == "operands") operands(tokens);
    if (slot == "name" || slot == "file")
      for (const Extraction& extraction : analysis_.tree.extractions)
        add(extraction.name, Kind::Value, source_.text(extraction.span));
    if (slot == "number" && place_.section == SectionKind::Example) step_numbers();
    for (const Placeholder& placeholder : kPlaceholders)
      // An empty pair of marks says nothing behind the first of them.
      if (placeholder.slot == slot && (partial_.empty() || placeholder.text.size() > 2))
        add(std::string(placeholder.text), Kind::Value, placeholder.detail);
  }

  void paths() {
    for (const SeenPath& seen : example_paths(analysis_.tree))
      add("`" + seen.path + "`", Kind::Field, seen.value);
  }
  // What the examples have where the condition looks.
  void operands(const std::vector<Token>& tokens) {
    const auto path = std::ranges::find(tokens, Token::Kind::Code, &Token::kind);
    if (path == tokens.end()) return;
    for (const std::string& value : example_values(analysis_.tree, path->value))
      add(in_quotes(value), Kind::Value, "in an example");
  }
  void step_numbers() {
    std::size_t number = 0;
    for (const Item* item : do_items(analysis_))
      add(std::to_string(++number), Kind::Value,
          item->blocks.empty() ? "" : in_short(item->blocks.front().text.text()));
  }

  void channels() {
    if (directory_ != nullptr)
      for (const NamedChannel& channel : directory_->channels)
        bold(channel.name, wire_name(channel.type));
    else
      for (const Trigger& trigger : analysis_.tree.triggers) bold(trigger.channel, "a channel");
  }
  void connections(std::optional<IntegrationService> service) {
    if (directory_ != nullptr) {
      for (const NamedConnection& connection : directory_->connections)
        if (!service || connection.service == *service)
          bold(connection.name, wire_name(connection.service));
      return;
    }
    for (const Step& step : analysis_.tree.steps)
      std::visit(
          [this](const auto& what) {
            if constexpr (requires { what.connection; })
              if (what.connection.name) bold(*what.connection.name, "a connection");
          },
          step.what);
  }
  void bold(const std::string& name, std::string_view detail) {
    if (!name.empty() && !name.contains('*')) add("**" + name + "**", Kind::Connection, detail);
  }

  const Analysis& analysis_;
  const Source& source_;
  std::size_t offset_;
  Place place_;
  const Directory* directory_;
  std::string_view before_;  // the line up to the cursor
  std::string partial_;
  Span range_;
  std::set<std::string> seen_;
  std::vector<Completion> out_;
};

}  // namespace

std::vector<Completion> completions(std::string_view markdown, std::size_t offset,
                                    const Directory* directory) {
  const std::optional<Analysis> analysis = analyse(markdown);
  if (!analysis) return {};
  return Completer(*analysis, offset, directory).run();
}

}  // namespace msghub
