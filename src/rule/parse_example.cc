#include <algorithm>

#include "rule/json_body.h"
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

bool is_plain_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t dot = text.find('.');
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (dot == std::string_view::npos) return digits(text);
  return digits(text.substr(0, dot)) && digits(text.substr(dot + 1));
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
    for (const Piece* piece : section_.content) {
      if (piece->kind != Piece::Kind::Block || piece->block.kind != Block::Kind::Fence) continue;
      const Block& fence = piece->block;
      if (found != nullptr) {
        context_.report.add(fence.info_span, wording::example_second_message());
        continue;
      }
      found = &fence;
    }
    if (found == nullptr) {
      context_.report.add(section_.heading->span, wording::example_without_message());
      return false;
    }
    if (!found->closed) return false;
    out.message_span = found->info_span;
    out.raw = found->text.text();
    using enum ExampleCase::Message;
    if (found->info == "email") {
      out.message = Email;
      const std::string_view first = std::string_view(out.raw).substr(0, out.raw.find('\n'));
      if (!is_mail_header(first)) {
        const std::size_t end = std::min(out.raw.find('\n'), out.raw.size());
        context_.report.add(found->text.span(0, end), wording::example_not_mail());
        return false;
      }
    } else if (found->info == "json") {
      out.message = Json;
      return parse_json_body(found->text, false, context_.report).has_value();
    } else if (found->info == "text") {
      out.message = Text;
    } else {
      context_.report.add(found->info_span, wording::example_fence(found->info));
      return false;
    }
    return true;
  }

  void expectation(const Item& item, ExampleCase& out) {
    const std::vector<Token> tokens = sentence_of(item, SectionKind::Example, true, context_);
    if (tokens.empty()) return;
    const auto match = understand(SectionKind::Example, tokens, 0, context_);
    if (!match) return;
    Expectation expected;
    expected.line = item.line;
    expected.span = {tokens.front().span.begin, tokens.back().span.end};
    switch (match->form->id) {
      case FormId::Matches:
        expected.kind = Expectation::Kind::Matches;
        break;
      case FormId::DoesNotMatch:
        expected.kind = Expectation::Kind::DoesNotMatch;
        break;
      case FormId::StepSends:
        if (!step_sends(*match, tokens, expected)) return;
        break;
      default:
        if (!name_is(*match, tokens, expected)) return;
        break;
    }
    out.expectations.push_back(std::move(expected));
  }

  bool name_is(const FormMatch& match, const std::vector<Token>& tokens, Expectation& expected) {
    expected.kind = Expectation::Kind::NameIs;
    const Token& name = tokens[match.find(Slot::Name)->first];
    expected.name = name.content.text();
    expected.name_span = name.span;
    if (const Capture* text = match.find(Slot::Text)) expected.value = tokens[text->first].value;
    const Capture* number = match.find(Slot::Number);
    if (number == nullptr) return true;
    expected.value = tokens[number->first].value;
    if (is_plain_number(expected.value)) return true;
    context_.report.add(tokens[number->first].span, wording::expected_number(expected.value));
    return false;
  }

  bool step_sends(const FormMatch& match, const std::vector<Token>& tokens, Expectation& expected) {
    expected.kind = Expectation::Kind::StepSends;
    const Token& number = tokens[match.find(Slot::Number)->first];
    expected.name_span = number.span;
    expected.value = tokens[match.find(Slot::Text)->first].value;
    const bool whole =
        number.value.size() < 6 && is_plain_number(number.value) && !number.value.contains('.');
    expected.step = whole ? std::stol(number.value) : 0;
    return true;
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
