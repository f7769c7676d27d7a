#include "rule/emit_parts.h"
#include "rule/lower.h"
#include "rule/template.h"

namespace msghub {

namespace ts = typescript;
using ts::member;

namespace {

class StepEmitter {
 public:
  explicit StepEmitter(EmitScope& scope) : scope_(scope) {}

  // A number that a double would round is kept as its digits.
  ts::Code json_number(const std::string& text) {
    std::size_t digits = 0;
    for (const char c : text) digits += c >= '0' && c <= '9' ? 1 : 0;
    const bool plain = text.find_first_of("eE") == std::string::npos;
    return digits <= 15 || !plain ? ts::number(text) : scope_.call("decimal", {ts::text(text)});
  }

  ts::Code json(const JsonNode& node) {
    using Kind = JsonNode::Kind;
    switch (node.kind) {
      case Kind::Null:
        return ts::null();
      case Kind::True:
        return ts::boolean(true);
      case Kind::False:
        return ts::boolean(false);
      case Kind::Number:
        return json_number(node.number);
      case Kind::String:
        return scope_.text(node.text);
      case Kind::Reference:
        return scope_.value(*node.value);
      case Kind::Array: {
        ts::Codes items;
        for (const JsonNode& child : node.children) items.push_back(json(child));
        return ts::list(std::move(items));
      }
      case Kind::Object:
        break;
    }
    ts::Members members;
    for (std::size_t i = 0; i < node.children.size(); ++i)
      members.push_back(json_member(node.keys[i], json(node.children[i])));
    return ts::object(std::move(members));
  }
  layout::Doc json_member(const Template& key, ts::Code value) {
    const std::optional<std::string> name = fixed_text(key);
    if (!name) return ts::computed_member(scope_.tagged("text", key), std::move(value));
    return member(*name, std::move(value));
  }

  ts::Code step(const Step& step) {
    ts::Members out{line_member(step.line)};
    if (step.continue_on_error) out.push_back(member("continueOnError", ts::boolean(true)));
    if (step.for_each_attachment) out.push_back(member("forEach", ts::text("attachment")));
    if (step.output) out.push_back(member("as", ts::text(*step.output)));
    if (!step.only_if.empty()) out.push_back(member("onlyIf", guard(step.only_if)));
    scope_.begin_function();
    Request request =
        std::visit([&](const auto& what) { return this->request(what, step); }, step.what);
    out.push_back(member("action", ts::name(scope_.use(request.action))));
    out.push_back(member("request", scope_.function(ts::block(std::move(request.members)))));
    return scope_.call("step", {ts::block(std::move(out))});
  }

  ts::Code guard(const std::vector<GuardCondition>& conditions) {
    scope_.begin_function();
    ts::Codes tests;
    tests.reserve(conditions.size());
    for (const GuardCondition& condition : conditions) tests.push_back(comparison(condition));
    return scope_.function(ts::all_of(std::move(tests)));
  }
  ts::Code comparison(const GuardCondition& condition) {
    ts::Codes arguments{scope_.value(condition.value)};
    ts::Codes operands;
    for (const GuardCondition::Operand& operand : condition.operands) {
      const bool number = operand.is_number && takes_number(condition.test);
      operands.push_back(number ? number_of(operand.text) : ts::text(operand.text));
    }
    if (operands.size() == 1)
      arguments.push_back(std::move(operands.front()));
    else if (!operands.empty())
      arguments.push_back(ts::list(std::move(operands)));
    if (condition.case_sensitive)
      arguments.push_back(ts::object({member("caseSensitive", ts::boolean(true))}));
    ts::Code out = scope_.call(function_of(condition.test), std::move(arguments));
    return condition.negated ? ts::negated(std::move(out)) : out;
  }
  static bool takes_number(GuardCondition::Test test) {
    using Test = GuardCondition::Test;
    return test == Test::Is || test == Test::Over || test == Test::AtLeast || test == Test::Under ||
           test == Test::AtMost;
  }
  // Without leading zeros, which TypeScript does not take.
  ts::Code number_of(const std::string& text) {
    const bool minus = text.starts_with('-');
    std::size_t first = minus ? 1 : 0;
    while (first + 1 < text.size() && text[first] == '0' && text[first + 1] != '.') ++first;
    return json_number((minus ? "-" : "") + text.substr(first));
  }
  static std::string_view function_of(GuardCondition::Test test) {
    using Test = GuardCondition::Test;
    switch (test) {
      case Test::Is:
        return "is";
      case Test::Contains:
        return "contains";
      case Test::StartsWith:
        return "startsWith";
      case Test::EndsWith:
        return "endsWith";
      case Test::Matches:
        return "matches";
      case Test::Over:
        return "isOver";
      case Test::AtLeast:
        return "isAtLeast";
      case Test::Under:
        return "isUnder";
      case Test::AtMost:
        return "isAtMost";
      case Test::Empty:
        return "isEmpty";
    }
    return {};
  }

  struct Request {
    std::string_view action;
    ts::Members members;
  };

