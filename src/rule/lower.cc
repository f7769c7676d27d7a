#include "rule/lower.h"

#include <algorithm>

#include "rule/template.h"

namespace msghub {

namespace {

struct Lowered {
  ActionType type{};
  json::object config;
};

Lowered lower(const WebhookStep& webhook) {
  json::object config;
  config["url"] = source_text(webhook.url);
  config["method"] = webhook.method;
  json::object headers;
  for (const WebhookStep::Header& header : webhook.headers)
    headers[header.name] = source_text(header.value);
  config["headers"] = std::move(headers);
  if (webhook.body) config["bodyTemplate"] = webhook.body_text;
  return {ActionType::Webhook, std::move(config)};
}

Lowered lower(const SqlStep& sql) {
  json::object config;
  config["connection"] = sql.connection.name.value_or("");
  config["statement"] = sql.statement_text;
  return {ActionType::Database, std::move(config)};
}

Lowered lower(const EmailStep& email) {
  json::object config;
  json::array to;
  for (const Template& address : email.to) to.push_back(json::value(source_text(address)));
  config["connection"] = email.connection.name.value_or("");
  config["to"] = std::move(to);
  config["subject"] = source_text(email.subject);
  config["text"] = email.text ? source_text(*email.text) : "";
  return {ActionType::Email, std::move(config)};
}

Lowered lower(const SheetsStep&) { return {ActionType::GoogleSheets, {}}; }
Lowered lower(const SlackStep&) { return {ActionType::Slack, {}}; }
Lowered lower(const ChatgptStep&) { return {ActionType::Chatgpt, {}}; }

}  // namespace

RuleMetadata lower(const RuleTree& tree) {
  RuleMetadata out;
  for (const Trigger& trigger : tree.triggers) {
    TriggerConfig& config = out.triggers.emplace_back();
    config.channel_id = ChannelId{trigger.channel_id};
    for (const Condition& condition : trigger.conditions)
      config.conditions.push_back(condition.what);
  }
  for (const Step& step : tree.steps) {
    Lowered lowered = std::visit([](const auto& what) { return lower(what); }, step.what);
    ActionConfig& action = out.actions.emplace_back();
    action.type = lowered.type;
    action.config = std::move(lowered.config);
    action.order = static_cast<std::int64_t>(out.actions.size()) - 1;
    action.continue_on_error = step.continue_on_error;
    action.line = step.line;
  }
  out.estimated_cost = 0;
  return out;
}

std::vector<NamedChannel> channels_of(const RuleTree& tree) {
  std::vector<NamedChannel> out;
  out.reserve(tree.triggers.size());
  for (const Trigger& trigger : tree.triggers)
    out.push_back({ChannelId{trigger.channel_id}, trigger.channel,
                   trigger.type.value_or(ChannelType::Email)});
  return out;
}

std::vector<UsedConnection> connections_of(const RuleTree& tree) {
  std::vector<UsedConnection> out;
  const auto add = [&](const std::string& name, IntegrationService service) {
    const bool known = std::any_of(out.begin(), out.end(), [&](const UsedConnection& used) {
      return used.name == name && used.service == service;
    });
    if (!known) out.push_back({name, service});
  };
  for (const Step& step : tree.steps) {
    if (const auto* sql = std::get_if<SqlStep>(&step.what))
      add(sql->connection.name.value_or(""), IntegrationService::Postgres);
    if (const auto* email = std::get_if<EmailStep>(&step.what))
      add(email->connection.name.value_or(""), IntegrationService::Smtp);
  }
  return out;
}

}  // namespace msghub
