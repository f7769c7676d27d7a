#include "pipeline/rulebook.h"

#include "base/log.h"
#include "store/channels.h"
#include "store/rules.h"

namespace msghub {

namespace {

std::optional<std::int64_t> concurrency_of(const Rule& rule) {
  if (!rule.metadata.settings) return std::nullopt;
  return rule.metadata.settings->concurrency;
}

}  // namespace

void Rulebook::forget_old() {
  const auto now = std::chrono::steady_clock::now();
  if (!max_age_ || now < fresh_until_) return;
  fresh_until_ = now + *max_age_;
  ++generation_;
  sets_.clear();
  concurrency_.clear();
  channels_.clear();
}

Task<std::shared_ptr<const RuleSet>> Rulebook::active_rules(UserId user) {
  forget_old();
  if (const auto kept = sets_.find(user); kept != sets_.end()) co_return kept->second;
  const std::uint64_t generation = generation_;
  std::vector<RuleTriggers> triggers;
  std::map<RuleId, std::int64_t> versions;
  std::map<RuleId, std::optional<std::int64_t>> limits;
  std::string cursor;
  Rules rules(tables_);
  do {
    Result<PageOf<Rule>> page =
        co_await rules.list_active_rules_for_user(user, Paging{100, cursor});
    for (Rule& rule : page.value().items) {
      versions[rule.id] = rule.code_version;
      limits[rule.id] = concurrency_of(rule);
      triggers.push_back({rule.id, std::move(rule.metadata.triggers)});
    }
    cursor = page->cursor;
  } while (!cursor.empty());
  auto set = std::make_shared<const RuleSet>(Matcher(std::move(triggers)), std::move(versions));
  for (const RuleId& broken : set->matcher.broken())
    log(LogLevel::Error, "rule not matchable", {{"ruleId", broken.value}});
  if (generation != generation_) co_return set;
  sets_[user] = set;
  for (const auto& [id, limit] : limits) concurrency_[id] = limit;
  co_return set;
}

Task<std::optional<std::int64_t>> Rulebook::concurrency(RuleId id) {
  forget_old();
  if (const auto kept = concurrency_.find(id); kept != concurrency_.end()) co_return kept->second;
  const std::uint64_t generation = generation_;
  Rules rules(tables_);
  const std::optional<Rule> rule = co_await rules.get_rule_by_id(id);
  const std::optional<std::int64_t> limit = rule ? concurrency_of(*rule) : std::nullopt;
  if (generation == generation_) concurrency_[id] = limit;
  co_return limit;
}

Task<std::optional<Channel>> Rulebook::channel(ChannelId id) {
  forget_old();
  if (const auto kept = channels_.find(id); kept != channels_.end()) co_return kept->second;
  const std::uint64_t generation = generation_;
  Channels channels(tables_);
  std::optional<Channel> found = co_await channels.get_channel_by_id(id);
  if (found && generation == generation_) channels_[id] = *found;
  co_return found;
}

}  // namespace msghub
