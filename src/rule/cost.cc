#include "rule/cost.h"

#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include "rule/references.h"

namespace msghub {

namespace {

// US dollars per million tokens, as OpenAI's price list (developers.openai.com/api/docs/pricing)
// had them in March 2026. Dated names (gpt-4o-mini-2024-07-18) cost what their family does.
struct Price {
  std::string_view model;
  double input;
  double output;
};
constexpr auto kPrices = std::to_array<Price>({
    {"gpt-3.5-turbo", 0.5, 1.5},
    {"gpt-4.1", 2, 8},
    {"gpt-4.1-mini", 0.4, 1.6},
    {"gpt-4.1-nano", 0.1, 0.4},
    {"gpt-4o", 2.5, 10},
    {"gpt-4o-mini", 0.15, 0.6},
    {"gpt-5", 1.25, 10},
    {"gpt-5-mini", 0.25, 2},
    {"gpt-5-nano", 0.05, 0.4},
    {"gpt-5.1", 1.25, 10},
    {"gpt-5.2", 1.75, 14},
    {"gpt-5.4", 2.5, 15},
    {"gpt-5.4-mini", 0.75, 4.5},
    {"o3", 2, 8},
    {"o3-mini", 1.1, 4.4},
    {"o4-mini", 1.1, 4.4},
});

// What a prompt is taken to hold, in characters, where a value is put in: a body or a whole payload
// is long, the whole answer of an earlier question as long as that may be, anything else short.
// Attachments count by their number, one an execution.
constexpr double kLongValue = 2000;
constexpr double kShortValue = 40;
constexpr double kCharactersOfAToken = 4;
constexpr double kAnswerTokens = 300;  // without a limit of its own
constexpr double kFieldTokens = 30;    // what one expected field adds to the prompt
constexpr double kSystemTokens = 70;   // what the action itself says before the prompt
constexpr double kMillion = 1'000'000;

bool is_date(std::string_view text) {
  constexpr std::string_view kShape = "-0000-00-00";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return false;
  }
  return true;
}

const Price* price_of(std::string_view model) {
  for (const Price& price : kPrices)
    if (model.starts_with(price.model) &&
        (model.size() == price.model.size() || is_date(model.substr(price.model.size()))))
      return &price;
  return nullptr;
}

bool is_long(const Reference& reference) {
  return reference.name == "body" || reference.name == "message.body" ||
         reference.name == "payload" || reference.path == "content";
}

// By the name of the answer: the tokens that it may have.
using Answers = std::map<std::string, double, std::less<>>;

double prompt_characters(const Template& prompt, const Answers& answers) {
  double out = 0;
  for (const Template::Part& part : prompt.parts) {
    if (!part.reference) {
      out += static_cast<double>(part.text.size());
      continue;
    }
    const Reference& reference = *part.reference;
    const auto answer = answers.find(reference.name);
    const bool whole = reference.kind == Reference::Kind::Output && reference.path.empty();
    if (whole && answer != answers.end())
      out += answer->second * kCharactersOfAToken;
    else
      out += is_long(reference) ? kLongValue : kShortValue;
  }
  return out;
}

}  // namespace

std::optional<double> estimated_cost(const RuleTree& tree) {
  double out = 0;
  Answers answers;
  for (const Step& step : tree.steps) {
    const auto* ask = std::get_if<ChatgptStep>(&step.what);
    if (ask == nullptr) continue;
    const Price* price = price_of(ask->model);
    if (price == nullptr) return std::nullopt;
    const double input = kSystemTokens +
                         std::ceil(prompt_characters(ask->prompt, answers) / kCharactersOfAToken) +
                         kFieldTokens * static_cast<double>(ask->fields.size());
    const double output = ask->max_tokens ? static_cast<double>(*ask->max_tokens) : kAnswerTokens;
    out += (input * price->input + output * price->output) / kMillion;
    answers[step.output.value_or("")] = output;
  }
  // To a millionth of a dollar: the estimate is no better, and the number stays readable.
  return std::round(out * kMillion) / kMillion;
}

}  // namespace msghub
