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
  bool doubtful = false;              // set by Turns: it takes one of the places for such
};

// Who comes next, so that no rule keeps the others waiting: neither one with many messages nor one
// whose target hangs. The next is of the rule with the fewest under way, and among equals who waits
// longest; so each rule is in order. A rule stays within its own limit, and leaves a quarter of the
// places to others; it waits for no worker before it has shown that it is quick. Retries, and what
// is of a rule that was slow when it last ran, take one place less than there are workers, all
// rules together: so one worker is left for the others.
class Turns {
 public:
  // `places`: how many may be under way at once, those that wait for one of `workers` included.
  Turns(std::size_t places, std::size_t workers)
      : places_(places),
        of_quick_rule_(std::max<std::size_t>(1, places - places / 4)),
        of_other_rule_(std::min(of_quick_rule_, std::max<std::size_t>(1, workers))),
        doubtful_places_(std::max<std::size_t>(2, workers) - 1) {}

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
    const bool doubtful_may = doubtful_running_ < doubtful_places_;
    const Offer* sound = sound_.empty() ? nullptr : &*sound_.begin();
    const Offer* doubtful = !doubtful_may || doubtful_.empty() ? nullptr : &*doubtful_.begin();
    if (sound == nullptr && doubtful == nullptr) return std::nullopt;
    const bool is_doubtful = sound == nullptr || (doubtful != nullptr && *doubtful < *sound);
    const auto [under_way, place, rule] = is_doubtful ? *doubtful : *sound;
    Lane& lane = lanes_[rule];
    withdraw(rule, lane);
    const bool is_fresh = !lane.fresh.empty() && lane.fresh.front().place == place;
    std::deque<Waiting>& line = is_fresh ? lane.fresh : lane.retries;
    QueuedRun run = std::move(line.front().run);
    line.pop_front();
    ++lane.running;
    offer(rule, lane);
    --waiting_;
    ++running_;
    run.doubtful = is_doubtful;
    if (is_doubtful) ++doubtful_running_;
    return run;
  }

  // A run that next() gave is no longer under way. `slow`: it kept its worker for long.
  void leave(const QueuedRun& run, bool slow) {
    const auto found = lanes_.find(run.rule);
    Lane& lane = found->second;
    withdraw(run.rule, lane);
    --lane.running;
    lane.pace = slow ? Pace::Slow : Pace::Quick;
    --running_;
    if (run.doubtful) --doubtful_running_;
    if (lane.idle())
      lanes_.erase(found);
    else
      offer(run.rule, lane);
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
  enum class Pace { Unknown, Quick, Slow };
  struct Lane {
    std::size_t running = 0;
    Pace pace = Pace::Unknown;  // of the one that left last
    std::deque<Waiting> fresh, retries;
    bool idle() const {
      return running == 0 && pace != Pace::Slow && fresh.empty() && retries.empty();
    }
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
    const std::size_t most = lane.pace == Pace::Quick ? of_quick_rule_ : of_other_rule_;
    return lane.running < most && !is_at_limit(lane);
  }

  // Each change of a lane stands between these two.
  void withdraw(const RuleId& rule, const Lane& lane) {
    if (is_at_limit(lane)) held_ -= lane.waiting();
    if (!may_begin(lane)) return;
    if (!lane.fresh.empty()) fresh_of(lane).erase({lane.running, lane.fresh.front().place, rule});
    if (!lane.retries.empty()) doubtful_.erase({lane.running, lane.retries.front().place, rule});
  }
  void offer(const RuleId& rule, const Lane& lane) {
    if (is_at_limit(lane)) held_ += lane.waiting();
    if (!may_begin(lane)) return;
    if (!lane.fresh.empty()) fresh_of(lane).insert({lane.running, lane.fresh.front().place, rule});
    if (!lane.retries.empty()) doubtful_.insert({lane.running, lane.retries.front().place, rule});
  }

  std::set<Offer>& fresh_of(const Lane& lane) {
    return lane.pace == Pace::Slow ? doubtful_ : sound_;
  }

  const std::size_t places_, of_quick_rule_, of_other_rule_, doubtful_places_;
  std::unordered_map<RuleId, Lane> lanes_;  // of the rules that have something here or were slow
  std::set<Offer> sound_, doubtful_;        // the first of each line that may begin
  std::uint64_t last_ = 0;
  std::size_t running_ = 0, doubtful_running_ = 0, waiting_ = 0, held_ = 0;
};

}  // namespace msghub
