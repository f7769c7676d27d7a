#include <algorithm>
#include <cstdint>
#include <map>

#include "base/utf8.h"
#include "rule/diff_parts.h"
#include "rule/lower.h"

namespace msghub {

namespace {

using Kind = RuleChange::Kind;

// What an action does, whatever its number and line.
std::string key_of(ActionConfig action) {
  action.line.reset();
  action.order = 0;
  return to_json(to_json_value(action));
}

// What a value of a step's configuration is called.
std::string word_of(std::string_view key) {
  static const std::map<std::string_view, std::string_view> kWords{
      {"appendMissing", "appending a row that is not there"},
      {"attachments", "the attached files"},
      {"bcc", "the blind copy"},
      {"bodyTemplate", "the body"},
      {"cc", "the copy"},
      {"channel", "the channel"},
      {"connection", "the connection"},
      {"fields", "the expected fields"},
      {"find", "the row that is looked for"},
      {"headers", "the headers"},
      {"html", "the HTML text"},
      {"mapping", "the values of the row"},
      {"maxTokens", "the most tokens of the answer"},
      {"method", "the method"},
      {"model", "the model"},
      {"operation", "what is done with the row"},
      {"outputField", "the name of the answer"},
      {"prompt", "the question"},
      {"row", "the number of the row"},
      {"sheetName", "the tab"},
      {"spreadsheetId", "the sheet"},
      {"statement", "the statement"},
      {"subject", "the subject"},
      {"temperature", "the temperature"},
      {"text", "the text"},
      {"thread", "the thread"},
      {"to", "the receivers"},
      {"url", "the address"},
  };
  const auto found = kWords.find(key);
  return std::string(found == kWords.end() ? key : found->second);
}

// A value for people: texts in quotation marks, lists with commas, the columns of a row one by one.
std::string in_words(const json::value& value) {
  std::string out;
  if (value.is_string()) {
    for (const char c : value.get_string()) {
      const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
      if (!blank) out += c;
      if (blank && !out.ends_with(' ')) out += ' ';
    }
    return "\"" + out + "\"";
  }
  if (value.is_array()) {
    for (const json::value& item : value.get_array())
      out += (out.empty() ? "" : ", ") + in_words(item);
    return out;
  }
  if (value.is_object()) {
    for (const auto& member : value.get_object())
      out +=
          (out.empty() ? "" : ", ") + std::string(member.key()) + ": " + in_words(member.value());
    return out.empty() ? "nothing" : out;
  }
  return to_json(value);
}

// Two texts, each with what is around the first difference when they are long.
std::pair<std::string, std::string> excerpts(std::string a, std::string b) {
  constexpr std::size_t kLongest = 100, kBefore = 30;
  if (a.size() <= kLongest && b.size() <= kLongest) return {std::move(a), std::move(b)};
  const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  auto start = static_cast<std::size_t>(left - a.begin());
  start = start > kBefore ? start - kBefore : 0;
  const auto boundary = [](const std::string& text, std::size_t at) {
    while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
      --at;
    return std::min(at, text.size());
  };
  const auto excerpt = [&](const std::string& text) {
    const std::size_t from = boundary(text, start);
    std::string out(cut_utf8(std::string_view(text).substr(from), kLongest));
    if (from + out.size() < text.size()) out += "…";
    return from > 0 ? "…" + out : out;
  };
  return {excerpt(a), excerpt(b)};
}

std::string instead(const std::string& what, const json::value* old, const json::value* fresh) {
  if (old == nullptr) return what + ": now " + in_words(*fresh) + ", before none";
  if (fresh == nullptr) return what + ": now none, before " + in_words(*old);
  const auto [then, now] = excerpts(in_words(*old), in_words(*fresh));
  return what + ": now " + now + " instead of " + then;
}

// What is different about two steps of one kind, an aspect each.
std::vector<std::string> aspects(const ActionConfig& old, const ActionConfig& fresh) {
  std::vector<std::string> out;
  for (const auto& [key, value] : fresh.config) {
    const json::value* other = old.config.if_contains(key);
    if (other != nullptr && *other == value) continue;
    if (key == "outputField") continue;  // said below
    out.push_back(instead(word_of(key), other, &value));
  }
  for (const auto& [key, value] : old.config)
    if (!fresh.config.contains(key)) out.push_back(instead(word_of(key), &value, nullptr));
  if (old.only_if != fresh.only_if) {
    if (!fresh.only_if)
      out.push_back("now always runs; before only if " + *old.only_if);
    else
      out.push_back("now runs only if " + *fresh.only_if + "; before " +
                    (old.only_if ? "only if " + *old.only_if : "always"));
  }
  if (old.for_each != fresh.for_each)
    out.emplace_back(fresh.for_each ? "now runs once for each attachment; before once"
                                    : "now runs once; before once for each attachment");
  if (old.continue_on_error != fresh.continue_on_error)
    out.emplace_back(
        fresh.continue_on_error
            ? "when it fails, the next steps now run all the same; before the rule ended"
            : "when it fails, the rule now ends; before the next steps ran all the same");
  if (old.output != fresh.output)
    out.push_back("what it yields is now called " + fresh.output.value_or("nothing") + ", before " +
                  old.output.value_or("nothing"));
  return out;
}

// One row of steps: those of Do, or those of "If it fails".
struct Row {
  const Reading& reading;
  const std::vector<Step>& steps;
  const std::vector<ActionConfig>& actions;
  std::string sentence(std::size_t index) const { return reading.sentence(steps[index].span); }
};

// The longest common row of steps stays. Of the others, equal ones have moved, and those of one
// kind that have most in common are changed ones.
class StepDiffer {
 public:
  StepDiffer(Row before, Row after, std::string what, std::vector<RuleChange>& out)
      : before_(before),
        after_(after),
        old_(keys_of(before.actions)),
        fresh_(keys_of(after.actions)),
        what_(std::move(what)),
        out_(out) {}

