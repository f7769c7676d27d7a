#include <algorithm>
#include <array>
#include <utility>

#include "mime/mime.h"
#include "rule/http_block.h"
#include "rule/json_body.h"
#include "rule/names.h"
#include "rule/nearest.h"
#include "rule/sections.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

// A line such as "Subject: Invoice".
bool is_mail_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return c > ' ' && c < 0x7F; });
}

// The first of the headers that such a message needs and does not have.
std::string_view missing_header(std::string_view text,
                                std::initializer_list<std::string_view> all) {
  const std::string head = "\n" + lower_ascii(text.substr(0, text.find("\n\n")));
  for (const std::string_view name : all)
    if (!head.contains("\n" + lower_ascii(name) + ":")) return name;
  return {};
}

class ExampleParser {
 public:
  ExampleParser(const Section& section, ParseContext& context)
      : section_(section), context_(context) {}

  void run() {
    ExampleCase out;
    out.heading = section_.heading->span;
    out.line = section_.heading->line;
    out.title = trim(section_.title.text());
    if (out.title.empty()) context_.report.add(out.heading, wording::example_unnamed());
    const bool has_message = message(out);
    const std::vector<Item> items = items_of(section_, context_);
    for (const Item& item : items) expectation(item, out);
    if (items.empty()) context_.report.add(out.heading, wording::example_silent());
    if (has_message) context_.tree.examples.push_back(std::move(out));
  }

 private:
  bool message(ExampleCase& out) {
    const Block* found = nullptr;
    bool of_an_item = false;
    for (const Piece* piece : section_.content) {
      if (piece->kind == Piece::Kind::List) of_an_item = announces_block(piece->items.back());
      if (piece->kind != Piece::Kind::Block || piece->block.kind != Block::Kind::Fence) continue;
      if (std::exchange(of_an_item, false)) continue;  // should be indented: see items_of
      const Block& fence = piece->block;
      if (found != nullptr) {
        context_.report.add(fence.info_span, wording::example_second_message());
        continue;
      }
      found = &fence;
    }
    if (found == nullptr) {
      without_message();
      return false;
    }
    if (!found->closed) return false;
    out.message_span = found->info_span;
    out.raw = found->text.text();
    return understood(*found, out);
  }

  // Text or a quote above the list is the message without its marks.
  void without_message() {
    const Block* first = nullptr;
    const Block* last = nullptr;
    for (const Piece* piece : section_.content) {
      if (piece->kind != Piece::Kind::Block) break;
      if (first == nullptr) first = &piece->block;
      last = &piece->block;
    }
    const bool text =
        first != nullptr && (first->kind == Block::Kind::Paragraph ||
                             first->kind == Block::Kind::Quote || first->kind == Block::Kind::Code);
    std::string_view begin = text ? context_.source.text(first->span) : "";
    begin.remove_prefix(std::min(begin.find_first_not_of("> "), begin.size()));
    if (!is_mail_header(begin)) {
      context_.report.add(section_.heading->span, wording::example_without_message());
      return;
    }
    const Source& source = context_.source;
    std::string inside;
    for (std::size_t line = source.line_of(first->span.begin);
         line <= source.line_of(last->span.end); ++line) {
      std::string_view words = source.line(line);
      const std::size_t blanks = std::min(words.find_first_not_of(" \t"), words.size());
      if (first->kind != Block::Kind::Paragraph) words.remove_prefix(blanks);
      if (words.starts_with('>')) words.remove_prefix(words.starts_with("> ") ? 2 : 1);
      inside += std::string(words) + "\n";
    }
    context_.report
        .add({first->span.begin, source.line_end(source.line_of(first->span.begin))},
             wording::example_message_unmarked())
        .fix("make it an ```email block", {first->span.begin, last->span.end},
             "```email\n" + inside + "```");
  }

