#include "rule/step_parts.h"
#include "rule/wording.h"

namespace msghub {

namespace {

void fill(Step& step, const StepReader& reader) {
  switch (reader.match().form->id) {
    case FormId::SendWebhook:
      step.what = read_webhook(reader);
      return;
    case FormId::RunSql:
      step.what = read_sql(reader);
      return;
    case FormId::SendEmail:
      step.what = read_email(reader);
      return;
    case FormId::PostToSlack:
      step.what = read_slack(reader);
      return;
    case FormId::AskChatgpt:
      step.what = read_chatgpt(reader, step.output, step.output_span);
      return;
    default:
      step.what = read_sheets(reader);
  }
}

// The form that the tokens fit; a forgotten comma before an option is said as such.
std::optional<FormMatch> form_of(const std::vector<Token>& tokens, ParseContext& context) {
  const FormResult found = match_forms(SectionKind::Do, tokens);
  const std::size_t at = found.miss.token;
  if (!found.match && at > 0 && begins_option(tokens, at)) {
    const std::size_t end = tokens[at - 1].span.end;
    context.report.add(tokens[at].span, wording::option_without_comma())
        .fix("write a comma", {end, end}, ",");
    return std::nullopt;
  }
  const bool condition = at > 2 && at + 2 < tokens.size() && tokens[at].kind == Token::Kind::Word &&
                         (tokens[at].value == "if" || tokens[at].value == "when");
  if (!found.match && condition) {
    context.report.add(tokens[at].span, wording::option_only_if())
        .fix("write only if", {tokens[at - 1].span.end, tokens[at].span.end}, ", only if");
    return std::nullopt;
  }
  return understand(SectionKind::Do, tokens, 0, context);
}

// What a step that was left out would have named, so that its uses are no further mistakes.
void keep_names(const std::vector<Token>& tokens, RuleTree& tree) {
  for (std::size_t i = 1; i < tokens.size(); ++i)
    if (tokens[i].kind == Token::Kind::Bold &&
        (tokens[i - 1].value == "for" || tokens[i - 1].value == "as"))
      tree.lost_outputs.push_back(tokens[i].value);
}

bool read_step(const Item& item, const std::vector<Token>& tokens, ParseContext& context) {
  if (tokens.empty()) return false;
  for (const Token& token : tokens)
    if (token.kind == Token::Kind::Broken) return false;  // reported as unclosed
  const CutSentence cut = cut_options(tokens);
  const std::vector<Token> sentence(tokens.begin(),
                                    tokens.begin() + static_cast<std::ptrdiff_t>(cut.form));
  const auto match = sentence.empty() ? std::nullopt : form_of(sentence, context);
  if (!match) return false;
  Step step;
  step.line = item.line;
  step.span = {tokens.front().span.begin, tokens.back().span.end};
  fill(step, StepReader(item, tokens, *match, cut.colon, context));
  // A step whose option is wrong stays: what it does was understood.
  read_options(tokens, cut, step, context);
  context.tree.steps.push_back(std::move(step));
  return true;
}

}  // namespace

void parse_steps(const Section& section, ParseContext& context) {
  context.tree.do_lines = {section.heading->line, section.last_line};
  const std::vector<Item> items = items_of(section, context);
  if (items.empty()) context.report.add(section.heading->span, wording::section_empty("Do"));
  for (const Item& item : items) {
    const std::vector<Token> tokens = sentence_of(item, SectionKind::Do, false, context);
    if (read_step(item, tokens, context)) continue;
    context.tree.steps_complete = false;
    keep_names(tokens, context.tree);
  }
}

}  // namespace msghub
