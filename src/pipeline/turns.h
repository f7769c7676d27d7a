#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

#include "model/ids.h"

namespace msghub {

// An execution on its way to a worker.
struct QueuedRun {
  ExecutionId execution;
  RuleId rule;
  MessageId message;
  std::optional<std::int64_t> limit;  // how many of its rule may run at once; nothing: any number
  bool retry = false;                 // a try of it has failed already
};

// Who comes next, so that no rule keeps the others waiting: neither one with many messages nor one
// whose target hangs. The next is of the rule with the fewest under way, and among equals who waits
// longest; so each rule is in order. A rule stays within its own limit, and leaves a quarter of the
// places to others. Retries take at most half of the places, all rules together.
class Turns {
 public:
  // `places`: how many may be under way at once.
  explicit Turns(std::size_t places)
      : places_(places),
        of_one_rule_(std::max<std::size_t>(1, places - places / 4)),
        retries_(std::max<std::size_t>(1, places / 2)) {}

  void add(QueuedRun run) {
    const RuleId rule = run.rule;
    const bool retry = run.retry;
    Lane& lane = lanes_[rule];
    withdraw(rule, lane);
    (retry ? lane.retries : lane.fresh).push_back({++last_, std::move(run)});
    offer(rule, lane);
    ++waiting_;
  }

  // The next one, which is then under way; nothing while all places are taken or nobody may begin.
  std::optional<QueuedRun> next() {
    if (running_ == places_) return std::nullopt;
    const bool retry_may = retrying_ < retries_;
    const Offer* fresh = fresh_.empty() ? nullptr : &*fresh_.begin();
    const Offer* again = !retry_may || again_.empty() ? nullptr : &*again_.begin();
    if (fresh == nullptr && again == nullptr) return std::nullopt;
    const bool retry = fresh == nullptr || (again != nullptr && *again < *fresh);
    const RuleId rule = std::get<RuleId>(retry ? *again : *fresh);
    Lane& lane = lanes_[rule];
    withdraw(rule, lane);
    std::deque<Waiting>& line = retry ? lane.retries : lane.fresh;
    QueuedRun run = std::move(line.front().run);
    line.pop_front();
    ++lane.running;
    offer(rule, lane);
    --waiting_;
    ++running_;
    retrying_ += retry ? 1 : 0;
    return run;
  }

  // A run that next() gave is no longer under way.
  void leave(const QueuedRun& run) {
    const auto found = lanes_.find(run.rule);
    withdraw(run.rule, found->second);
    --found->second.running;
    --running_;
    retrying_ -= run.retry ? 1 : 0;
    if (found->second.idle())
      lanes_.erase(found);
    else
      offer(run.rule, found->second);
  }

  std::size_t running() const { return running_; }
  std::size_t waiting() const { return waiting_; }
  // Those of the waiting whose rule has as many under way as it wants.
  std::size_t held() const { return held_; }

 private:
  struct Waiting {
    std::uint64_t place;
    QueuedRun run;
  };
  struct Lane {
    std::size_t running = 0;
    std::deque<Waiting> fresh, retries;
    bool idle() const { return running == 0 && fresh.empty() && retries.empty(); }
    std::size_t waiting() const { return fresh.size() + retries.size(); }
  };
  using Offer = std::tuple<std::size_t, std::uint64_t, RuleId>;  // under way, place in line, rule

  // The rule itself wants no more of them at once.
  static bool is_at_limit(const Lane& lane) {
    const std::deque<Waiting>& line = lane.fresh.empty() ? lane.retries : lane.fresh;
    const std::optional<std::int64_t> limit = line.empty() ? std::nullopt : line.front().run.limit;
    return limit && lane.running >= static_cast<std::size_t>(std::max<std::int64_t>(1, *limit));
  }
  bool may_begin(const Lane& lane) const {
    return lane.running < of_one_rule_ && !is_at_limit(lane);
  }

  // Each change of a lane stands between these two.
  void withdraw(const RuleId& rule, const Lane& lane) {
    if (is_at_limit(lane)) held_ -= lane.waiting();
    if (!may_begin(lane)) return;
    if (!lane.fresh.empty()) fresh_.erase({lane.running, lane.fresh.front().place, rule});
    if (!lane.retries.empty()) again_.erase({lane.running, lane.retries.front().place, rule});
  }
  void offer(const RuleId& rule, const Lane& lane) {
    if (is_at_limit(lane)) held_ += lane.waiting();
    if (!may_begin(lane)) return;
    if (!lane.fresh.empty()) fresh_.insert({lane.running, lane.fresh.front().place, rule});
    if (!lane.retries.empty()) again_.insert({lane.running, lane.retries.front().place, rule});
  }

  const std::size_t places_, of_one_rule_, retries_;
  std::unordered_map<RuleId, Lane> lanes_;  // of the rules that have something here
  std::set<Offer> fresh_, again_;           // the first of each lane that may begin
  std::uint64_t last_ = 0;
  std::size_t running_ = 0, retrying_ = 0, waiting_ = 0, held_ = 0;
};

}  // namespace msghub
