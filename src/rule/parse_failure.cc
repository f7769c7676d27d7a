#include <charconv>
#include <cmath>

#include "rule/step_parts.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

constexpr std::int64_t kMostRetries = 100;
constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kDayMs = 86'400'000;

// A text that the author did not write: what the steps say when they are given none.
class Saying {
 public:
  explicit Saying(Span span) { out_.span = span; }
  Saying& text(std::string text) {
    out_.parts.push_back({std::move(text), std::nullopt});
    return *this;
  }
  Saying& value(const std::string& name) {
    out_.parts.push_back({"", reference(name, out_.span)});
    return *this;
  }
  Template done() { return std::move(out_); }

  static Reference reference(const std::string& name, Span span) {
    Reference out;
    out.name = name;
    out.span = span;
    return out;
  }

 private:
  Template out_;
};

Template default_text(const std::string& rule, Span span) {
  Saying out(span);
  out.text("The rule \"" + rule + "\" has failed.\n\nError: ").value("error.message");
  out.text("\nCode: ").value("error.code").text("\nStep: ").value("error.step");
  out.text("\n\nMessage: ").value("message.id").text("\nFrom: ").value("message.from");
  out.text("\nSubject: ").value("message.subject");
  out.text("\nReceived: ").value("message.receivedAt").text("\n");
  return out.done();
}

Template default_post(const std::string& rule, Span span) {
  Saying out(span);
  out.text("The rule \"" + rule + "\" has failed: ").value("error.message");
  out.text(" (message ").value("message.id").text(")");
  return out.done();
}

JsonNode json_text(const std::string& text, Span span) {
  JsonNode out;
  out.kind = JsonNode::Kind::String;
  out.text = Saying(span).text(text).done();
  return out;
}

JsonNode json_value(const std::string& name, Span span) {
  JsonNode out;
  out.kind = JsonNode::Kind::Reference;
  out.value = Saying::reference(name, span);
  return out;
}

void add_member(JsonNode& object, const std::string& key, JsonNode child, Span span) {
  object.kind = JsonNode::Kind::Object;
  object.keys.push_back(Saying(span).text(key).done());
  object.children.push_back(std::move(child));
}

void default_body(WebhookStep& webhook, const std::string& rule, Span span) {
  JsonNode error, body;
  for (const char* part : {"message", "code", "step"})
    add_member(error, part, json_value("error." + std::string(part), span), span);
  add_member(body, "rule", json_text(rule, span), span);
  add_member(body, "message", json_value("message.id", span), span);
  add_member(body, "error", std::move(error), span);
  webhook.body = std::move(body);
  webhook.body_text = R"({"rule": )" + to_json(json::value(rule)) +
                      R"(, "message": "{{message.id}}", "error": {"message": "{{error.message}}", )"
                      R"("code": "{{error.code}}", "step": {{error.step}}}})";
}

class FailureParser {
 public:
  explicit FailureParser(ParseContext& context) : context_(context) {}

  void item(const Item& item) {
    const std::vector<Token> tokens = sentence_of(item, SectionKind::IfItFails, false, context_);
    if (tokens.empty()) return;
    const auto match = understand(SectionKind::IfItFails, tokens, 0, context_);
    if (!match) return;
    const Span span{tokens.front().span.begin, tokens.back().span.end};
    const bool retry = match->form->id == FormId::RetryTimes || match->form->id == FormId::NoRetry;
    if (!retry) return step(item, tokens, *match, span);
    refuse_blocks(item);
    if (retry_line_ != 0) {
      context_.report.add(span, wording::said_twice("how often it is retried", retry_line_,
                                                    SectionKind::IfItFails));
      return;
    }
    retry_line_ = item.line;
    retries(tokens, *match);
  }

 private:
  void refuse_blocks(const Item& item) {
    for (std::size_t i = 1; i < item.blocks.size(); ++i) {
      const Block& block = item.blocks[i];
      const bool of_a_step = block.kind == Block::Kind::Fence || block.kind == Block::Kind::Quote ||
                             block.kind == Block::Kind::Table ||
                             block.kind == Block::Kind::Paragraph;
      if (!of_a_step) continue;
      const std::size_t line = context_.source.line_of(block.span.begin);
      context_.report.add({block.span.begin, context_.source.line_end(line)},
                          wording::item_too_long());
      return;
    }
  }

