#include "rule/diff.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "rule/check.h"
#include "rule/lower.h"
#include "rule/parse.h"

namespace msghub {

namespace {

using Kind = RuleChange::Kind;

// A rule that was read, with the sentences that it is made of.
struct Reading {
  explicit Reading(std::string_view markdown) : source(markdown), report(source) {
    const auto pieces = scan(source, report);
    if (pieces) tree = parse(*pieces, source, report);
    if (pieces && !report.full()) check(tree, nullptr, report);
    if (!report.has_errors()) metadata = lower(tree);
  }
  std::string sentence(Span span) const {
    std::string out;
    for (const char c : source.text(span)) {
      const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (!blank) out += c;
      if (blank && !out.empty() && out.back() != ' ') out += ' ';
    }
    while (out.ends_with(':') || out.ends_with(' ')) out.pop_back();
    return out;
  }

  Source source;
  Report report;
  RuleTree tree;
  RuleMetadata metadata;
};

std::string key_of(TriggerCondition condition) {
  condition.line.reset();
  return to_json(to_json_value(condition));
}

std::string key_of(ActionConfig action) {
  action.line.reset();
  action.order = 0;
  return to_json(to_json_value(action));
}

std::set<std::string> keys_of(const Trigger& trigger) {
  std::set<std::string> out;
  for (const Condition& condition : trigger.conditions) out.insert(key_of(condition.what));
  return out;
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

class Differ {
 public:
  Differ(const Reading& before, const Reading& after) : before_(before), after_(after) {}

  std::vector<RuleChange> run() {
    if (before_.tree.name != after_.tree.name)
      add(Kind::Effect,
          "the name is now " + quoted(after_.tree.name) + ", before " + quoted(before_.tree.name));
    triggers();
    extractions();
    steps();
    failure();
    settings();
    examples();
    return std::move(changes_);
  }

 private:
  void add(Kind kind, std::string text) { changes_.push_back({kind, std::move(text)}); }

  static bool same_channel(const Trigger& a, const Trigger& b) {
    return a.channel == b.channel && a.type == b.type;
  }

  // Triggers that are equal are put aside; each other one is compared with the one that has most
  // in common with it.
  void triggers() {
    std::vector<const Trigger*> old, fresh;
    for (const Trigger& trigger : before_.tree.triggers) old.push_back(&trigger);
    for (const Trigger& trigger : after_.tree.triggers) {
      const auto same = std::find_if(old.begin(), old.end(), [&](const Trigger* other) {
        return same_channel(*other, trigger) && keys_of(*other) == keys_of(trigger);
      });
      if (same == old.end())
        fresh.push_back(&trigger);
      else
        old.erase(same);
    }
    for (const Trigger* trigger : fresh) {
      const auto nearest = nearest_of(*trigger, old);
      if (nearest == old.end()) {
        add(Kind::Wider, "now also matches: " + in_words(*trigger, after_));
        continue;
      }
      compare(**nearest, *trigger);
      old.erase(nearest);
    }
    for (const Trigger* trigger : old)
      add(Kind::Narrower, "no longer matches: " + in_words(*trigger, before_));
  }

  static std::vector<const Trigger*>::iterator nearest_of(const Trigger& trigger,
                                                          std::vector<const Trigger*>& others) {
    const std::set<std::string> wanted = keys_of(trigger);
    auto best = others.end();
    std::size_t most = 0;
    for (auto other = others.begin(); other != others.end(); ++other) {
      if (!same_channel(**other, trigger)) continue;
      std::size_t common = 0;
      for (const std::string& key : keys_of(**other)) common += wanted.contains(key) ? 1 : 0;
      if (best != others.end() && common <= most) continue;
      best = other;
      most = common;
    }
    return best;
  }

  static std::string in_words(const Trigger& trigger, const Reading& reading) {
    std::string out = "a message on **" + trigger.channel + "**";
    for (const Condition& condition : trigger.conditions)
      out += (&condition == &trigger.conditions.front() ? " where " : " and ") +
             reading.sentence(condition.span);
    return out;
  }

  void compare(const Trigger& old, const Trigger& fresh) {
    const std::set<std::string> had = keys_of(old), has = keys_of(fresh);
    std::vector<const Condition*> gone, added;
    for (const Condition& condition : old.conditions)
      if (!has.contains(key_of(condition.what))) gone.push_back(&condition);
    for (const Condition& condition : fresh.conditions)
      if (!had.contains(key_of(condition.what))) added.push_back(&condition);
    for (const Condition* condition : added) {
      const std::string now = after_.sentence(condition->span);
      const auto other = std::find_if(gone.begin(), gone.end(), [&](const Condition* c) {
        return c->what.field == condition->what.field &&
               c->what.negated.value_or(false) == condition->what.negated.value_or(false);
      });
      if (other == gone.end()) {
        add(Kind::Narrower, "now matches only when also " + now);
        continue;
      }
      add(Kind::Match,
          "now needs that " + now + ", before that " + before_.sentence((*other)->span));
      gone.erase(other);
    }
    for (const Condition* condition : gone)
      add(Kind::Wider, "now also matches when not: " + before_.sentence(condition->span));
  }

  void extractions() {
    std::map<std::string, const Extraction*> old;
    for (const Extraction& extraction : before_.tree.extractions)
      old[extraction.name] = &extraction;
    for (const Extraction& extraction : after_.tree.extractions) {
      const std::string now = after_.sentence(extraction.span);
      const auto found = old.find(extraction.name);
      if (found == old.end()) {
        add(Kind::Effect, "new value " + now);
        continue;
      }
      const std::string then = before_.sentence(found->second->span);
      if (now != then) add(Kind::Effect, "the value is now " + now + "; before " + then);
      old.erase(found);
    }
    for (const auto& [name, extraction] : old)
      add(Kind::Effect, "the value " + name + " is no longer extracted");
  }

  // The longest common row of steps stays; of the others, those of one kind are changed ones.
  void steps() {
    const auto& old = before_.metadata.actions;
    const auto& fresh = after_.metadata.actions;
    std::vector<std::vector<std::size_t>> common(old.size() + 1,
                                                 std::vector<std::size_t>(fresh.size() + 1));
    for (std::size_t i = old.size(); i-- > 0;)
      for (std::size_t j = fresh.size(); j-- > 0;)
        common[i][j] = key_of(old[i]) == key_of(fresh[j])
                           ? common[i + 1][j + 1] + 1
                           : std::max(common[i + 1][j], common[i][j + 1]);
    std::vector<std::size_t> gone, added;
    const auto settle = [&] {
      for (const std::size_t j : added) {
        const auto other = std::find_if(
            gone.begin(), gone.end(), [&](std::size_t i) { return old[i].type == fresh[j].type; });
        if (other == gone.end()) {
          add(Kind::Effect, "new step " + step_in_words(j, after_));
          continue;
        }
        changed(*other, j);
        gone.erase(other);
      }
      for (const std::size_t i : gone)
        add(Kind::Effect, "no longer does step " + step_in_words(i, before_));
      gone.clear();
      added.clear();
    };
    for (std::size_t i = 0, j = 0; i < old.size() || j < fresh.size();) {
      const bool same = i < old.size() && j < fresh.size() && key_of(old[i]) == key_of(fresh[j]);
      if (same) {
        settle();
        ++i, ++j;
      } else if (j == fresh.size() || (i < old.size() && common[i + 1][j] >= common[i][j + 1])) {
        gone.push_back(i++);
      } else {
        added.push_back(j++);
      }
    }
    settle();
  }
  static std::string step_in_words(std::size_t index, const Reading& reading) {
    return std::to_string(index + 1) + ": " + reading.sentence(reading.tree.steps[index].span);
  }
  void changed(std::size_t i, std::size_t j) {
    const std::string now = after_.sentence(after_.tree.steps[j].span);
    const std::string then = before_.sentence(before_.tree.steps[i].span);
    std::string text = "step " + std::to_string(j + 1);
    text += now == then ? ": " + now + ":" : " is now: " + now + "; before: " + then;
    std::string parts;
    const json::object& old = before_.metadata.actions[i].config;
    for (const auto& [key, value] : after_.metadata.actions[j].config) {
      const json::value* other = old.if_contains(key);
      if (other == nullptr || *other != value)
        parts += (parts.empty() ? " " : ", ") + std::string(key);
    }
    for (const auto& member : old)
      if (!after_.metadata.actions[j].config.contains(member.key()))
        parts += (parts.empty() ? " " : ", ") + std::string(member.key());
    if (!parts.empty()) text += (now == then ? "" : ";") + parts + " changed";
    add(Kind::Effect, text);
  }

  void failure() {
    const auto text = [](const Reading& reading) {
      std::optional<RuleFailure> failure = reading.metadata.failure;
      if (failure)
        for (ActionConfig& action : failure->actions) action.line.reset();
      return failure ? to_json(to_json_value(*failure)) : std::string();
    };
    if (text(before_) != text(after_)) add(Kind::Effect, "what happens when it fails has changed");
  }
  void settings() {
    if (before_.metadata.settings != after_.metadata.settings)
      add(Kind::Effect, "the settings have changed");
  }
  void examples() {
    const auto count = [](const Reading& reading) { return reading.tree.examples.size(); };
    if (count(before_) != count(after_))
      add(Kind::Effect, "it has " + std::to_string(count(after_)) + " examples, before " +
                            std::to_string(count(before_)));
  }

  const Reading& before_;
  const Reading& after_;
  std::vector<RuleChange> changes_;
};

}  // namespace

Result<std::vector<RuleChange>> diff_rules(std::string_view before, std::string_view after) {
  const auto old = std::make_unique<Reading>(before);
  if (old->report.has_errors()) return refuse(Refusal::Code::Invalid, "before");
  const auto fresh = std::make_unique<Reading>(after);
  if (fresh->report.has_errors()) return refuse(Refusal::Code::Invalid, "after");
  return Differ(*old, *fresh).run();
}

std::string summary_of(const std::vector<RuleChange>& changes) {
  const auto has = [&](Kind kind) {
    return std::any_of(changes.begin(), changes.end(),
                       [kind](const RuleChange& change) { return change.kind == kind; });
  };
  const bool wider = has(Kind::Wider), narrower = has(Kind::Narrower), other = has(Kind::Match);
  std::string out = "It matches the same messages as before";
  if (wider && !narrower && !other) out = "It matches all messages that it matched, and more";
  if (narrower && !wider && !other) out = "It matches fewer messages than before";
  if (other || (wider && narrower)) out = "It matches other messages than before";
  if (changes.empty()) return "The two rules mean the same.";
  return out + (has(Kind::Effect) ? ", and what it does has changed." : ".");
}

}  // namespace msghub