  bool understood(const Block& found, ExampleCase& out) {
    using enum ExampleCase::Message;
    if (found.info == "email") {
      out.message = Email;
      const std::string_view first = std::string_view(out.raw).substr(0, out.raw.find('\n'));
      if (!is_mail_header(first)) {
        const std::size_t end = std::min(out.raw.find('\n'), out.raw.size());
        context_.report.add(found.text.span(0, end), wording::example_not_mail());
        return false;
      }
      what_was_mended(found.info_span, out.raw);
    } else if (found.info == "json") {
      out.message = Json;
      return parse_json_body(found.text, false, context_.report).has_value();
    } else if (found.info == "text") {
      out.message = Text;
    } else if (found.info == "http") {
      out.message = Http;
      return check_http_block(found.text, context_.report);
    } else if (found.info == "sms" || found.info == "slack") {
      out.message = found.info == "sms" ? Sms : Slack;
      return chat(found, out.raw);
    } else {
      Report::Entry& entry =
          context_.report.add(found.info_span, wording::example_fence(found.info));
      const std::string meant = kind_meant(found);
      if (!meant.empty()) entry.fix("write " + meant, found.info_span, meant);
      return false;
    }
    return true;
  }

  // Headers that examples leave out, and texts that are no body, are no mistakes.
  void what_was_mended(Span place, const std::string& raw) {
    constexpr auto kDamage = std::to_array<std::string_view>(
        {"a header block ends at", "a multipart", "a part has an unknown", "an unknown charset",
         "base64", "bytes that are no text", "quoted-printable", "the last boundary"});
    for (const std::string& note : parse_mail(raw, {}).notes)
      if (std::ranges::any_of(kDamage,
                              [&](std::string_view begin) { return note.starts_with(begin); }))
        context_.report.add(place, wording::example_mended(note));
  }

  // What a block called `eml` or nothing at all should be called.
  static std::string kind_meant(const Block& found) {
    for (const std::string_view mail : {"eml", "mail", "e-mail", "message"})
      if (found.info == mail) return "email";
    if (found.info.empty())
      return is_mail_header(
                 std::string_view(found.text.text()).substr(0, found.text.text().find('\n')))
                 ? "email"
                 : "";
    std::vector<std::string> names;
    for (const auto& [kind, name] : kExampleMessageNames) names.emplace_back(name);
    return nearest(found.info, names);
  }

  bool chat(const Block& found, const std::string& raw) {
    const std::string_view missing = missing_header(raw, {"From", "To"});
    if (missing.empty()) return true;
    const std::size_t end = std::min(raw.find('\n'), raw.size());
    context_.report.add(found.text.span(0, end),
                        wording::example_not_chat(found.info == "sms" ? "SMS" : "post", missing));
    return false;
  }

  void expectation(const Item& item, ExampleCase& out) {
    std::vector<Token> tokens = sentence_of(item, SectionKind::Example, false, context_);
    if (tokens.empty()) return;
    // What a step sends may be full of quotation marks: it may stand in backticks as well.
    if (tokens.size() == 4 && tokens[2].value == "sends" && tokens[3].kind == Token::Kind::Code)
      tokens[3].kind = Token::Kind::Text;
    const auto match = understand(SectionKind::Example, tokens, 0, context_);
    if (!match) return;
    const bool takes_block = match->form->id == FormId::StepSendsBlock;
    refuse_blocks(item, takes_block ? 2 : 1);
    Expectation expected;
    expected.line = item.line;
    expected.span = {tokens.front().span.begin, tokens.back().span.end};
    if (takes_block && !text_of_block(item, expected)) return;
    if (!fill(*match, tokens, expected)) return;
    out.expectations.push_back(std::move(expected));
  }