  void retries(const std::vector<Token>& tokens, const FormMatch& match) {
    FailurePolicy& policy = context_.tree.failure;
    policy.retries = match.form->id == FormId::NoRetry ? 0 : match.has_word("twice") ? 2 : 1;
    if (const Capture* number = match.find(Slot::Number)) {
      const Token& token = tokens[number->first];
      const std::optional<std::int64_t> count = whole_number_of(token);
      if (!count || *count > kMostRetries)
        context_.report.add(token.span, wording::retry_count(token.value));
      policy.retries = count;
    }
    const Capture* time = match.find(Slot::Duration);
    if (time == nullptr) return;
    policy.over_ms = duration_of(*time, tokens);
    if (policy.over_ms && *policy.over_ms >= kSecondMs && *policy.over_ms <= 30 * kDayMs) return;
    const Span span{tokens[time->first].span.begin, tokens[time->first + 1].span.end};
    context_.report.add(span, wording::retry_time(context_.source.text(span)));
  }

  void step(const Item& item, const std::vector<Token>& tokens, const FormMatch& match, Span span) {
    Step out;
    out.line = item.line;
    out.span = span;
    // A colon announces nothing here: each of these steps can do without a block.
    const StepReader reader(item, tokens, match, false, context_);
    if (match.form->id == FormId::SendEmail)
      out.what = email(reader, span);
    else if (match.form->id == FormId::PostToSlack)
      out.what = slack(reader, span);
    else
      out.what = webhook(reader, span);
    context_.tree.failure.then.push_back(std::move(out));
  }

  EmailStep email(const StepReader& reader, Span span) {
    EmailStep out = read_email(reader, StepReader::Need::None);
    const std::string& rule = context_.tree.name;
    if (reader.token(Slot::Text) == nullptr)
      out.subject = Saying(span).text("Rule failed: " + rule).done();
    if (!out.text && !out.html) out.text = default_text(rule, span);
    return out;
  }
  SlackStep slack(const StepReader& reader, Span span) {
    SlackStep out = read_slack(reader, StepReader::Need::None);
    if (out.text.parts.empty()) out.text = default_post(context_.tree.name, span);
    return out;
  }
  WebhookStep webhook(const StepReader& reader, Span span) {
    WebhookStep out = read_webhook(reader);
    if (!out.body) default_body(out, context_.tree.name, span);
    return out;
  }

  ParseContext& context_;
  std::int64_t retry_line_ = 0;
};

}  // namespace

std::optional<std::int64_t> whole_number_of(const Token& token) {
  std::int64_t number = 0;
  const char* end = token.value.data() + token.value.size();
  const auto [stop, error] = std::from_chars(token.value.data(), end, number);
  if (token.kind != Token::Kind::Number || error != std::errc() || stop != end || number < 0)
    return std::nullopt;
  return number;
}

std::optional<std::int64_t> duration_of(const Capture& capture, const std::vector<Token>& tokens) {
  const Token& token = tokens[capture.first];
  double count = 1;
  if (token.kind == Token::Kind::Number) {
    const char* end = token.value.data() + token.value.size();
    const auto [stop, error] =
        std::from_chars(token.value.data(), end, count, std::chars_format::fixed);
    if (error != std::errc() || stop != end) return std::nullopt;
  }
  const std::string& unit = tokens[capture.first + 1].value;
  const double ms = unit.starts_with("second")   ? 1e3
                    : unit.starts_with("minute") ? 6e4
                    : unit.starts_with("hour")   ? 3.6e6
                                                 : 8.64e7;
  constexpr double kBeyondAll = 1e15;
  const double whole = std::round(count * ms);
  if (whole < 0 || whole > kBeyondAll) return std::nullopt;
  return static_cast<std::int64_t>(whole);
}

void parse_failure(const Section& section, ParseContext& context) {
  context.tree.failure.lines = {section.heading->line, section.last_line};
  const std::vector<Item> items = items_of(section, context);
  if (items.empty())
    context.report.add(section.heading->span, wording::section_empty("If it fails"));
  FailureParser parser(context);
  for (const Item& item : items) parser.item(item);
}

}  // namespace msghub
