#pragma once

#include <span>
#include <string_view>

#include "model/channel.h"
#include "model/rule.h"
#include "rule/ast.h"
#include "rule/codes.h"

namespace msghub {

// The catalogue: every sentence that a rule can hold, as data. Parser, diagnostics and the language
// reference are fed from these tables; a new sentence is a new row.

// The last two are no sections of a document but parts of the sentences of Do: what stands behind a
// comma, and what is compared in "only if".
enum class SectionKind {
  When,
  OrWhen,
  Extract,
  Do,
  Example,
  IfItFails,
  Settings,
  StepOption,
  Guard
};

struct SectionName {
  SectionKind kind;
  std::string_view name;  // as it is written, without "##"
};
std::span<const SectionName> section_names();

enum class FormId {
  EmailArrives,
  WebhookArrives,
  MessageArrives,
  SmsArrives,
  SlackArrives,
  HasAttachment,
  HasNoAttachment,
  HasPdf,
  FieldIsEmpty,
  ComesFrom,
  Condition,
  ValueMatching,
  ValueAfter,
  TextBetween,
  FirstValue,
  DomainOf,
  NameOf,
  JsonValue,
  FirstFile,
  FileWhose,
  SendWebhook,
  RunSql,
  SendEmail,
  AppendRow,
  UpdateRow,
  UpdateRowWhere,
  PostToSlack,
  AskChatgpt,
  OnlyIf,
  Unless,
  ForEachAttachment,
  ContinueOnError,
  AsName,
  Temperature,
  MaxTokens,
  OrAppend,
  GuardComparison,
  GuardOrMore,
  GuardOrLess,
  GuardBetween,
  Matches,
  DoesNotMatch,
  NameIsText,
  NameIsNumber,
  NameIsPlain,
  NameIsEmpty,
  StepSends,
  StepSendsBlock,
  StepDoesNotRun,
  StepAnswers,
  RetryTimes,
  NoRetry,
  TimeZone,
  TimeLimit,
  Concurrency,
  Tags,
  Owner,
};

// A pattern is words and marks that must stand there, (a|b) choices, [x] what may be left out, and
// {slot} for a value; slots are named after their kind (see form_match.h). What every sentence of a
// section may have at its end stands once, in sentence_end().
struct Form {
  FormId id;
  SectionKind section;
  std::string_view pattern;
  std::string_view meaning;
  std::string_view example;  // one sentence of this form, as the reference shows it
};
std::span<const Form> all_forms();
std::string_view sentence_end(SectionKind section);

// Ways to name what is looked at: "subject", "sender", …
struct FieldName {
  std::string_view words;
  std::string_view field;  // as TriggerCondition has it
};
std::span<const FieldName> field_names();

// What kind of value an extraction looks for.
struct ValueTypeName {
  std::string_view words;
  Extraction::Type type;
};
std::span<const ValueTypeName> value_type_names();

struct OperatorName {
  std::string_view words;
  ConditionOperator operator_;
  bool negated;
};
std::span<const OperatorName> operator_names();

// The comparisons of "only if".
struct GuardTestName {
  std::string_view words;
  GuardCondition::Test test;
  bool negated;
};
std::span<const GuardTestName> guard_test_names();

// What {{…}} and :name may call besides extracted values.
struct MessageName {
  std::string_view name;        // in the rule
  std::string_view typescript;  // the expression in generated code; "" for what a header says
  std::string_view field = {};  // that, as TriggerCondition has it
  bool yields = false;          // to a value of the rule's own that has this name
};
std::span<const MessageName> message_names();

}  // namespace msghub