  void run() {
    put_aside_common();
    std::map<std::size_t, std::size_t> moved, changed;  // by the number of the new one
    std::erase_if(added_, [&](std::size_t j) { return pair_up(j, moved, true); });
    std::erase_if(added_, [&](std::size_t j) { return pair_up(j, changed, false); });
    for (std::size_t j = 0; j < after_.steps.size(); ++j) {
      if (const auto from = moved.find(j); from != moved.end() && from->second == j)
        add(what_ + " " + number(j) +
            " keeps its number, but not its place among the others: " + after_.sentence(j));
      else if (from != moved.end())
        add(what_ + " " + number(from->second) + " is now " + what_ + " " + number(j) + ": " +
            after_.sentence(j));
      if (const auto from = changed.find(j); from != changed.end()) change(from->second, j);
      if (std::ranges::binary_search(added_, j))
        add("new " + what_ + " " + number(j) + ": " + after_.sentence(j));
    }
    for (const std::size_t i : gone_)
      add("no longer does " + what_ + " " + number(i) + ": " + before_.sentence(i));
  }

 private:
  void add(std::string text) { out_.push_back({Kind::Effect, std::move(text)}); }
  static std::string number(std::size_t index) { return std::to_string(index + 1); }
  static std::vector<std::string> keys_of(const std::vector<ActionConfig>& actions) {
    std::vector<std::string> out;
    out.reserve(actions.size());
    for (const ActionConfig& action : actions) out.push_back(key_of(action));
    return out;
  }

  void put_aside_common() {
    constexpr std::size_t kMostCells = 4'000'000;  // more steps than anybody reads
    if (old_.size() * fresh_.size() > kMostCells) return put_aside_same_numbers();
    std::vector<std::vector<std::uint32_t>> common(old_.size() + 1,
                                                   std::vector<std::uint32_t>(fresh_.size() + 1));
    for (std::size_t i = old_.size(); i-- > 0;)
      for (std::size_t j = fresh_.size(); j-- > 0;)
        common[i][j] = old_[i] == fresh_[j] ? common[i + 1][j + 1] + 1
                                            : std::max(common[i + 1][j], common[i][j + 1]);
    for (std::size_t i = 0, j = 0; i < old_.size() || j < fresh_.size();) {
      if (i < old_.size() && j < fresh_.size() && old_[i] == fresh_[j])
        ++i, ++j;
      else if (j == fresh_.size() || (i < old_.size() && common[i + 1][j] >= common[i][j + 1]))
        gone_.push_back(i++);
      else
        added_.push_back(j++);
    }
  }
  void put_aside_same_numbers() {
    for (std::size_t i = 0; i < std::max(old_.size(), fresh_.size()); ++i) {
      if (i < old_.size() && i < fresh_.size() && old_[i] == fresh_[i]) continue;
      if (i < old_.size()) gone_.push_back(i);
      if (i < fresh_.size()) added_.push_back(i);
    }
  }

  bool pair_up(std::size_t j, std::map<std::size_t, std::size_t>& pairs, bool equal) {
    constexpr std::size_t kMostCompared = 20;  // with one step, so that many stay cheap
    const ActionConfig& fresh = after_.actions[j];
    auto best = gone_.end();
    std::size_t fewest = 0, compared = 0;
    for (auto i = gone_.begin(); i != gone_.end() && compared < kMostCompared; ++i) {
      const ActionConfig& old = before_.actions[*i];
      if (equal ? old_[*i] != fresh_[j] : old.type != fresh.type) continue;
      ++compared;
      const std::size_t differences = equal ? 0 : aspects(old, fresh).size();
      if (best != gone_.end() && differences >= fewest) continue;
      best = i;
      fewest = differences;
    }
    if (best == gone_.end()) return false;
    pairs[j] = *best;
    gone_.erase(best);
    return true;
  }

