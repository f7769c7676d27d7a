#include <algorithm>
#include <map>
#include <set>

#include "rule/diff_parts.h"
#include "rule/implication.h"

namespace msghub {

namespace {

using Kind = RuleChange::Kind;

std::string key_of(TriggerCondition condition) {
  condition.line.reset();
  return to_json(to_json_value(condition));
}

std::set<std::string> keys_of(const Trigger& trigger) {
  std::set<std::string> out;
  for (const Condition& condition : trigger.conditions) out.insert(key_of(condition.what));
  return out;
}

bool same_channel(const Trigger& a, const Trigger& b) {
  return a.channel == b.channel && a.type == b.type;
}

// Whether one of the conditions makes sure that `condition` holds.
bool follows(const Condition& condition, const Trigger& from) {
  return std::ranges::any_of(
      from.conditions, [&](const Condition& other) { return implies(other.what, condition.what); });
}

// Whether each message that `special` takes, `general` takes as well.
bool covers(const Trigger& general, const Trigger& special) {
  return same_channel(general, special) &&
         std::ranges::all_of(general.conditions, [&](const Condition& condition) {
           return follows(condition, special);
         });
}

bool is_opposite(TriggerCondition a, TriggerCondition b) {
  const bool other = a.negated.value_or(false) != b.negated.value_or(false);
  a.negated.reset(), b.negated.reset();
  return other && key_of(a) == key_of(b);
}

std::string_view arrival_of(std::optional<ChannelType> type) {
  if (!type) return "a message";
  switch (*type) {
    case ChannelType::Email:
      return "an email";
    case ChannelType::Sms:
      return "an SMS";
    case ChannelType::Slack:
      return "a Slack message";
    case ChannelType::Webhook:
      return "a webhook";
  }
  return {};
}

class TriggerDiffer {
 public:
  TriggerDiffer(const Reading& before, const Reading& after, std::vector<RuleChange>& out)
      : before_(before), after_(after), out_(out) {
    for (const Reading* reading : {&before, &after})
      for (const Trigger& trigger : reading->tree.triggers) keys_[&trigger] = keys_of(trigger);
  }

  // Triggers that are equal are put aside; each other one is compared with the one that has most
  // in common with it.
  void run() {
    std::vector<const Trigger*> old, fresh;
    for (const Trigger& trigger : before_.tree.triggers) old.push_back(&trigger);
    for (const Trigger& trigger : after_.tree.triggers) {
      const auto same = std::find_if(old.begin(), old.end(), [&](const Trigger* other) {
        return covers(*other, trigger) && covers(trigger, *other);
      });
      if (same == old.end())
        fresh.push_back(&trigger);
      else
        old.erase(same);
    }
    for (const bool other_channel : {false, true}) {
      std::erase_if(fresh, [&](const Trigger* trigger) {
        const auto nearest = nearest_of(*trigger, old, other_channel);
        if (nearest == old.end()) return false;
        compare(**nearest, *trigger);
        old.erase(nearest);
        return true;
      });
    }
    for (const Trigger* trigger : fresh)
      if (!covered(*trigger, before_))
        add(Kind::Wider, "now also matches " + in_words(*trigger, after_));
    for (const Trigger* trigger : old)
      if (!covered(*trigger, after_))
        add(Kind::Narrower, "no longer matches " + in_words(*trigger, before_));
  }

 private:
  void add(Kind kind, std::string text) { out_.push_back({kind, std::move(text)}); }

  static bool covered(const Trigger& trigger, const Reading& by) {
    return std::ranges::any_of(by.tree.triggers,
                               [&](const Trigger& other) { return covers(other, trigger); });
  }

  // Of the same channel: one that has most in common. Of another: one that has anything in common,
  // or is the only one.
  std::vector<const Trigger*>::iterator nearest_of(const Trigger& trigger,
                                                   std::vector<const Trigger*>& others,
                                                   bool other_channel) const {
    const std::set<std::string>& wanted = keys_.at(&trigger);
    auto best = others.end();
    std::size_t most = 0;
    for (auto other = others.begin(); other != others.end(); ++other) {
      if (same_channel(**other, trigger) == other_channel) continue;
      std::size_t common = 0;
      const std::set<std::string>& keys = keys_.at(*other);
      for (const std::string& key : keys) common += wanted.contains(key) ? 1 : 0;
      if (other_channel && common == 0 && !(wanted.empty() && keys.empty())) continue;
      if (best != others.end() && common <= most) continue;
      best = other;
      most = common;
    }
    return best;
  }

