#pragma once

#include <array>
#include <cstdint>

#include "base/describe.h"
#include "model/ids.h"

namespace msghub {

enum class ConditionOperator { Contains, Equals, Matches, StartsWith, EndsWith };
inline constexpr std::array<WireName<ConditionOperator>, 5> kConditionOperatorNames{
    {{ConditionOperator::Contains, "contains"},
     {ConditionOperator::Equals, "equals"},
     {ConditionOperator::Matches, "matches"},
     {ConditionOperator::StartsWith, "startsWith"},
     {ConditionOperator::EndsWith, "endsWith"}}};
constexpr auto& wire_names(ConditionOperator) { return kConditionOperatorNames; }

// One thing that a message must fulfil. An absent field fails the plain form and fulfils the
// negated one.
struct TriggerCondition {
  // "subject", "body", "from", "from.name", "to", "cc", "reply-to", "header:<name in lower case>",
  // "attachment.name", "attachment.type" or "json:<path>" ("json:order.total")
  std::string field;
  ConditionOperator operator_{};
  std::string value;
  std::optional<std::vector<std::string>> alternatives;  // one that fits in place of `value` does
  std::optional<bool> case_sensitive;                    // default: false
  std::optional<bool> negated;                           // default: false
  std::optional<std::int64_t> line;                      // in the rule's Markdown, for explanations
  friend bool operator==(const TriggerCondition&, const TriggerCondition&) = default;
};
BOOST_DESCRIBE_STRUCT(TriggerCondition, (),
                      (field, operator_, value, alternatives, case_sensitive, negated, line))

// "is not empty" is one of these patterns, and "is empty" its negation. Of JSON, lists and objects
// without members are empty as well.
inline constexpr std::string_view kHasContent = R"(\S)";
inline constexpr std::string_view kJsonHasContent = R"([^\s\[\]{}]|^\s*\S\s*$|\S\s*\S\s*\S)";
inline bool asks_for_content(const TriggerCondition& condition) {
  return condition.operator_ == ConditionOperator::Matches && !condition.alternatives &&
         (condition.value == kHasContent || condition.value == kJsonHasContent);
}

// All of `conditions` on a message of `channel_id`.
struct TriggerConfig {
  ChannelId channel_id;
  std::vector<TriggerCondition> conditions;
  friend bool operator==(const TriggerConfig&, const TriggerConfig&) = default;
};
BOOST_DESCRIBE_STRUCT(TriggerConfig, (), (channel_id, conditions))

enum class ActionType { GoogleSheets, Webhook, Email, Slack, Chatgpt, Database };
inline constexpr std::array<WireName<ActionType>, 6> kActionTypeNames{
    {{ActionType::GoogleSheets, "google_sheets"},
     {ActionType::Webhook, "webhook"},
     {ActionType::Email, "email"},
     {ActionType::Slack, "slack"},
     {ActionType::Chatgpt, "chatgpt"},
     {ActionType::Database, "database"}}};
constexpr auto& wire_names(ActionType) { return kActionTypeNames; }

// One step of a rule. `config` is what the data model lists for its type, with templates as the
// author wrote them; it is for reading, the generated code is what runs.
struct ActionConfig {
  ActionType type{};
  json::object config;
  std::int64_t order = 0;  // 0, 1, 2 …
  bool continue_on_error = false;
  std::optional<std::string> only_if;   // the guard as written: "total is over 1000"
  std::optional<std::string> for_each;  // "attachment": once for each of the message's
  std::optional<std::string> output;    // what later actions call its output
  std::optional<std::int64_t> line;     // in the rule's Markdown
  friend bool operator==(const ActionConfig&, const ActionConfig&) = default;
};
BOOST_DESCRIBE_STRUCT(ActionConfig, (),
                      (type, config, order, continue_on_error, only_if, for_each, output, line))

// What happens when an execution fails.
struct RuleFailure {
  std::optional<std::int64_t> retries;  // 0: none; absent: the hub's own policy
  std::optional<std::int64_t> over_ms;  // the time that the retries are spread over
  std::vector<ActionConfig> actions;    // performed once it has failed for good
  friend bool operator==(const RuleFailure&, const RuleFailure&) = default;
};
BOOST_DESCRIBE_STRUCT(RuleFailure, (), (retries, over_ms, actions))

struct RuleSettings {
  std::optional<std::string> time_zone;       // of the IANA database; default: UTC
  std::optional<std::int64_t> time_limit_ms;  // for one try; default: the hub's
  std::optional<std::int64_t> concurrency;    // executions of this rule at a time; default: any
  std::optional<std::vector<std::string>> tags;
  std::optional<std::string> owner;
  friend bool operator==(const RuleSettings&, const RuleSettings&) = default;
};
BOOST_DESCRIBE_STRUCT(RuleSettings, (), (time_zone, time_limit_ms, concurrency, tags, owner))

// The least that the rule needs of the outside world, computed by the compiler.
struct RuleManifest {
  std::vector<std::string> hosts;        // "erp.example.com:443", "api.openai.com:443" …
  std::vector<std::string> connections;  // "google Ledger", "postgres ERP" …
  std::vector<std::string> scopes;       // OAuth scopes, "chat:write"
  std::vector<std::string> fields;       // what leaves the hub: "body to api.openai.com"
  friend bool operator==(const RuleManifest&, const RuleManifest&) = default;
};
BOOST_DESCRIBE_STRUCT(RuleManifest, (), (hosts, connections, scopes, fields))

struct RuleMetadata {
  std::vector<TriggerConfig> triggers;  // ORed
  std::vector<ActionConfig> actions;
  std::vector<std::string> dependencies;  // npm packages, "name@version"
  std::optional<double> estimated_cost;   // US dollars an execution
  std::optional<RuleFailure> failure;
  std::optional<RuleSettings> settings;
  std::optional<RuleManifest> manifest;
  friend bool operator==(const RuleMetadata&, const RuleMetadata&) = default;
};
BOOST_DESCRIBE_STRUCT(RuleMetadata, (),
                      (triggers, actions, dependencies, estimated_cost, failure, settings,
                       manifest))

enum class RuleStatus { Draft, Active, Paused, Error };
inline constexpr std::array<WireName<RuleStatus>, 4> kRuleStatusNames{
    {{RuleStatus::Draft, "draft"},
     {RuleStatus::Active, "active"},
     {RuleStatus::Paused, "paused"},
     {RuleStatus::Error, "error"}}};
constexpr auto& wire_names(RuleStatus) { return kRuleStatusNames; }

struct Rule {
  RuleId id;
  UserId user_id;
  std::string name;
  std::optional<std::string> description;
  std::string markdown_source;
  std::string generated_code;
  std::int64_t code_version = 0;
  RuleStatus status = RuleStatus::Draft;
  Timestamp created_at{};
  Timestamp updated_at{};
  std::optional<Timestamp> last_executed_at;
  std::int64_t execution_count = 0;
  std::int64_t error_count = 0;
  RuleMetadata metadata;
};
BOOST_DESCRIBE_STRUCT(Rule, (),
                      (id, user_id, name, description, markdown_source, generated_code,
                       code_version, status, created_at, updated_at, last_executed_at,
                       execution_count, error_count, metadata))

}  // namespace msghub
