#include <algorithm>
#include <map>
#include <set>

#include "rule/names.h"
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
  if (operand.kind == Token::Kind::Number || operand.kind == Token::Kind::Word) return true;
  if (operand.value.find_first_not_of(" \t\n") == std::string::npos) {
    context.report.add(operand.span, wording::operand_empty());
    return false;
  }
  return !refuse_template(operand, context);
}

// The pattern of JSON's numbers of this value: 3, 3.0 and 3.00. They keep the digits that they came
// with, and have neither zeros before them nor a plus sign.
std::string pattern_of_number(std::string_view number) {
  const bool minus = number.starts_with('-');
  if (minus) number.remove_prefix(1);
  const std::size_t point = std::min(number.find('.'), number.size());
  std::string whole(number.substr(0, point));
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  std::string fraction(number.substr(std::min(point + 1, number.size())));
  fraction.erase(fraction.find_last_not_of('0') + 1);
  const bool zero = whole == "0" && fraction.empty();
  return std::string(zero    ? "^-?"
                     : minus ? "^-"
                             : "^") +
         whole + (fraction.empty() ? "(\\.0*)?$" : "\\." + fraction + "0*$");
}

// Compares with numbers by their value, in place of their text.
bool compare_numbers(const std::vector<Token>& values, TriggerCondition& condition,
                     ParseContext& context) {
  std::vector<std::string> patterns;
  for (const Token& token : values) {
    if (token.kind != Token::Kind::Number || !is_plain_number(token.value)) {
      context.report.add(token.span, wording::operand_number(token.value));
      return false;
    }
    patterns.push_back(pattern_of_number(token.value));
  }
  condition.operator_ = ConditionOperator::Matches;
  condition.value = patterns.front();
  if (patterns.size() > 1) condition.alternatives.emplace(patterns.begin() + 1, patterns.end());
  return true;
}

// The lines of conditions, by what they say.
using Seen = std::map<std::string, std::int64_t>;

std::optional<TriggerCondition> comparison(const FormMatch& match, const std::vector<Token>& tokens,
                                           ParseContext& context) {
  const std::optional<std::string> field = field_of(*match.find(Slot::Field), tokens, context);
  std::optional<TriggerCondition> out = comparison_of(match, tokens, field.value_or(""), context);
  return field ? std::move(out) : std::nullopt;
}

std::optional<TriggerCondition> emptiness(const FormMatch& match, const std::vector<Token>& tokens,
                                          ParseContext& context) {
  std::optional<std::string> field = field_of(*match.find(Slot::Field), tokens, context);
  if (!field) return std::nullopt;
  TriggerCondition out;
  out.field = std::move(*field);
  out.operator_ = ConditionOperator::Matches;
  out.value = out.field.starts_with("json:") ? kJsonHasContent : kHasContent;
  if (!match.has_word("not") && !match.has_word("isn't")) out.negated = true;
  return out;
}

// it comes from "ann@acme.com"
std::optional<TriggerCondition> sender(const FormMatch& match, const std::vector<Token>& tokens,
                                       ParseContext& context) {
  std::optional<TriggerCondition> out = comparison_of(match, tokens, "from", context);
  if (!out) return std::nullopt;
  if (match.has_word("not") || match.has_word("isn't")) out->negated = true;
  const Capture& operands = *match.find(Slot::Operands);
  for (std::size_t at = operands.first; at < operands.first + operands.count; ++at) {
    const std::string& value = tokens[at].value;
    const bool domain = value.starts_with('@') || (value.contains('.') && !value.contains('@'));
    if (!is_list_value(tokens[at], Slot::Operands) || !domain) continue;
    context.report.add(tokens[at].span, wording::sender_whole(value));
    return std::nullopt;
  }
  return out;
}

// Each attachment has a type, and each type a slash.
TriggerCondition attachment_there(bool negated, std::string_view type = "/") {
  TriggerCondition out;
  out.field = "attachment.type";
  out.operator_ = ConditionOperator::Contains;
  out.value = type;
  if (negated) out.negated = true;
  return out;
}

std::optional<TriggerCondition> condition_of(const FormMatch& match,
                                             const std::vector<Token>& tokens,
                                             ParseContext& context) {
  switch (match.form->id) {
    case FormId::HasAttachment:
      return attachment_there(false);
    case FormId::HasNoAttachment:
      return attachment_there(true);
    case FormId::HasPdf:
      return attachment_there(false, "pdf");
    case FormId::FieldIsEmpty:
      return emptiness(match, tokens, context);
    case FormId::ComesFrom:
      return sender(match, tokens, context);
    default:
      return comparison(match, tokens, context);
  }
}

// Where the comparison and its values stand, for what is said about them later.
void note_places(const FormMatch& match, const std::vector<Token>& tokens, Condition& condition) {
  const Capture* words = match.find(Slot::Operator);
  const Capture* operands = match.find(Slot::Operands);
  if (operands == nullptr) return;
  condition.comparison = {tokens[words == nullptr ? 0 : words->first].span.begin,
                          tokens[operands->first - 1].span.end};
  if (words != nullptr) condition.comparison.end = tokens[words->first + words->count - 1].span.end;
  std::set<std::string> values;
  for (std::size_t at = operands->first; at < operands->first + operands->count; ++at) {
    if (is_list_value(tokens[at], Slot::Operands) && values.insert(tokens[at].value).second)
      condition.value_spans.push_back(tokens[at].content.span());
  }
}

void take_condition(const FormMatch& match, const std::vector<Token>& tokens, Trigger& trigger,
                    Seen& seen, std::int64_t line, ParseContext& context) {
  std::optional<TriggerCondition> what = condition_of(match, tokens, context);
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
  const Capture* words = match.find(Slot::Operator);
  const OperatorName name = words == nullptr ? OperatorName{"is", ConditionOperator::Equals, false}
                                             : operator_names()[words->row];
  const bool exact = match.find(Slot::Case) != nullptr;
  bool good = true;
  std::vector<Token> values;
  std::set<std::string> seen;
  const Capture& operands = *match.find(Slot::Operands);
  for (std::size_t at = operands.first; at < operands.first + operands.count; ++at) {
    const Token& token = tokens[at];
    if (!is_list_value(token, Slot::Operands)) continue;  // any of, or
    good = check_operand(token, name.operator_, exact, context) && good;
    if (seen.insert(token.value).second)
      values.push_back(token);
    else if (good)
      context.report.add(token.span, wording::value_twice());
  }
  if (!good) return std::nullopt;

  TriggerCondition out;
  out.field = std::move(field);
  out.operator_ = name.operator_;
  out.value = values.front().value;
  if (values.size() > 1) out.alternatives.emplace();
  for (std::size_t i = 1; i < values.size(); ++i) out.alternatives->push_back(values[i].value);
  if (exact) out.case_sensitive = true;
  if (name.negated) out.negated = true;
  const bool numbers = out.field.starts_with("json:") &&
                       out.operator_ == ConditionOperator::Equals &&
                       std::ranges::find(values, Token::Kind::Number, &Token::kind) != values.end();
  if (numbers && !compare_numbers(values, out, context)) return std::nullopt;
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
