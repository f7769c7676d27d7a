#include "rule/emit_parts.h"
#include "rule/typescript.h"

namespace msghub {

using typescript::group;
using typescript::string_literal;

namespace {

// Nothing for what is no expectation.
std::string emit_expectation(const Expectation& expected) {
  std::vector<std::string> items{property("line", std::to_string(expected.line))};
  switch (expected.kind) {
    case Expectation::Kind::Matches:
      items.push_back("matches: true");
      break;
    case Expectation::Kind::DoesNotMatch:
      items.push_back("matches: false");
      break;
    case Expectation::Kind::NameIs:
      items.push_back(property("field", string_literal(expected.name)));
      items.push_back(property("is", string_literal(expected.value)));
      break;
    case Expectation::Kind::StepSends:
      items.push_back(property("step", std::to_string(expected.step - 1)));
      items.push_back(property("sends", string_literal(expected.value)));
      break;
    case Expectation::Kind::StepDoesNotRun:
      items.push_back(property("step", std::to_string(expected.step - 1)));
      items.push_back("runs: false");
      break;
    case Expectation::Kind::StepAnswers:
      return {};
  }
  return group("{", items, "}", 8);
}

std::string emit_answers(const ExampleCase& example, EmitScope& scope) {
  std::vector<std::string> answers;
  for (const Expectation& given : example.expectations) {
    if (given.kind != Expectation::Kind::StepAnswers) continue;
    const std::string step = std::to_string(given.step - 1);
    const std::string answer = given.answer ? emit_json(*given.answer, scope, 8, step.size() + 2)
                                            : string_literal(given.value);
    answers.push_back(step + ": " + answer);
  }
  constexpr std::size_t kBehind = 9;  // "answers: "
  return answers.empty() ? "" : "      answers: " + group("{", answers, "}", 6, kBehind) + ",\n";
}

}  // namespace

std::string emit_example(const ExampleCase& example, EmitScope& scope) {
  const std::string message = group("{",
                                    {property("kind", string_literal(wire_name(example.message))),
                                     property("raw", string_literal(example.raw))},
                                    "}", 6, 9);
  std::string expectations;
  for (const Expectation& expected : example.expectations)
    if (const std::string item = emit_expectation(expected); !item.empty())
      expectations += "        " + item + ",\n";
  std::string out = "{\n      title: " + string_literal(example.title) +
                    ",\n      line: " + std::to_string(example.line) +
                    ",\n      message: " + message + ",\n" + emit_answers(example, scope) +
                    "      expect: [";
  if (!expectations.empty()) out += "\n" + expectations + "      ";
  return out + "],\n    }";
}

}  // namespace msghub