  static bool is_text(const Block& block) {
    return block.kind == Block::Kind::Fence || block.kind == Block::Kind::Quote;
  }
  // Reports the first block behind the item's sentence from the given one on.
  void refuse_blocks(const Item& item, std::size_t first) {
    for (std::size_t i = 1; i < item.blocks.size(); ++i) {
      const Block& block = item.blocks[i];
      using enum Block::Kind;
      // Lists and indented code were refused with the sentence.
      if (block.kind == Prose || block.kind == List || block.kind == Code) continue;
      if (i < first && is_text(block)) continue;
      const std::size_t line = context_.source.line_of(block.span.begin);
      context_.report.add(
          {block.span.begin, context_.source.line_end(line)},
          first == 2 && i == 1 ? wording::expected_text_unmarked() : wording::item_too_long());
      return;
    }
  }
  // What "step 1 sends:" expects; nothing, and reported, when no block says it.
  bool text_of_block(const Item& item, Expectation& expected) {
    if (item.blocks.size() == 1)
      context_.report.add({expected.span.end, expected.span.end}, wording::expected_text_missing());
    if (item.blocks.size() == 1 || !is_text(item.blocks[1]) || !item.blocks[1].closed) return false;
    expected.value = item.blocks[1].text.text();
    return true;
  }

  bool fill(const FormMatch& match, const std::vector<Token>& tokens, Expectation& expected) {
    using Kind = Expectation::Kind;
    switch (match.form->id) {
      case FormId::Matches:
        expected.kind = Kind::Matches;
        return true;
      case FormId::DoesNotMatch:
        expected.kind = Kind::DoesNotMatch;
        return true;
      case FormId::StepSends:
        expected.kind = Kind::StepSends;
        expected.value = tokens[match.find(Slot::Text)->first].value;
        step(match, tokens, expected);
        return true;
      case FormId::StepSendsBlock:
        expected.kind = Kind::StepSends;
        step(match, tokens, expected);
        return true;
      case FormId::StepDoesNotRun:
        expected.kind = Kind::StepDoesNotRun;
        step(match, tokens, expected);
        return true;
      case FormId::StepAnswers:
        expected.kind = Kind::StepAnswers;
        step(match, tokens, expected);
        return answer(tokens[match.find(Slot::Answer)->first], expected);
      default:
        return name_is(match, tokens, expected);
    }
  }

  bool answer(const Token& answer, Expectation& expected) {
    expected.value = answer.value;
    if (answer.kind == Token::Kind::Text) return true;
    expected.answer = parse_json_body(answer.content, false, context_.report);
    return expected.answer.has_value();
  }

  bool name_is(const FormMatch& match, const std::vector<Token>& tokens, Expectation& expected) {
    expected.kind = Expectation::Kind::NameIs;
    const Token& name = tokens[match.find(Slot::Name)->first];
    expected.name = name.content.text();
    expected.name_span = name.span;
    if (const Capture* text = match.find(Slot::Text)) expected.value = tokens[text->first].value;
    if (const Capture* plain = match.find(Slot::Plain))
      for (std::size_t at = plain->first; at < plain->first + plain->count; ++at)
        expected.value += tokens[at].value;
    const Capture* number = match.find(Slot::Number);
    if (number == nullptr) return true;
    expected.value = tokens[number->first].value;
    if (is_plain_number(expected.value)) return true;
    context_.report.add(tokens[number->first].span, wording::expected_number(expected.value));
    return false;
  }

  static void step(const FormMatch& match, const std::vector<Token>& tokens,
                   Expectation& expected) {
    const Token& number = tokens[match.find(Slot::Number)->first];
    expected.name_span = number.span;
    const bool whole =
        number.value.size() < 6 && is_plain_number(number.value) && !number.value.contains('.');
    expected.step = whole ? std::stol(number.value) : 0;
  }

  const Section& section_;
  ParseContext& context_;
};

}  // namespace

void parse_example(const Section& section, ParseContext& context) {
  LineRange& lines = context.tree.example_lines;
  if (lines.first == 0) lines.first = section.heading->line;
  lines.last = section.last_line;
  ExampleParser(section, context).run();
}

}  // namespace msghub
