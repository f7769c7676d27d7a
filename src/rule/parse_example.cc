#include <algorithm>

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
    return understood(*found, out);
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
    } else if (found.info == "json") {
      out.message = Json;
      return parse_json_body(found.text, false, context_.report).has_value();
    } else if (found.info == "text") {
      out.message = Text;
    } else if (found.info == "sms" || found.info == "slack") {
      out.message = found.info == "sms" ? Sms : Slack;
      return chat(found, out.raw);
    } else {
      context_.report.add(found.info_span, wording::example_fence(found.info));
      return false;
    }
    return true;
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
    const std::vector<Token> tokens = sentence_of(item, SectionKind::Example, true, context_);
    if (tokens.empty()) return;
    const auto match = understand(SectionKind::Example, tokens, 0, context_);
    if (!match) return;
    Expectation expected;
    expected.line = item.line;
    expected.span = {tokens.front().span.begin, tokens.back().span.end};
    if (!fill(*match, tokens, expected)) return;
    out.expectations.push_back(std::move(expected));
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
