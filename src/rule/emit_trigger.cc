#include "rule/emit_parts.h"
#include "rule/typescript.h"

namespace msghub {

using typescript::group;
using typescript::string_literal;

std::vector<std::string> condition_properties(const TriggerCondition& condition) {
  std::vector<std::string> items{
      property("field", string_literal(condition.field)),
      property("operator", string_literal(wire_name(condition.operator_))),
      property("value", string_literal(condition.value))};
  if (condition.alternatives) {
    std::vector<std::string> others;
    others.reserve(condition.alternatives->size());
    for (const std::string& other : *condition.alternatives)
      others.push_back(string_literal(other));
    constexpr std::size_t kBehind = 14;  // "alternatives: "
    items.push_back(property("alternatives", group("[", others, "]", 10, kBehind)));
  }
  if (condition.negated.value_or(false)) items.push_back("negated: true");
  if (condition.case_sensitive.value_or(false)) items.push_back("caseSensitive: true");
  return items;
}

namespace {

std::string emit_condition(const TriggerCondition& condition) {
  std::vector<std::string> items = condition_properties(condition);
  items.insert(items.begin(), property("line", std::to_string(*condition.line)));
  return group("{", items, "}", 8);
}

}  // namespace

std::string emit_trigger(const Trigger& trigger) {
  const std::string channel = group("{",
                                    {property("type", string_literal(wire_name(*trigger.type))),
                                     property("name", string_literal(trigger.channel)),
                                     property("line", std::to_string(trigger.channel_line))},
                                    "}", 6, 9);
  std::vector<std::string> conditions;
  conditions.reserve(trigger.conditions.size());
  for (const Condition& condition : trigger.conditions)
    conditions.push_back(emit_condition(condition.what));
  std::string out = "{\n      channel: " + channel + ",\n      conditions: [";
  if (!conditions.empty()) out += "\n";
  for (const std::string& condition : conditions) out += "        " + condition + ",\n";
  return out + (conditions.empty() ? "" : "      ") + "],\n    }";
}

}  // namespace msghub
