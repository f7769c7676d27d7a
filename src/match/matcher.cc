#include "match/matcher.h"

#include <re2/re2.h>

#include <cstring>
#include <map>
#include <unordered_map>

#include "base/fold.h"
#include "match/pattern.h"

namespace msghub {

namespace {

// What `equals` does not look at around a text.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// memmem and not find: linear on any text, also "aaaa…" in "aaaa…".
bool contains(std::string_view text, std::string_view wanted) {
  return wanted.empty() ||
         memmem(text.data(), text.size(), wanted.data(), wanted.size()) != nullptr;
}

// A condition with its values made ready: folded, trimmed, or compiled to patterns. It holds when
// one of them fits.
struct CompiledCondition {
  std::size_t field = 0;  // in ChannelRules::fields
  ConditionOperator operator_{};
  bool case_sensitive = false;
  bool negated = false;
  std::vector<std::string> wanted;  // empty for patterns
  std::vector<Pattern> patterns;

  bool fits(std::string_view text) const {
    for (const Pattern& pattern : patterns)
      if (re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern)) return true;
    for (const std::string& value : wanted)
      if (fits(text, value)) return true;
    return false;
  }

 private:
  bool fits(std::string_view text, const std::string& value) const {
    switch (operator_) {
      case ConditionOperator::Contains:
        return contains(text, value);
      case ConditionOperator::Equals:
        return trimmed(text) == value;
      case ConditionOperator::StartsWith:
        return text.starts_with(value);
      case ConditionOperator::EndsWith:
        return text.ends_with(value);
      case ConditionOperator::Matches:
        break;
    }
    return false;
  }
};

// The condition's value and its alternatives, each given to `use`.
template <class Use>
void each_value(const TriggerCondition& condition, Use use) {
  use(condition.value);
  if (!condition.alternatives) return;
  for (const std::string& value : *condition.alternatives) use(value);
}

struct CompiledTrigger {
  std::size_t rule = 0;  // in Compiled::ids
  std::vector<CompiledCondition> conditions;
};

// All triggers on one channel, in the order of their rules.
struct ChannelRules {
  std::vector<std::string> fields;
  std::vector<CompiledTrigger> triggers;

  std::size_t field_index(const std::string& name) {
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (fields[i] == name) return i;
    fields.push_back(name);
    return fields.size() - 1;
  }
};

// The texts of one message, each read and folded once, when a condition first asks for it.
class FieldTexts {
 public:
  FieldTexts(const std::vector<std::string>& fields, const ParsedMessage& message)
      : fields_(fields), message_(message), plain_(fields.size()), folded_(fields.size()) {}

  const std::vector<std::string>& plain(std::size_t field) {
    if (!plain_[field]) plain_[field] = field_values(message_, fields_[field]);
    return *plain_[field];
  }
  const std::vector<std::string>& folded(std::size_t field) {
    if (!folded_[field]) {
      folded_[field].emplace();
      for (const std::string& text : plain(field)) folded_[field]->push_back(fold_case(text));
    }
    return *folded_[field];
  }

 private:
  const std::vector<std::string>& fields_;
  const ParsedMessage& message_;
  std::vector<std::optional<std::vector<std::string>>> plain_;
  std::vector<std::optional<std::vector<std::string>>> folded_;
};

bool holds(const CompiledCondition& condition, FieldTexts& texts) {
  const bool as_written = condition.case_sensitive || !condition.patterns.empty();
  const auto& values = as_written ? texts.plain(condition.field) : texts.folded(condition.field);
  for (const std::string& value : values)
    if (condition.fits(value)) return !condition.negated;
  return condition.negated;
}

bool holds(const CompiledTrigger& trigger, FieldTexts& texts) {
  for (const CompiledCondition& condition : trigger.conditions)
    if (!holds(condition, texts)) return false;
  return true;
}

}  // namespace

struct Matcher::Compiled {
  using Patterns = std::map<std::pair<std::string, bool>, Pattern>;

  std::vector<RuleId> ids;
  std::vector<RuleId> broken;
  std::unordered_map<std::string, ChannelRules> channels;

  void add(RuleTriggers rule, Patterns& patterns) {
    for (const TriggerConfig& trigger : rule.triggers) {
      if (!compile_patterns(trigger, patterns)) {
        broken.push_back(std::move(rule.rule_id));
        return;
      }
    }
    for (const TriggerConfig& trigger : rule.triggers) add(trigger, patterns);
    ids.push_back(std::move(rule.rule_id));
  }

 private:
  static bool compile_patterns(const TriggerConfig& trigger, Patterns& patterns) {
    bool all = true;
    for (const TriggerCondition& condition : trigger.conditions) {
      if (condition.operator_ != ConditionOperator::Matches) continue;
      each_value(condition, [&](const std::string& value) {
        const std::pair key{value, condition.case_sensitive.value_or(false)};
        if (!all || patterns.contains(key)) return;
        auto compiled = compile_pattern(key.first, key.second);
        all = compiled.has_value();
        if (all) patterns.emplace(key, std::move(*compiled));
      });
    }
    return all;
  }

  void add(const TriggerConfig& trigger, const Patterns& patterns) {
    ChannelRules& channel = channels[trigger.channel_id.value];
    CompiledTrigger& compiled = channel.triggers.emplace_back();
    compiled.rule = ids.size();
    for (const TriggerCondition& condition : trigger.conditions) {
      CompiledCondition& out = compiled.conditions.emplace_back();
      out.field = channel.field_index(condition.field);
      out.operator_ = condition.operator_;
      out.case_sensitive = condition.case_sensitive.value_or(false);
      out.negated = condition.negated.value_or(false);
      each_value(condition, [&](const std::string& value) {
        if (condition.operator_ == ConditionOperator::Matches) {
          out.patterns.push_back(patterns.at({value, out.case_sensitive}));
          return;
        }
        std::string& wanted =
            out.wanted.emplace_back(out.case_sensitive ? value : fold_case(value));
        if (condition.operator_ == ConditionOperator::Equals) wanted = std::string(trimmed(wanted));
      });
    }
  }
};

Matcher::Matcher(std::vector<RuleTriggers> rules) : compiled_(std::make_unique<Compiled>()) {
  Compiled::Patterns patterns;
  for (RuleTriggers& rule : rules) compiled_->add(std::move(rule), patterns);
}

Matcher::Matcher(Matcher&&) noexcept = default;
Matcher::~Matcher() = default;

std::vector<RuleId> Matcher::match(const MatchInput& input) const {
  std::vector<RuleId> out;
  const auto channel = compiled_->channels.find(input.channel_id.value);
  if (channel == compiled_->channels.end()) return out;
  const std::vector<CompiledTrigger>& triggers = channel->second.triggers;
  FieldTexts texts(channel->second.fields, *input.message);
  std::optional<std::size_t> matched;  // triggers of one rule stand together
  for (const CompiledTrigger& trigger : triggers) {
    if (trigger.rule == matched || !holds(trigger, texts)) continue;
    matched = trigger.rule;
    out.push_back(compiled_->ids[trigger.rule]);
  }
  return out;
}

const std::vector<RuleId>& Matcher::broken() const { return compiled_->broken; }

}  // namespace msghub
