#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rule/compile.h"

namespace msghub {

// Every kind of mistake. The number is the stable code (R0021) and never changes its meaning; each
// has a page docs/diagnostics/R0021.md that shows a wrong and a right rule.
enum class Code {
  // the document
  TooLarge = 1,
  NotText = 2,
  NestedTooDeeply = 3,
  TooManyMistakes = 4,
  TitleMissing = 10,
  TitleTwice = 11,
  HeadingNearMiss = 20,
  HeadingLevel = 21,
  SectionTwice = 23,
  SectionMissing = 24,
  SectionOrder = 25,
  SectionEmpty = 26,
  ExampleUnnamed = 27,
  NotAListItem = 30,
  StrayBlock = 31,
  FenceUnclosed = 32,
  QuoteUnclosed = 33,
  ItemTooLong = 34,
  StepsNotNumbered = 35,
  // When, Or when
  WhenUnknown = 101,
  FieldUnknown = 102,
  OperatorUnknown = 103,
  ChannelMissing = 104,
  ChannelTwice = 105,
  NameNotBold = 106,
  OperandEmpty = 107,
  OperandKind = 108,
  PatternInvalid = 109,
  PatternTooLong = 110,
  JsonOnEmail = 111,
  JsonPathInvalid = 112,
  HeaderName = 113,
  OneCondition = 114,
  PatternTooLarge = 115,
  NoAttachments = 116,
  MailField = 117,
  ConditionTwice = 120,
  ChannelUnknown = 121,
  ChannelKind = 122,
  // Extract
  ExtractUnknown = 201,
  NameInvalid = 202,
  NameTwice = 203,
  NameReserved = 204,
  NoAddress = 205,
  DefaultAndOptional = 206,
  ExtractUnused = 207,
  ValueTypeUnknown = 208,
  DateOrderMisplaced = 209,
  CaseMisplaced = 210,
  TextWithoutPlace = 211,
  NoDisplayName = 212,
  DefaultInvalid = 213,
  // Do
  StepUnknown = 301,
  BlockMissing = 302,
  BlockKind = 303,
  BlockExtra = 304,
  UrlInvalid = 305,
  UrlHostTemplate = 306,
  JsonInvalid = 307,
  SqlTemplate = 308,
  SqlInvalid = 309,
  AddressInvalid = 310,
  ConnectionUnknown = 311,
  ConnectionKind = 312,
  ConnectionUndecided = 313,
  HeadersInvalid = 314,
  OptionUnknown = 315,
  OptionTwice = 316,
  OptionMisplaced = 317,
  OptionValue = 318,
  GuardInvalid = 319,
  GuardOr = 320,
  OutputLater = 321,
  PartUnknown = 322,
  AttachmentOutside = 323,
  TableInvalid = 324,
  FieldsInvalid = 325,
  SheetInvalid = 326,
  FileUnknown = 327,
  SlackChannelInvalid = 328,
  ModelInvalid = 329,
  SpreadsheetMissing = 330,
  // warnings about conditions
  NeverTogether = 701,
  ConditionImplied = 702,
  ValueImplied = 703,
  SenderOpen = 704,
  PatternFitsAll = 705,
  SectionImplied = 706,
  StarLiteral = 707,
  // templates
  TemplateName = 401,
  TemplateSyntax = 402,
  TemplateMisplaced = 403,
  FilterUnknown = 404,
  FilterArguments = 405,
  CurrencyInvalid = 406,
  DateFormatInvalid = 407,
  TimeZoneInvalid = 408,
  FilterOnLiteral = 409,
  FilterNeverFits = 410,
  HtmlPlace = 411,
  SingleBraces = 412,
  // Example
  ExpectationUnknown = 501,
  ExampleMessage = 502,
  ExampleKind = 503,
  ExampleSilent = 504,
  ExampleField = 505,
  ExampleStep = 506,
  ExampleContradiction = 507,
  ExampleBroken = 508,
  AnswerTwice = 509,
  AnswerNotJson = 510,
  AnswerField = 511,
  ExampleMended = 512,
  // If it fails
  FailureUnknown = 601,
  FailureTwice = 602,
  RetryCount = 603,
  RetryTime = 604,
  DurationMissing = 605,
  // Settings
  SettingUnknown = 611,
  SettingTwice = 612,
  TimeZoneUnknown = 613,
  TimeLimitRange = 614,
  ConcurrencyRange = 615,
  TagsInvalid = 616,
  OwnerMissing = 617,
  // warnings about steps
  OutputUnused = 710,
  GuardNever = 711,
  TriggersItself = 712,
};

struct CodeInfo {
  Code code;
  Severity severity;
  std::string_view title;        // what the mistake is called
  std::string_view explanation;  // why it is one, in a few sentences
};

// All codes, by number.
std::span<const CodeInfo> all_codes();
const CodeInfo& info_of(Code code);
std::string code_id(Code code);  // "R0021"

}  // namespace msghub
