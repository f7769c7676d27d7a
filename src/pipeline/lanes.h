#pragma once

#include <deque>
#include <optional>
#include <unordered_map>

#include "model/ids.h"

namespace msghub {

// An execution on its way to a worker.
struct QueuedRun {
  ExecutionId execution;
  RuleId rule;
  MessageId message;
  std::optional<std::int64_t> limit;  // how many of its rule may run at once; nothing: any number
};

// Keeps each rule to its limit: who is beyond it waits here, so that nobody else waits for it.
class Lanes {
 public:
  // Whether the run may begin; else it is kept until others of its rule have left. Who began calls
  // leave at the end.
  bool enter(QueuedRun run) {
    if (!run.limit) return true;
    Lane& lane = lanes_[run.rule];
    if (lane.running < *run.limit) {
      ++lane.running;
      return true;
    }
    ++waiting_;
    lane.waiting.push_back(std::move(run));
    return false;
  }

  // The one of its rule that has waited longest, if any; it has yet to enter.
  std::optional<QueuedRun> leave(const QueuedRun& run) {
    const auto found = lanes_.find(run.rule);
    if (!run.limit || found == lanes_.end()) return std::nullopt;
    Lane& lane = found->second;
    --lane.running;
    if (lane.waiting.empty()) {
      if (lane.running == 0) lanes_.erase(found);
      return std::nullopt;
    }
    --waiting_;
    QueuedRun next = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    return next;
  }

  std::size_t waiting() const { return waiting_; }

 private:
  struct Lane {
    std::int64_t running = 0;
    std::deque<QueuedRun> waiting;
  };
  std::unordered_map<RuleId, Lane> lanes_;  // as long as one of the rule runs
  std::size_t waiting_ = 0;
};

}  // namespace msghub
