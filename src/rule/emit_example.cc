#include "rule/emit_parts.h"

namespace msghub {

namespace ts = typescript;
using ts::member;

namespace {

// Nothing for what is no expectation.
std::optional<ts::Code> emit_expectation(const Expectation& expected) {
  ts::Members out{line_member(expected.line)};
  const auto step = [&] { return member("step", ts::number(std::to_string(expected.step - 1))); };
  switch (expected.kind) {
    case Expectation::Kind::Matches:
      out.push_back(member("matches", ts::boolean(true)));
      break;
    case Expectation::Kind::DoesNotMatch:
      out.push_back(member("matches", ts::boolean(false)));
      break;
    case Expectation::Kind::NameIs:
      out.push_back(member("field", ts::text(expected.name)));
      out.push_back(member("is", ts::lines(expected.value)));
      break;
    case Expectation::Kind::StepSends:
      out.push_back(step());
      out.push_back(member("sends", ts::lines(expected.value)));
      break;
    case Expectation::Kind::StepDoesNotRun:
      out.push_back(step());
      out.push_back(member("runs", ts::boolean(false)));
      break;
    case Expectation::Kind::StepAnswers:
      return std::nullopt;
  }
  return ts::object(std::move(out));
}

ts::Members emit_answers(const ExampleCase& example, EmitScope& scope) {
  ts::Members out;
  for (const Expectation& given : example.expectations) {
    if (given.kind != Expectation::Kind::StepAnswers) continue;
    out.push_back(ts::numbered_member(
        given.step - 1, given.answer ? emit_json(*given.answer, scope) : ts::lines(given.value)));
  }
  return out;
}

}  // namespace

ts::Code emit_example(const ExampleCase& example, EmitScope& scope) {
  ts::Members message{member("kind", ts::text(wire_name(example.message))),
                      member("raw", ts::lines(example.raw))};
  ts::Members out{member("title", ts::text(example.title)), line_member(example.line),
                  member("message", ts::object(std::move(message)))};
  if (ts::Members answers = emit_answers(example, scope); !answers.empty())
    out.push_back(member("answers", ts::object(std::move(answers))));
  ts::Codes expectations;
  for (const Expectation& expected : example.expectations)
    if (std::optional<ts::Code> item = emit_expectation(expected))
      expectations.push_back(std::move(*item));
  out.push_back(member("expect", ts::list(std::move(expectations))));
  return ts::block(std::move(out));
}

}  // namespace msghub