  static std::string condition_in_words(const Condition& condition, const Reading& reading) {
    std::string text = reading.sentence(condition.span);
    return text.starts_with("and ") ? text.substr(4) : text;
  }

  static std::string in_words(const Trigger& trigger, const Reading& reading) {
    std::string out = std::string(arrival_of(trigger.type)) + " on **" + trigger.channel + "**";
    for (const Condition& condition : trigger.conditions)
      out += (&condition == &trigger.conditions.front() ? " where " : " and ") +
             condition_in_words(condition, reading);
    return out;
  }

  // Where there are several sections: " (in Or when 2)".
  static std::string place_of(const Trigger& trigger, const Reading& reading) {
    const std::vector<Trigger>& all = reading.tree.triggers;
    const auto index = static_cast<std::size_t>(&trigger - all.data());
    if (all.size() == 1) return "";
    if (index == 0) return " (in When)";
    return all.size() == 2 ? " (in Or when)" : " (in Or when " + std::to_string(index) + ")";
  }

  void compare(const Trigger& old, const Trigger& fresh) {
    const std::string place = place_of(fresh, after_);
    if (!same_channel(old, fresh))
      add(Kind::Match, "now listens for " + std::string(arrival_of(fresh.type)) + " on **" +
                           fresh.channel + "** instead of " + std::string(arrival_of(old.type)) +
                           " on **" + old.channel + "**" + place);
    const std::set<std::string>& had = keys_.at(&old);
    const std::set<std::string>& has = keys_.at(&fresh);
    std::vector<const Condition*> gone, added;
    for (const Condition& condition : old.conditions)
      if (!has.contains(key_of(condition.what))) gone.push_back(&condition);
    for (const Condition& condition : fresh.conditions)
      if (!had.contains(key_of(condition.what))) added.push_back(&condition);
    for (const Condition* condition : added) {
      const auto other = partner_of(*condition, gone);
      if (other != gone.end()) {
        changed(**other, *condition, place);
        gone.erase(other);
      } else if (!follows(*condition, old)) {
        add(Kind::Narrower,
            "now matches only when also " + condition_in_words(*condition, after_) + place);
      }
    }
    for (const Condition* condition : gone)
      if (!follows(*condition, fresh))
        add(Kind::Wider, "now also matches when this does not hold: " +
                             condition_in_words(*condition, before_) + place);
  }

  // The condition that became this one: of those on the same field one that is stricter, looser or
  // the opposite, else one that says yes or no as this one does.
  static std::vector<const Condition*>::iterator partner_of(const Condition& condition,
                                                            std::vector<const Condition*>& gone) {
    const TriggerCondition& what = condition.what;
    const auto akin = std::ranges::find_if(gone, [&](const Condition* other) {
      return other->what.field == what.field &&
             (implies(what, other->what) || implies(other->what, what) ||
              is_opposite(what, other->what));
    });
    if (akin != gone.end()) return akin;
    return std::ranges::find_if(gone, [&](const Condition* other) {
      return other->what.field == what.field &&
             other->what.negated.value_or(false) == what.negated.value_or(false);
    });
  }

  void changed(const Condition& old, const Condition& fresh, const std::string& place) {
    const std::string now = condition_in_words(fresh, after_);
    const std::string then = condition_in_words(old, before_);
    const bool stricter = implies(fresh.what, old.what), looser = implies(old.what, fresh.what);
    if (stricter && looser) return;  // said in another way
    if (stricter)
      add(Kind::Narrower,
          "now asks for more: " + now + "; before it was enough that " + then + place);
    else if (looser)
      add(Kind::Wider,
          "now it is enough that " + now + "; before it asked for more: " + then + place);
    else if (is_opposite(fresh.what, old.what))
      add(Kind::Match, "now asks for the opposite: " + now + "; before: " + then + place);
    else
      add(Kind::Match, "now asks that " + now + ", instead of " + then + place);
  }

  const Reading& before_;
  const Reading& after_;
  std::vector<RuleChange>& out_;
  std::map<const Trigger*, std::set<std::string>> keys_;  // of their conditions
};

}  // namespace

void compare_triggers(const Reading& before, const Reading& after, std::vector<RuleChange>& out) {
  TriggerDiffer(before, after, out).run();
}

}  // namespace msghub
