#include "pipeline/trace.h"

#include <algorithm>

#include "pipeline/content.h"
#include "store/executions.h"
#include "store/messages.h"
#include "store/rules.h"

namespace msghub {

namespace {

std::string say_failure(const ConditionVerdict& verdict) {
  const std::string text = "line " + std::to_string(verdict.condition.line.value_or(0)) + ": " +
                           condition_in_words(verdict.condition);
  if (verdict.seen) return text + ", but it is \"" + *verdict.seen + "\"";
  return text + ", but the message has none";
}

struct Words {
  std::string_view plain;
  std::string_view negated;
};

Words words_of(ConditionOperator op) {
  switch (op) {
    case ConditionOperator::Contains:
      return {"contains", "does not contain"};
    case ConditionOperator::Equals:
      return {"is", "is not"};
    case ConditionOperator::Matches:
      return {"matches", "does not match"};
    case ConditionOperator::StartsWith:
      return {"starts with", "does not start with"};
    case ConditionOperator::EndsWith:
      return {"ends with", "does not end with"};
  }
  return {};
}

std::string field_in_words(const std::string& field) {
  if (field == "from") return "the sender";
  if (field == "to") return "the recipient";
  if (field == "from.name") return "the sender's name";
  if (field == "attachment.name") return "an attachment's name";
  if (field == "attachment.type") return "an attachment's type";
  if (field.starts_with("header:")) return "the header \"" + field.substr(7) + "\"";
  if (field.starts_with("json:")) return "`" + field.substr(5) + "`";
  return "the " + field;
}

}  // namespace

std::string condition_in_words(const TriggerCondition& condition) {
  if (asks_for_content(condition))
    return field_in_words(condition.field) +
           (condition.negated.value_or(false) ? " is empty" : " is not empty");
  const Words words = words_of(condition.operator_);
  const bool pattern = condition.operator_ == ConditionOperator::Matches;
  const std::string quote = pattern ? "/" : "\"";
  std::string values = quote + condition.value + quote;
  if (condition.alternatives) {
    for (const std::string& other : *condition.alternatives)
      values += (&other == &condition.alternatives->back() ? " or " : ", ") + quote + other + quote;
    values = "any of " + values;
  }
  return field_in_words(condition.field) + " " +
         std::string(condition.negated.value_or(false) ? words.negated : words.plain) + " " +
         values + (condition.case_sensitive.value_or(false) ? " (exact case)" : "");
}

std::string say_why(const Explanation& explanation, RuleStatus status, bool matched_then) {
  if (matched_then) return "it matched when the message came";
  if (explanation.matches && status == RuleStatus::Draft)
    return "it would match, but the rule is a draft: activate it";
  if (explanation.matches && status != RuleStatus::Active)
    return "it would match, but the rule is " + std::string(wire_name(status));
  if (explanation.matches)
    return "it matches now, but did not match, or was not active, when the message came";
  const bool any_channel = std::ranges::any_of(explanation.triggers, &TriggerVerdict::channel_fits);
  if (!any_channel) return "the rule watches another channel";
  std::string why;
  for (const TriggerVerdict& trigger : explanation.triggers) {
    if (!trigger.channel_fits) continue;
    for (const ConditionVerdict& verdict : trigger.conditions) {
      if (verdict.holds) continue;
      why += (why.empty() ? "" : "; ") + say_failure(verdict);
    }
  }
  return why;
}

Task<Result<std::vector<RuleTrace>>> trace_message(MessageId id, UserId user,
                                                   std::optional<RuleId> only, Tables& tables,
                                                   Blobs& blobs, Rulebook& rulebook) {
  Messages messages(tables);
  const std::optional<Message> message = co_await messages.get_message_by_id(id);
  std::optional<Channel> channel;
  if (message) channel = co_await rulebook.channel(message->channel_id);
  if (!message || !channel || channel->user_id != user)
    co_return refuse(Refusal::Code::NotFound, "there is no message " + id.value);
  const ParsedMessage parsed = co_await parse_in_full(*message, *channel, blobs);

  std::vector<RuleTrace> traces;
  Executions executions(tables);
  Rules rules(tables);
  std::string cursor;
  do {
    const Result<PageOf<Rule>> page = co_await rules.list_users_rules(user, Paging{100, cursor});
    for (const Rule& rule : page.value().items) {
      if (only && rule.id != *only) continue;
      RuleTrace trace;
      trace.rule_id = rule.id;
      trace.name = rule.name;
      trace.status = rule.status;
      trace.explanation = explain(rule.metadata.triggers, {message->channel_id, &parsed});
      trace.matches_now = trace.explanation.matches;
      trace.matched_then =
          std::ranges::find(message->matched_rule_ids, rule.id) != message->matched_rule_ids.end();
      if (trace.matched_then) {
        trace.execution_id = execution_id(message->id, rule.id);
        const std::optional<Execution> execution =
            co_await executions.get_execution_by_id(*trace.execution_id);
        if (execution) {
          trace.execution_status = execution->status;
          trace.next_attempt_at = execution->next_attempt_at;
          trace.error = execution->error;
          trace.retries = execution->retries;
        }
      }
      trace.why = say_why(trace.explanation, rule.status, trace.matched_then);
      traces.push_back(std::move(trace));
    }
    cursor = page->cursor;
  } while (!cursor.empty());
  co_return traces;
}

}  // namespace msghub
