#include <algorithm>
#include <map>
#include <set>

#include "rule/pattern.h"
#include "rule/sections.h"
#include "rule/wording.h"

namespace msghub {

namespace {

void take_channel(const FormMatch& match, const std::vector<Token>& tokens, Trigger& trigger,
                  std::int64_t line, ParseContext& context) {
  const Token& name = tokens[match.find(Slot::Channel)->first];
  if (name.value.empty()) {
    context.report.add(name.span, wording::name_not_bold(true));
    return;
  }
  if (trigger.channel_line != 0) {
    context.report.add(name.span, wording::channel_twice(trigger.channel, trigger.channel_line));
    return;
  }
  trigger.channel = name.value;
  trigger.channel_span = name.content.span();
  trigger.channel_line = line;
  if (match.form->id == FormId::EmailArrives) trigger.type = ChannelType::Email;
  if (match.form->id == FormId::WebhookArrives) trigger.type = ChannelType::Webhook;
  if (match.form->id == FormId::SmsArrives) trigger.type = ChannelType::Sms;
  if (match.form->id == FormId::SlackArrives) trigger.type = ChannelType::Slack;
}

// Whether the operand is of the kind that the comparison takes.
bool check_operand(const Token& operand, ConditionOperator operator_, bool case_sensitive,
                   ParseContext& context) {
  const bool is_pattern = operand.kind == Token::Kind::Pattern;
  if (operator_ == ConditionOperator::Matches) {
    if (is_pattern) return check_pattern_token(operand, case_sensitive, context.report);
    context.report.add(operand.span, wording::pattern_missing());
    return false;
  }
  if (is_pattern) {
    context.report.add(operand.span, wording::pattern_unexpected());
    return false;
  }
  if (operand.value.find_first_not_of(" \t\n") == std::string::npos) {
    context.report.add(operand.span, wording::operand_empty());
    return false;
  }
  return !refuse_template(operand, context);
}

// The lines of conditions, by what they say.
using Seen = std::map<std::string, std::int64_t>;

std::optional<TriggerCondition> comparison(const FormMatch& match, const std::vector<Token>& tokens,
                                           ParseContext& context) {
  const std::optional<std::string> field = field_of(*match.find(Slot::Field), tokens, context);
  std::optional<TriggerCondition> out = comparison_of(match, tokens, field.value_or(""), context);
  return field ? std::move(out) : std::nullopt;
}

// Each attachment has a type, and each type a slash.
TriggerCondition attachment_there(bool negated) {
  TriggerCondition out;
  out.field = "attachment.type";
  out.operator_ = ConditionOperator::Contains;
  out.value = "/";
  if (negated) out.negated = true;
  return out;
}

// Where the comparison and its values stand, for what is said about them later.
void note_places(const FormMatch& match, const std::vector<Token>& tokens, Condition& condition) {
  const Capture* words = match.find(Slot::Operator);
  const Capture* operands = match.find(Slot::Operands);
  if (words == nullptr || operands == nullptr) return;
  condition.comparison = {tokens[words->first].span.begin,
                          tokens[words->first + words->count - 1].span.end};
  std::set<std::string> values;
  for (std::size_t at = operands->first; at < operands->first + operands->count; ++at) {
    const Token::Kind kind = tokens[at].kind;
    const bool value = kind != Token::Kind::Word && kind != Token::Kind::Mark;
    if (value && values.insert(tokens[at].value).second)
      condition.value_spans.push_back(tokens[at].content.span());
  }
}

void take_condition(const FormMatch& match, const std::vector<Token>& tokens, Trigger& trigger,
                    Seen& seen, std::int64_t line, ParseContext& context) {
  std::optional<TriggerCondition> what =
      match.form->id == FormId::Condition
          ? comparison(match, tokens, context)
          : attachment_there(match.form->id == FormId::HasNoAttachment);
  if (!what) return;
  Condition condition;
  condition.span = {tokens.front().span.begin, tokens.back().span.end};
  condition.what = std::move(*what);
  note_places(match, tokens, condition);
  const std::string key = to_json(to_json_value(condition.what));
  const auto [found, is_new] = seen.try_emplace(key, line);
  if (!is_new) context.report.add(condition.span, wording::condition_twice(found->second));
  condition.what.line = line;
  trigger.conditions.push_back(std::move(condition));
}

}  // namespace

std::optional<TriggerCondition> comparison_of(const FormMatch& match,
                                              const std::vector<Token>& tokens, std::string field,
                                              ParseContext& context) {
  const OperatorName& name = operator_names()[match.find(Slot::Operator)->row];
  const bool exact = match.find(Slot::Case) != nullptr;
  bool good = true;
  std::vector<std::string> values;
  const Capture& operands = *match.find(Slot::Operands);
  for (std::size_t at = operands.first; at < operands.first + operands.count; ++at) {
    const Token::Kind kind = tokens[at].kind;
    if (kind == Token::Kind::Word || kind == Token::Kind::Mark) continue;  // any of, or
    good = check_operand(tokens[at], name.operator_, exact, context) && good;
    if (std::find(values.begin(), values.end(), tokens[at].value) == values.end())
      values.push_back(tokens[at].value);
    else if (good)
      context.report.add(tokens[at].span, wording::value_twice());
  }
  if (!good) return std::nullopt;

  TriggerCondition out;
  out.field = std::move(field);
  out.operator_ = name.operator_;
  out.value = values.front();
  if (values.size() > 1) out.alternatives.emplace(values.begin() + 1, values.end());
  if (exact) out.case_sensitive = true;
  if (name.negated) out.negated = true;
  return out;
}

void parse_trigger(const Section& section, ParseContext& context) {
  Trigger trigger;
  trigger.heading = section.heading->span;
  trigger.first_line = section.heading->line;
  trigger.last_line = section.last_line;
  bool understood = true;
  Seen seen;
  for (const Item& item : items_of(section, context)) {
    const std::vector<Token> tokens = sentence_of(item, section.kind, true, context);
    const std::optional<FormMatch> match =
        tokens.empty() ? std::nullopt : understand(section.kind, tokens, 0, context);
    if (!match) {
      understood = false;
      continue;
    }
    if (match->find(Slot::Channel) != nullptr)
      take_channel(*match, tokens, trigger, item.line, context);
    else
      take_condition(*match, tokens, trigger, seen, item.line, context);
  }
  if (trigger.channel_line == 0 && section.kind == SectionKind::OrWhen &&
      !context.tree.triggers.empty()) {
    const Trigger& first = context.tree.triggers.front();
    trigger.inherited = true;
    trigger.channel = first.channel;
    trigger.type = first.type;
    trigger.channel_span = first.channel_span;
    trigger.channel_line = trigger.first_line;
    if (trigger.conditions.empty() && understood)
      context.report.add(section.heading->span, wording::section_empty("Or when"));
  } else if (trigger.channel_line == 0 && understood) {
    context.report.add(section.heading->span, wording::channel_missing());
  }
  context.tree.triggers.push_back(std::move(trigger));
}

}  // namespace msghub
