#include "rule/lower.h"

#include <algorithm>

#include "rule/cost.h"
#include "rule/manifest.h"
#include "rule/template.h"

namespace msghub {

namespace {

struct Lowered {
  ActionType type{};
  json::object config;
};

json::array texts(const std::vector<Template>& from) {
  json::array out;
  for (const Template& text : from) out.push_back(json::value(source_text(text)));
  return out;
}

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
  using Attachments = EmailStep::Attachments;
  json::object config;
  config["connection"] = email.connection.name.value_or("");
  config["to"] = texts(email.to);
  if (!email.cc.empty()) config["cc"] = texts(email.cc);
  if (!email.bcc.empty()) config["bcc"] = texts(email.bcc);
  config["subject"] = source_text(email.subject);
  if (email.text) config["text"] = source_text(*email.text);
  if (email.html) config["html"] = source_text(*email.html);
  if (email.attachments == Attachments::All)
    config["attachments"] = "all";
  else if (email.attachments != Attachments::None)
    config["attachments"] = email.attachment.name;
  return {ActionType::Email, std::move(config)};
}

std::string_view operation_of(const SheetsStep& sheets) {
  switch (sheets.operation) {
    case SheetsStep::Operation::Append:
      return "append";
    case SheetsStep::Operation::Update:
      return "update";
    case SheetsStep::Operation::FindAndUpdate:
      return "find_and_update";
  }
  return {};
}

Lowered lower(const SheetsStep& sheets) {
  json::object config, mapping;
  config["connection"] = sheets.connection.name.value_or("");
  config["spreadsheetId"] = sheets.spreadsheet;
  config["sheetName"] = sheets.tab;
  config["operation"] = operation_of(sheets);
  for (const SheetsStep::Cell& cell : sheets.cells) mapping[cell.column] = source_text(cell.value);
  config["mapping"] = std::move(mapping);
  if (sheets.row) config["row"] = source_text(*sheets.row);
  if (sheets.operation == SheetsStep::Operation::FindAndUpdate)
    config["find"] = json::object{{"column", sheets.find_column},
                                  {"value", source_text(sheets.find_value)},
                                  {"appendMissing", sheets.append_when_missing}};
  return {ActionType::GoogleSheets, std::move(config)};
}

Lowered lower(const SlackStep& slack) {
  json::object config;
  config["connection"] = slack.connection.name.value_or("");
  config["channel"] = slack.channel;
  if (slack.thread) config["thread"] = source_text(*slack.thread);
  config["text"] = source_text(slack.text);
  return {ActionType::Slack, std::move(config)};
}

json::object lower(const ChatgptStep::Field& field) {
  json::object out{{"name", field.name}, {"type", field_type_name(field.type)}};
  json::array choices;
  for (const std::string& choice : field.choices) choices.push_back(json::value(choice));
  if (!choices.empty()) out["choices"] = std::move(choices);
  if (!field.meaning.empty()) out["meaning"] = field.meaning;
  return out;
}

Lowered lower(const ChatgptStep& ask, const std::string& output) {
  json::object config;
  config["connection"] = ask.connection.name.value_or("");
  config["prompt"] = source_text(ask.prompt);
  config["model"] = ask.model;
  if (ask.temperature) config["temperature"] = std::stod(*ask.temperature);
  if (ask.max_tokens) config["maxTokens"] = *ask.max_tokens;
  config["outputField"] = output;
  json::array fields;
  for (const ChatgptStep::Field& field : ask.fields) fields.push_back(lower(field));
  if (!fields.empty()) config["fields"] = std::move(fields);
  return {ActionType::Chatgpt, std::move(config)};
}

Lowered lower_what(const Step& step) {
  if (const auto* ask = std::get_if<ChatgptStep>(&step.what))
    return lower(*ask, step.output.value_or(""));
  return std::visit(
      []<class What>(const What& what) -> Lowered {
        if constexpr (std::is_same_v<What, ChatgptStep>)
          return {};
        else
          return lower(what);
      },
      step.what);
}

}  // namespace

std::string_view field_type_name(ChatgptStep::Field::Type type) {
  switch (type) {
    case ChatgptStep::Field::Type::Text:
      return "text";
    case ChatgptStep::Field::Type::Number:
      return "number";
    case ChatgptStep::Field::Type::YesNo:
      return "boolean";
    case ChatgptStep::Field::Type::Date:
      return "date";
    case ChatgptStep::Field::Type::OneOf:
      return "choice";
  }
  return {};
}

std::vector<ActionConfig> lower_steps(const std::vector<Step>& steps) {
  std::vector<ActionConfig> out;
  for (const Step& step : steps) {
    Lowered lowered = lower_what(step);
    ActionConfig& action = out.emplace_back();
    action.type = lowered.type;
    action.config = std::move(lowered.config);
    action.order = static_cast<std::int64_t>(out.size()) - 1;
    action.continue_on_error = step.continue_on_error;
    if (!step.only_if.empty()) action.only_if = step.only_if_text;
    if (step.for_each_attachment) action.for_each = "attachment";
    action.output = step.output;
    action.line = step.line;
  }
  return out;
}

RuleMetadata lower(const RuleTree& tree) {
  RuleMetadata out;
  for (const Trigger& trigger : tree.triggers) {
    TriggerConfig& config = out.triggers.emplace_back();
    config.channel_id = ChannelId{trigger.channel_id};
    for (const Condition& condition : trigger.conditions)
      config.conditions.push_back(condition.what);
  }
  out.actions = lower_steps(tree.steps);
  out.failure = lower_failure(tree);
  out.settings = lower_settings(tree);
  out.estimated_cost = estimated_cost(tree);
  out.manifest = manifest_of(tree);
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

namespace {

// The connection of a step, and what it connects to; null when it needs none.
struct ConnectionOf {
  const ConnectionName* name = nullptr;
  IntegrationService service{};
};
struct FindConnection {
  ConnectionOf operator()(const WebhookStep&) const { return {}; }
  ConnectionOf operator()(const SqlStep& step) const {
    return {&step.connection, IntegrationService::Postgres};
  }
  ConnectionOf operator()(const EmailStep& step) const {
    return {&step.connection, IntegrationService::Smtp};
  }
  ConnectionOf operator()(const SheetsStep& step) const {
    return {&step.connection, IntegrationService::Google};
  }
  ConnectionOf operator()(const SlackStep& step) const {
    return {&step.connection, IntegrationService::Slack};
  }
  ConnectionOf operator()(const ChatgptStep& step) const {
    return {&step.connection, IntegrationService::Openai};
  }
};

}  // namespace

std::vector<UsedConnection> connections_of(const RuleTree& tree) {
  std::vector<UsedConnection> out;
  const auto add = [&](const Step& step) {
    const ConnectionOf found = std::visit(FindConnection{}, step.what);
    if (found.name == nullptr) return;
    const std::string name = found.name->name.value_or("");
    const bool known = std::any_of(out.begin(), out.end(), [&](const UsedConnection& used) {
      return used.name == name && used.service == found.service;
    });
    if (!known) out.push_back({name, found.service});
  };
  for (const Step& step : tree.steps) add(step);
  for (const Step& step : tree.failure.then) add(step);
  return out;
}

}  // namespace msghub
