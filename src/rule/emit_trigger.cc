#include "rule/emit_parts.h"

namespace msghub {

namespace ts = typescript;
using ts::member;

layout::Doc line_member(std::int64_t line) {
  return member("line", ts::number(std::to_string(line)));
}

ts::Members condition_members(const TriggerCondition& condition) {
  ts::Members out{member("field", ts::text(condition.field)),
                  member("operator", ts::text(wire_name(condition.operator_))),
                  member("value", ts::text(condition.value))};
  if (condition.alternatives) {
    ts::Codes others;
    others.reserve(condition.alternatives->size());
    for (const std::string& other : *condition.alternatives) others.push_back(ts::text(other));
    out.push_back(member("alternatives", ts::list(std::move(others))));
  }
  if (condition.negated.value_or(false)) out.push_back(member("negated", ts::boolean(true)));
  if (condition.case_sensitive.value_or(false))
    out.push_back(member("caseSensitive", ts::boolean(true)));
  return out;
}

ts::Code emit_trigger(const Trigger& trigger) {
  ts::Members channel{member("type", ts::text(wire_name(*trigger.type))),
                      member("name", ts::text(trigger.channel)), line_member(trigger.channel_line)};
  ts::Codes conditions;
  conditions.reserve(trigger.conditions.size());
  for (const Condition& condition : trigger.conditions) {
    ts::Members members = condition_members(condition.what);
    members.insert(members.begin(), line_member(*condition.what.line));
    conditions.push_back(ts::object(std::move(members)));
  }
  return ts::block({member("channel", ts::object(std::move(channel))),
                    member("conditions", ts::list(std::move(conditions)))});
}

}  // namespace msghub