  void change(std::size_t i, std::size_t j) {
    const std::string before = i == j ? "" : " (before " + what_ + " " + number(i) + ")";
    for (const std::string& aspect : aspects(before_.actions[i], after_.actions[j]))
      add(what_ + " " + number(j) + before + ": " + aspect);
  }

  Row before_, after_;
  std::vector<std::string> old_, fresh_;  // keys of the actions
  std::string what_;
  std::vector<RuleChange>& out_;
  std::vector<std::size_t> gone_, added_;
};

std::string duration(std::int64_t milliseconds) {
  const auto of = [](std::int64_t count, const char* unit) {
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  };
  const std::int64_t seconds = milliseconds / 1000;
  if (seconds % 86'400 == 0) return of(seconds / 86'400, "day");
  if (seconds % 3600 == 0) return of(seconds / 3600, "hour");
  if (seconds % 60 == 0) return of(seconds / 60, "minute");
  return of(seconds, "second");
}

// What the failure steps do when the rule is called as the other one: those without a text of their
// own name the rule, and another name is no other text.
std::vector<ActionConfig> steps_under_name_of(const Reading& other, const Reading& reading) {
  const std::string_view text = reading.source.bytes();
  std::string renamed(text.substr(0, reading.title.begin));
  renamed.append(other.source.text(other.title)).append(text.substr(reading.title.end));
  return lower_steps(Reading(renamed).tree.failure.then);
}

std::string retries(const FailurePolicy& policy) {
  if (!policy.retries) return "as often as the hub tries any rule";
  if (*policy.retries == 0) return "not at all";
  const std::string over = policy.over_ms ? " over " + duration(*policy.over_ms) : "";
  return std::to_string(*policy.retries) + (*policy.retries == 1 ? " time" : " times") + over;
}

void compare_settings(const Settings& old, const Settings& fresh, std::vector<RuleChange>& out) {
  const auto say = [&out](Kind kind, const char* what, const std::string& then,
                          const std::string& now) {
    if (then != now)
      out.push_back({kind, std::string(what) + " is now " + now + ", before " + then});
  };
  const auto limit = [](const Settings& settings) {
    return settings.time_limit_ms ? duration(*settings.time_limit_ms) : "the hub's own";
  };
  const auto runs = [](const Settings& settings) {
    return settings.concurrency ? std::to_string(*settings.concurrency) : "any number";
  };
  const auto tags = [](const Settings& settings) {
    std::string list;
    for (const std::string& tag : settings.tags) list += (list.empty() ? "" : ", ") + tag;
    return list.empty() ? "none" : list;
  };
  say(Kind::Effect, "the time zone", old.time_zone.value_or("UTC"),
      fresh.time_zone.value_or("UTC"));
  say(Kind::Effect, "the time limit of one try", limit(old), limit(fresh));
  say(Kind::Effect, "the number of messages that it works on at a time", runs(old), runs(fresh));
  say(Kind::Label, "the list of tags", tags(old), tags(fresh));
  say(Kind::Label, "the owner", old.owner.value_or("nobody"), fresh.owner.value_or("nobody"));
}

}  // namespace

void compare_steps(const Reading& before, const Reading& after, std::vector<RuleChange>& out) {
  StepDiffer({before, before.tree.steps, before.metadata.actions},
             {after, after.tree.steps, after.metadata.actions}, "step", out)
      .run();
}

void compare_failure(const Reading& before, const Reading& after, std::vector<RuleChange>& out) {
  const FailurePolicy& old = before.tree.failure;
  const FailurePolicy& fresh = after.tree.failure;
  if (old.retries != fresh.retries || old.over_ms != fresh.over_ms)
    out.push_back({Kind::Effect, "when it fails, it is now tried again " + retries(fresh) +
                                     "; before " + retries(old)});
  const bool renamed = before.tree.name != after.tree.name;
  const std::vector<ActionConfig> then =
      renamed ? steps_under_name_of(after, before) : lower_steps(old.then);
  const std::vector<ActionConfig> now = lower_steps(fresh.then);
  StepDiffer({before, old.then, then}, {after, fresh.then, now}, "failure step", out).run();
  compare_settings(before.tree.settings, after.tree.settings, out);
}

}  // namespace msghub
