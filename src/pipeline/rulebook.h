#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "match/matcher.h"
#include "model/channel.h"
#include "model/rule.h"
#include "store/tables.h"

namespace msghub {

// The active rules of one user, ready to match. Immutable; held by whoever is matching with it.
struct RuleSet {
  Matcher matcher;
  std::map<RuleId, std::int64_t> versions;  // codeVersion of each active rule
};

// Which rules are active, and whose channel is whose: read from the store when first needed and
// kept until forget_*, or for `max_age` where other hubs may change them, too. A change of rules
// makes a new RuleSet; who holds the old one finishes with it. Lives on one executor.
class Rulebook {
 public:
  explicit Rulebook(Tables& tables, std::optional<std::chrono::milliseconds> max_age = {})
      : tables_(tables), max_age_(max_age) {}

  Task<std::shared_ptr<const RuleSet>> active_rules(UserId user);
  // How many executions of the rule may run at once in this hub; nothing: any number.
  Task<std::optional<std::int64_t>> concurrency(RuleId id);
  // Nothing when the channel has been removed.
  Task<std::optional<Channel>> channel(ChannelId id);

  void forget_rules(const UserId& user) {
    ++generation_;
    sets_.erase(user);
    concurrency_.clear();
  }
  void forget_channel(const ChannelId& id) {
    ++generation_;
    channels_.erase(id);
  }

 private:
  void forget_old();

  Tables& tables_;
  std::optional<std::chrono::milliseconds> max_age_;
  std::chrono::steady_clock::time_point fresh_until_{};
  std::uint64_t generation_ = 0;  // what was read before a change is not kept
  std::unordered_map<UserId, std::shared_ptr<const RuleSet>> sets_;
  std::unordered_map<RuleId, std::optional<std::int64_t>> concurrency_;
  std::unordered_map<ChannelId, Channel> channels_;
};

}  // namespace msghub
