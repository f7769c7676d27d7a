#include "rule/wording_text.h"

namespace msghub::wording {

using std::to_string;

Wording expected_number(Text seen) {
  return {Code::ExpectationUnknown, ticked(seen) + " is not written as a plain number", "",
          "write digits and a decimal point, as in 1204.50, or a text in quotation marks"};
}

Wording example_without_message() {
  return {Code::ExampleMessage, "the example has no message", "",
          "add an ```email, ```sms, ```slack, ```http, ```json or ```text block below its heading"};
}

Wording example_message_unmarked() {
  return {Code::ExampleMessage, "the example's message is no block", "plain text or a quote",
          "set a line ```email above it and a line ``` below it"};
}

Wording expected_text_missing() {
  return {Code::OperandKind, "the text that the step sends is missing", "expected \"…\" here",
          "write it in quotation marks, or in a quote (> …) below, indented by two spaces"};
}

Wording expected_text_unmarked() {
  return {Code::ItemTooLong, "the text that the step sends is no quote", "plain text",
          "write it in a quote (> …) or between two lines ```"};
}

Wording example_second_message() {
  return {Code::ExampleMessage, "the example has a second message", "",
          "make it an example of its own, with its own heading"};
}

Wording example_fence(Text info) {
  return {
      Code::ExampleMessage, "an example's message is no " + ticked(shown(info)) + " block", "",
      "write ```email for an e-mail, ```sms or ```slack for a message of these, ```json or ```text "
      "for a webhook's body, ```http for its headers and body"};
}

Wording example_kind(Text info, const Words& wanted) {
  return {Code::ExampleKind,
          "a message of the kind ```" + std::string(info) + " never arrives on this rule's channel",
          "the rule listens for " + joined(wanted, "and"), std::nullopt};
}

Wording example_silent() {
  return {Code::ExampleSilent, "the example does not say what must come of its message", "",
          "add a list below the message, at least `- matches`"};
}

Wording example_field(Text name, Text suggestion) {
  return {Code::ExampleField, "the rule extracts no " + ticked(shown(name)), "",
          did_you_mean(suggestion, "examples check the names of `Extract`")};
}

Wording example_step(std::size_t steps) {
  return {Code::ExampleStep, "the rule has no such step", "",
          steps == 1 ? "it has one step, number 1" : "its steps are 1 to " + to_string(steps)};
}

Wording example_contradiction() {
  return {Code::ExampleContradiction, "a message that does not match is not worked on",
          "cannot hold together with `does not match`", "remove one of them"};
}

Wording example_step_contradiction() {
  return {Code::ExampleContradiction, "a step that does not run sends nothing and gets no answer",
          "cannot hold together with the step's other lines", "remove one of them"};
}

Wording example_json_broken(Text why) {
  return {Code::ExampleBroken, "the JSON is broken: " + std::string(why), "",
          "write a body that is no JSON in a ```text block, and an answer in quotation marks"};
}

Wording example_not_mail() {
  return {Code::ExampleBroken, "an e-mail begins with headers", "expected a line such as `From: …`",
          "write From: and Subject: lines, an empty line, and then the text"};
}

Wording example_not_chat(Text kind, Text header) {
  return {Code::ExampleBroken, "the message does not say " + std::string(header),
          "expected headers, and then an empty line",
          "write `From: …` and `To: …` lines, an empty line, and then the text of the " +
              std::string(kind)};
}

Wording http_line_stray(bool is_body) {
  if (is_body)
    return {Code::ExampleBroken, "the body begins without an empty line before it", "",
            "set an empty line between the headers and the body"};
  return {Code::ExampleBroken, "the line is no header", "expected `Name: value`",
          "write a header a line, then an empty line, and then the body"};
}

Wording http_header_twice(Text name) {
  return {Code::ExampleBroken, "the header " + std::string(name) + " stands there twice",
          "a hub refuses such a call", "remove one of them"};
}

Wording http_compressed() {
  return {Code::ExampleBroken, "a hub takes no compressed body", "",
          "remove the header and write the body as it reads"};
}

Wording http_type(Text type) {
  return {Code::ExampleBroken, "a hub takes no body of the type " + ticked(shown(type)), "",
          "it takes application/json, types that end in +json, "
          "application/x-www-form-urlencoded and text/…"};
}

Wording http_form_broken() {
  return {Code::ExampleBroken, "a percent sign in a form has two hex digits behind it", "",
          "write %25 for the percent sign itself"};
}

Wording http_body_missing() {
  return {Code::ExampleBroken, "the call has no body, and a hub refuses it", "",
          "write the body below the headers and an empty line"};
}

Wording example_mended(Text note) {
  return {Code::ExampleMended, "in this mail " + std::string(note), "read as well as it can be",
          "mend the mail, or copy it once more with all its lines"};
}

Wording answer_twice(std::int64_t line) {
  return {Code::AnswerTwice, "the step is answered twice", "",
          "line " + to_string(line) + " answers it as well; remove one of them"};
}

Wording answer_not_json(const Words& fields) {
  return {Code::AnswerNotJson, "the answer to this step is a JSON object", "",
          "write it in backticks, with " + joined(ticked(fields), "and")};
}

Wording answer_field(Text name, Text suggestion, const Words& fields) {
  return {Code::AnswerField, "the step asks for no field " + ticked(shown(name)), "",
          did_you_mean(suggestion, "its fields are " + joined(ticked(fields), "and"))};
}

}  // namespace msghub::wording
