#include "rule/emit_parts.h"
#include "rule/typescript.h"

namespace msghub {

using typescript::group;
using typescript::string_literal;

namespace {

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
    case Expectation::Kind::StepAnswers:
      break;
  }
  return group("{", items, "}", 8);
}

}  // namespace

std::string emit_example(const ExampleCase& example) {
  using Message = ExampleCase::Message;
  const std::string kind = example.message == Message::Email  ? "email"
                           : example.message == Message::Json ? "json"
                                                              : "text";
  const std::string message = group(
      "{", {property("kind", string_literal(kind)), property("raw", string_literal(example.raw))},
      "}", 6, 9);
  std::string out = "{\n      title: " + string_literal(example.title) +
                    ",\n      line: " + std::to_string(example.line) +
                    ",\n      message: " + message + ",\n      expect: [";
  if (!example.expectations.empty()) out += "\n";
  for (const Expectation& expected : example.expectations)
    out += "        " + emit_expectation(expected) + ",\n";
  return out + (example.expectations.empty() ? "" : "      ") + "],\n    }";
}

}  // namespace msghub
