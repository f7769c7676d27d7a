#include <iostream>
#include <string>

#include "base/exact_json.h"
#include "base/fold.h"
#include "match/matcher.h"

// Answers one JSON line on stdin with one on stdout, so that another program can compare itself
// with the hub:
//   {"triggers": [TriggerConfig…], "channelId": "…", "message": ParsedMessage}
//       gives {"matches": true, "explanation": Explanation}
//   {"fold": "Text"}  gives {"folded": "text"}
//   {"pattern": "^x", "caseSensitive": false, "texts": ["x", …]}
//       gives {"verdicts": [true, …]} or, for a pattern outside the dialect, {"refused": "why"}
//   {"pattern": "^x", "caseSensitive": false, "characters": "xyz"}
//       gives {"verdicts": "100"}, one digit a character

namespace msghub {
namespace {

struct MatchRequest {
  ChannelId channel_id;
  std::vector<TriggerConfig> triggers;
  ParsedMessage message;
};
BOOST_DESCRIBE_STRUCT(MatchRequest, (), (channel_id, triggers, message))

struct PatternRequest {
  std::string pattern;
  std::optional<bool> case_sensitive;
  std::optional<std::vector<std::string>> texts;
  std::optional<std::string> characters;
};
BOOST_DESCRIBE_STRUCT(PatternRequest, (), (pattern, case_sensitive, texts, characters))

json::value refused(const Refusal& refusal) { return json::object{{"refused", refusal.detail}}; }

json::value answer_match(const json::value& request) {
  const auto read = from_json_value<MatchRequest>(request);
  if (!read) return refused(read.error());
  const MatchInput input{read->channel_id, &read->message};
  const Matcher matcher({RuleTriggers{RuleId{"rule"}, read->triggers}});
  return json::object{{"matches", !matcher.match(input).empty()},
                      {"explanation", to_json_value(explain(read->triggers, input))}};
}

json::value answer_pattern(const json::value& request) {
  const auto read = from_json_value<PatternRequest>(request);
  if (!read) return refused(read.error());
  const bool case_sensitive = read->case_sensitive.value_or(false);
  if (const auto checked = check_pattern(read->pattern, case_sensitive); !checked)
    return refused(checked.error());

  const TriggerCondition condition{
      "from", ConditionOperator::Matches, read->pattern, {}, case_sensitive, {}, {}};
  const Matcher matcher({RuleTriggers{RuleId{"rule"}, {TriggerConfig{{}, {condition}}}}});
  ParsedMessage message;
  const auto verdict = [&](std::string_view text) {
    message.from = text;
    return !matcher.match({ChannelId{}, &message}).empty();
  };
  if (read->texts) {
    json::array verdicts;
    for (const std::string& text : *read->texts) verdicts.push_back(verdict(text));
    return json::object{{"verdicts", std::move(verdicts)}};
  }
  const std::string characters = read->characters.value_or("");
  std::string verdicts;
  for (std::size_t i = 0, next = 0; i < characters.size(); i = next) {
    for (next = i + 1; next < characters.size() && (characters[next] & 0xC0) == 0x80;) ++next;
    verdicts += verdict(std::string_view(characters).substr(i, next - i)) ? '1' : '0';
  }
  return json::object{{"verdicts", verdicts}};
}

json::value answer(const std::string& line) {
  const auto request = parse_exact_json(line);
  if (!request) return refused(request.error());
  if (!request->is_object()) return json::object{{"refused", "an object is needed"}};
  const json::object& object = request->get_object();
  if (object.contains("fold"))
    return json::object{{"folded", fold_case(string_or(object, "fold"))}};
  return object.contains("pattern") ? answer_pattern(*request) : answer_match(*request);
}

}  // namespace
}  // namespace msghub

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);)
    std::cout << msghub::to_json(msghub::answer(line)) << '\n' << std::flush;
}