  Request request(const WebhookStep& webhook, const Step&) {
    ts::Members headers;
    headers.reserve(webhook.headers.size());
    for (const WebhookStep::Header& header : webhook.headers)
      headers.push_back(member(header.name, scope_.header(header.value)));
    ts::Members out{member("method", ts::text(webhook.method)),
                    member("url", scope_.url(webhook.url)),
                    member("headers", ts::object(std::move(headers)))};
    if (webhook.body) out.push_back(member("body", json(*webhook.body)));
    return {"sendWebhook", std::move(out)};
  }
  Request request(const SqlStep& sql, const Step&) {
    return {"runSql",
            {connection(sql.connection), member("statement", scope_.tagged("sql", sql.statement))}};
  }
  Request request(const EmailStep& email, const Step&) {
    using Attachments = EmailStep::Attachments;
    ts::Members out{connection(email.connection), member("to", addresses(email.to))};
    if (!email.cc.empty()) out.push_back(member("cc", addresses(email.cc)));
    if (!email.bcc.empty()) out.push_back(member("bcc", addresses(email.bcc)));
    out.push_back(member("subject", scope_.header(email.subject)));
    if (email.text) out.push_back(member("text", scope_.text(*email.text)));
    if (email.html) out.push_back(member("html", scope_.encoded("html", *email.html)));
    if (email.attachments == Attachments::All)
      out.push_back(member("attachments", ts::name(scope_.message() + ".attachments")));
    else if (email.attachments != Attachments::None)
      out.push_back(member("attachments", ts::list({scope_.value(email.attachment)})));
    return {"sendEmail", std::move(out)};
  }
  Request request(const SheetsStep& sheets, const Step&) {
    ts::Members out{connection(sheets.connection)};
    if (!sheets.spreadsheet.empty())
      out.push_back(member("spreadsheetId", ts::text(sheets.spreadsheet)));
    out.push_back(member("tab", ts::text(sheets.tab)));
    out.push_back(member("operation", ts::text(operation_of(sheets.operation))));
    if (sheets.row) out.push_back(member("row", scope_.text(*sheets.row)));
    if (sheets.operation == SheetsStep::Operation::FindAndUpdate) {
      ts::Members find{member("column", ts::text(sheets.find_column)),
                       member("value", scope_.text(sheets.find_value))};
      out.push_back(member("find", ts::object(std::move(find))));
    }
    if (sheets.append_when_missing) out.push_back(member("appendMissing", ts::boolean(true)));
    ts::Members cells;
    for (const SheetsStep::Cell& cell : sheets.cells)
      cells.push_back(member(cell.column, scope_.cell(cell.value)));
    out.push_back(member("mapping", ts::object(std::move(cells))));
    return {"updateSheet", std::move(out)};
  }
  static std::string_view operation_of(SheetsStep::Operation operation) {
    switch (operation) {
      case SheetsStep::Operation::Append:
        return "append";
      case SheetsStep::Operation::Update:
        return "update";
      case SheetsStep::Operation::FindAndUpdate:
        return "find_and_update";
    }
    return {};
  }
  Request request(const SlackStep& slack, const Step&) {
    ts::Members out{connection(slack.connection), member("channel", ts::text(slack.channel))};
    if (slack.thread) out.push_back(member("thread", scope_.text(*slack.thread)));
    out.push_back(member("text", scope_.encoded("slack", slack.text)));
    return {"postToSlack", std::move(out)};
  }
  Request request(const ChatgptStep& ask, const Step& step) {
    ts::Members out{connection(ask.connection), member("model", ts::text(ask.model)),
                    member("prompt", scope_.text(ask.prompt))};
    if (ask.temperature) out.push_back(member("temperature", ts::number(*ask.temperature)));
    if (ask.max_tokens)
      out.push_back(member("maxTokens", ts::number(std::to_string(*ask.max_tokens))));
    out.push_back(member("outputField", ts::text(*step.output)));
    ts::Codes fields;
    for (const ChatgptStep::Field& field : ask.fields) fields.push_back(this->field(field));
    if (!fields.empty()) out.push_back(member("fields", ts::list(std::move(fields))));
    return {"askChatgpt", std::move(out)};
  }
  static ts::Code field(const ChatgptStep::Field& field) {
    ts::Members out{member("name", ts::text(field.name)),
                    member("type", ts::text(field_type_name(field.type)))};
    ts::Codes choices;
    for (const std::string& choice : field.choices) choices.push_back(ts::text(choice));
    if (!choices.empty()) out.push_back(member("choices", ts::list(std::move(choices))));
    if (!field.meaning.empty()) out.push_back(member("meaning", ts::text(field.meaning)));
    return ts::object(std::move(out));
  }

 private:
  static layout::Doc connection(const ConnectionName& name) {
    return member("connection", ts::text(*name.name));
  }
  ts::Code addresses(const std::vector<Template>& from) {
    ts::Codes items;
    items.reserve(from.size());
    for (const Template& address : from) items.push_back(scope_.text(address));
    return ts::list(std::move(items));
  }

  EmitScope& scope_;
};

}  // namespace

ts::Code emit_json(const JsonNode& node, EmitScope& scope) { return StepEmitter(scope).json(node); }

ts::Code emit_steps(const std::vector<Step>& steps, EmitScope& scope) {
  ts::Codes out;
  out.reserve(steps.size());
  for (const Step& step : steps) out.push_back(StepEmitter(scope).step(step));
  return ts::list(std::move(out));
}

}  // namespace msghub
