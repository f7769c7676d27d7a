#pragma once

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

// What {{…}} or :name calls.
struct Reference {
  enum class Kind { Unknown, Extracted, Message, Json, IdempotencyKey };
  Kind kind = Kind::Unknown;
  std::string name;      // as written; the path for Json
  bool is_path = false;  // written in backticks
  Span span;
};

// Literal text and references in turn.
struct Template {
  struct Part {
    std::string text;  // literal, when there is no reference
    std::optional<Reference> reference;
  };
  std::vector<Part> parts;
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
  enum class How { TextMatching, TextAfter, NumberAfter, AmountAfter, DomainOf, Json };
  std::string name;
  Span span;
  Span name_span;
  std::int64_t line = 0;
  How how{};
  std::string field;  // as TriggerCondition has it; Json: the path
  Span field_span;
  std::string argument;  // pattern or label
  bool case_sensitive = false;
  std::optional<std::string> otherwise;
  bool optional = false;
  bool used = false;
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
  std::string connection;
  Span connection_span;
  Template statement;
  std::string statement_text;  // as written
};
struct EmailStep {
  std::optional<std::string> connection;
  Span connection_span;
  std::vector<Template> to;
  Template subject;
  Template text;
};

struct Step {
  Span span;
  std::int64_t line = 0;
  bool continue_on_error = false;
  std::variant<WebhookStep, SqlStep, EmailStep> what;
};

struct Expectation {
  enum class Kind { Matches, DoesNotMatch, NameIs, StepSends };
  Kind kind{};
  Span span;
  std::int64_t line = 0;
  std::string name;
  Span name_span;
  std::string value;
  std::int64_t step = 0;  // from 1
};

struct ExampleCase {
  std::string title;
  Span heading;
  std::int64_t line = 0;
  enum class Message { Email, Json, Text } message{};
  Span message_span;
  std::string raw;
  std::vector<Expectation> expectations;
};

struct LineRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

struct RuleTree {
  std::string name;
  std::string description;
  std::vector<Trigger> triggers;
  std::vector<Extraction> extractions;
  std::vector<Step> steps;
  bool steps_complete = true;  // no step was left out because of a mistake in it
  std::vector<ExampleCase> examples;
  LineRange extract_lines;
  LineRange do_lines;
  LineRange example_lines;
};

}  // namespace msghub
