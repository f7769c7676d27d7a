#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/channel.h"
#include "model/rule.h"
#include "rule/source.h"

namespace msghub {

// A rule as its author wrote it, sentence by sentence. `parse` makes it, `check` resolves the names
// in it; lowering and emitting only read it.

struct LineRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

// A change of a value on its way into a text: {{total | money "EUR"}}.
struct Filter {
  std::string name;  // of filter_names()
  std::vector<std::string> arguments;
  Span span;
};

// What {{…}} or :name calls.
struct Reference {
  // Output: what an earlier step named. Attachment: the one at hand of "for each attachment".
  // Literal: {{"text"}}, the only way to write {{ itself.
  enum class Kind {
    Unknown,
    Extracted,
    Output,
    Attachment,
    Message,
    Json,
    IdempotencyKey,
    Literal
  };
  Kind kind = Kind::Unknown;
  std::string name;      // as written, up to a dot for Extracted and Output; the path for Json
  std::string path;      // Extracted, Output: the path behind that dot ("email" of lead.email)
  bool is_path = false;  // written in backticks
  std::vector<Filter> filters;
  Span span;
};

// Literal text and references in turn.
struct Template {
  struct Part {
    std::string text;  // literal, when there is no reference
    std::optional<Reference> reference;
  };
  // {name} in the text, which may be a {{name}} that lost its braces.
  struct Braces {
    std::string name;
    Span span;
    bool dollar = false;  // ${name}
  };
  std::vector<Part> parts;
  std::vector<Braces> single_braces;
  Span span;
  bool is_literal() const {
    for (const Part& part : parts)
      if (part.reference) return false;
    return true;
  }
};

// A JSON document in which templates stand for values or parts of strings.
struct JsonNode {
  enum class Kind { Object, Array, String, Number, True, False, Null, Reference };
  Kind kind = Kind::Null;
  Template text;                   // String
  std::string number;              // as written
  std::optional<Reference> value;  // Reference
  std::vector<Template> keys;      // Object: one a child
  std::vector<JsonNode> children;
};

struct Condition {
  Span span;
  Span comparison;                // its words: "contains"
  std::vector<Span> value_spans;  // without marks; one for `value` and one for each alternative
  TriggerCondition what;
};

struct Trigger {
  Span heading;
  std::int64_t first_line = 0;
  std::int64_t last_line = 0;
  std::optional<ChannelType> type;  // nothing: a message of any kind
  std::string channel;
  Span channel_span;
  std::int64_t channel_line = 0;
  bool inherited = false;  // Or when without a channel: that of When
  std::string channel_id;  // resolved, or ""
  std::vector<Condition> conditions;
};

struct Extraction {
  enum class How { Matching, After, Between, First, Domain, DisplayName, Json, File };
  enum class Type { Text, Number, Amount, Date, Address, Url, Json, File };
  enum class DateOrder { Unknown, DayFirst, MonthFirst };  // of 03/04/2026
  std::string name;
  Span span;
  Span name_span;
  std::int64_t line = 0;
  How how{};
  Type type{};
  std::string field;  // as TriggerCondition has it; Json: the path
  Span field_span;
  std::string argument;  // Matching: pattern; After: label; Between: the text before
  std::string end;       // Between: the text behind
  std::optional<TriggerCondition> file;  // File: what its name or type must be; nothing: the first
  bool case_sensitive = false;
  DateOrder date_order{};
  std::optional<std::string> otherwise;
  bool otherwise_is_number = false;  // written without quotation marks
  bool optional = false;
  bool used = false;
};

// One comparison of "only if"; all of a step's must hold.
struct GuardCondition {
  enum class Test {
    Is,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    Over,
    AtLeast,
    Under,
    AtMost,
    Empty
  };
  struct Operand {
    std::string text;
    bool is_number = false;  // written without quotation marks
    friend bool operator==(const Operand&, const Operand&) = default;
  };
  Reference value;
  Test test{};
  bool negated = false;
  bool case_sensitive = false;
  std::vector<Operand> operands;  // one that fits is enough; Empty: none
  Span span;
};

// A connection that a step names behind "using", or whose place is filled in when it does not.
struct ConnectionName {
  std::optional<std::string> name;
  Span span;
};

struct SheetsStep {
  enum class Operation { Append, Update, FindAndUpdate };
  Operation operation{};
  ConnectionName connection;
  std::string spreadsheet;  // its id; "" when the connection names it
  std::string tab;
  std::optional<Template> row;  // Update: its number
  std::string find_column;      // FindAndUpdate
  Template find_value;
  bool append_when_missing = false;
  struct Cell {
    std::string column;
    Template value;
  };
  std::vector<Cell> cells;
};

struct SlackStep {
  ConnectionName connection;
  std::string channel;  // "#finance", or an id
  std::optional<Template> thread;
  Template text;
};

struct ChatgptStep {
  struct Field {
    enum class Type { Text, Number, YesNo, Date, OneOf };
    std::string name;
    Type type{};
    std::vector<std::string> choices;  // OneOf
    std::string meaning;               // for the model; may be ""
  };
  ConnectionName connection;
  std::string model;
  Template prompt;
  std::optional<std::string> temperature;  // as written
  std::optional<std::int64_t> max_tokens;
  std::vector<Field> fields;  // empty: the answer is text
};

struct WebhookStep {
  std::string method;
  Template url;
  struct Header {
    std::string name;
    Template value;
  };
  std::vector<Header> headers;
  std::optional<JsonNode> body;
  std::string body_text;  // as written
};
struct SqlStep {
  ConnectionName connection;
  Template statement;
  std::string statement_text;  // as written
};
struct EmailStep {
  enum class Attachments { None, All, Each, Named };
  ConnectionName connection;
  std::vector<Template> to;
  std::vector<Template> cc;
  std::vector<Template> bcc;
  Template subject;
  std::optional<Template> text;  // one of text and html, or both
  std::optional<Template> html;
  Attachments attachments{};
  Reference attachment;  // Named: an extracted file
};

struct Step {
  Span span;
  std::int64_t line = 0;
  bool continue_on_error = false;
  bool for_each_attachment = false;
  std::vector<GuardCondition> only_if;
  std::string only_if_text;           // as written
  std::optional<std::string> output;  // what later steps call its output
  Span output_span;
  std::variant<WebhookStep, SqlStep, EmailStep, SheetsStep, SlackStep, ChatgptStep> what;
};

// "If it fails".
struct FailurePolicy {
  std::optional<std::int64_t> retries;  // 0: none; nothing: the hub's own policy
  std::optional<std::int64_t> over_ms;  // the time that they are spread over
  std::vector<Step> then;               // performed once the rule has failed for good
  LineRange lines;
};

struct Settings {
  std::optional<std::string> time_zone;  // of the IANA database
  std::optional<std::int64_t> time_limit_ms;
  std::optional<std::int64_t> concurrency;
  std::vector<std::string> tags;
  std::optional<std::string> owner;
  LineRange lines;
};

struct Expectation {
  // StepAnswers is no expectation but what the outside world answers in this example.
  enum class Kind { Matches, DoesNotMatch, NameIs, StepSends, StepDoesNotRun, StepAnswers };
  Kind kind{};
  Span span;
  std::int64_t line = 0;
  std::string name;
  Span name_span;
  std::string value;
  std::int64_t step = 0;           // from 1
  std::optional<JsonNode> answer;  // StepAnswers: written as JSON, else `value` is the text
};

struct ExampleCase {
  std::string title;
  Span heading;
  std::int64_t line = 0;
  enum class Message { Email, Http, Json, Text, Sms, Slack } message{};
  Span message_span;
  std::string raw;
  std::vector<Expectation> expectations;
};

// The words behind the opening marks of an example's block.
inline constexpr std::array<WireName<ExampleCase::Message>, 6> kExampleMessageNames{
    {{ExampleCase::Message::Email, "email"},
     {ExampleCase::Message::Http, "http"},
     {ExampleCase::Message::Json, "json"},
     {ExampleCase::Message::Text, "text"},
     {ExampleCase::Message::Sms, "sms"},
     {ExampleCase::Message::Slack, "slack"}}};
constexpr auto& wire_names(ExampleCase::Message) { return kExampleMessageNames; }

struct RuleTree {
  std::string name;
  std::string description;
  std::vector<Trigger> triggers;
  std::vector<Extraction> extractions;
  std::vector<Step> steps;
  bool steps_complete = true;             // no step was left out because of a mistake in it
  std::vector<std::string> lost_outputs;  // what the steps that were left out named
  std::vector<ExampleCase> examples;
  FailurePolicy failure;
  Settings settings;
  LineRange extract_lines;
  LineRange do_lines;
  LineRange example_lines;
};

}  // namespace msghub
