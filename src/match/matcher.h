#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/message.h"
#include "model/rule.h"

namespace msghub {

// What matching looks at: a message that was parsed in full.
struct MatchInput {
  ChannelId channel_id;
  const ParsedMessage* message = nullptr;  // not owned; lives as long as the call
};

struct RuleTriggers {
  RuleId rule_id;
  std::vector<TriggerConfig> triggers;
};

struct ConditionVerdict {
  TriggerCondition condition;
  std::optional<std::string> seen;  // the value that was looked at, cut to 200 characters
  bool holds = false;
};
BOOST_DESCRIBE_STRUCT(ConditionVerdict, (), (condition, seen, holds))

struct TriggerVerdict {
  ChannelId channel_id;
  bool channel_fits = false;
  bool holds = false;
  std::vector<ConditionVerdict> conditions;
};
BOOST_DESCRIBE_STRUCT(TriggerVerdict, (), (channel_id, channel_fits, holds, conditions))

struct Explanation {
  bool matches = false;
  std::vector<TriggerVerdict> triggers;
};
BOOST_DESCRIBE_STRUCT(Explanation, (), (matches, triggers))

// The triggers of many rules, made once and then only read: immutable and thread-safe.
// A rule whose patterns cannot be compiled never matches; `broken()` names it.
class Matcher {
 public:
  explicit Matcher(std::vector<RuleTriggers> rules);
  Matcher(Matcher&&) noexcept;
  ~Matcher();

  // Rules with at least one trigger that holds, in the order in which they were given.
  std::vector<RuleId> match(const MatchInput& input) const;
  const std::vector<RuleId>& broken() const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

// The obvious way, kept as the oracle of the matcher's tests and as the maker of explanations. An
// explanation has the conditions of those triggers only whose channel fits; all of them, also after
// the first that does not hold. Triggers with a broken pattern match nothing, as in the Matcher.
bool naive_match(const std::vector<TriggerConfig>& triggers, const MatchInput& input);
Explanation explain(const std::vector<TriggerConfig>& triggers, const MatchInput& input);

// The text of `field` in `message`; nothing when it is absent. "to" gives one text an address, a
// header one for each time that it stands there, the fields of attachments one an attachment; a
// JSON number, boolean, object or list gives the compact text that JavaScript writes.
std::vector<std::string> field_values(const ParsedMessage& message, std::string_view field);

// Refuses (Invalid) a pattern outside the dialect (base/pattern.h), and says why.
Result<void> check_pattern(std::string_view pattern, bool case_sensitive);

}  // namespace msghub
