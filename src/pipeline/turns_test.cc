#include "pipeline/turns.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

namespace msghub {
namespace {

QueuedRun run_of(const std::string& rule, const std::string& execution,
                 std::optional<std::int64_t> limit = {}, bool retry = false) {
  return {ExecutionId{execution}, RuleId{rule}, MessageId{execution}, limit, retry};
}

std::string next_of(Turns& turns) {
  const std::optional<QueuedRun> next = turns.next();
  return next ? next->execution.value : "nobody";
}

TEST(Turns, KeepARuleInOrderAndWithinItsLimit) {
  Turns turns(8, 4);
  for (const char* execution : {"a", "b", "c"}) turns.add(run_of("r1", execution, 2));
  EXPECT_EQ(next_of(turns), "a");
  EXPECT_EQ(next_of(turns), "b");
  EXPECT_EQ(next_of(turns), "nobody");
  EXPECT_EQ(turns.held(), 1u);
  turns.add(run_of("r2", "d"));
  EXPECT_EQ(next_of(turns), "d") << "another rule does not wait";
  turns.leave(run_of("r1", "b", 2), false);
  EXPECT_EQ(turns.held(), 0u);
  EXPECT_EQ(next_of(turns), "c");
}

TEST(Turns, LetARuleWithFewBeforeOneWithMany) {
  Turns turns(4, 4);
  for (int i = 0; i < 100; ++i) turns.add(run_of("many", "m" + std::to_string(i)));
  EXPECT_EQ(next_of(turns), "m0");
  EXPECT_EQ(next_of(turns), "m1");
  turns.add(run_of("few", "f"));
  EXPECT_EQ(next_of(turns), "f");
  EXPECT_EQ(next_of(turns), "m2");
  EXPECT_EQ(next_of(turns), "nobody") << "all places are taken";
}

TEST(Turns, KeepAQuarterOfThePlacesFromAQuickRule) {
  Turns turns(8, 4);
  for (int i = 0; i < 10; ++i) turns.add(run_of("many", "m" + std::to_string(i)));
  const std::optional<QueuedRun> first = turns.next();
  for (int i = 1; i < 4; ++i) EXPECT_EQ(next_of(turns), "m" + std::to_string(i));
  EXPECT_EQ(next_of(turns), "nobody") << "not one that waits for a worker";
  turns.leave(*first, false);
  for (int i = 4; i < 7; ++i) EXPECT_EQ(next_of(turns), "m" + std::to_string(i));
  EXPECT_EQ(next_of(turns), "nobody");
  turns.add(run_of("other", "o"));
  EXPECT_EQ(next_of(turns), "o");
}

TEST(Turns, LeaveAWorkerToOthersThanRetries) {
  Turns turns(6, 3);
  for (const char* rule : {"r1", "r2", "r3"}) turns.add(run_of(rule, rule, {}, true));
  const std::optional<QueuedRun> first = turns.next();
  ASSERT_EQ(first->execution.value, "r1");
  EXPECT_EQ(next_of(turns), "r2");
  EXPECT_EQ(next_of(turns), "nobody");
  turns.add(run_of("r3", "fresh"));
  EXPECT_EQ(next_of(turns), "fresh");
  turns.leave(*first, false);
  EXPECT_EQ(next_of(turns), "r3");
}

TEST(Turns, LeaveAWorkerToOthersThanSlowRules) {
  Turns turns(4, 2);
  for (const char* execution : {"a", "b", "c", "d"}) turns.add(run_of("hangs", execution));
  const std::optional<QueuedRun> first = turns.next();
  turns.leave(*first, true);
  const std::optional<QueuedRun> second = turns.next();
  ASSERT_EQ(second->execution.value, "b");
  EXPECT_EQ(next_of(turns), "nobody") << "one worker is left";
  turns.add(run_of("other", "o"));
  EXPECT_EQ(next_of(turns), "o");
  turns.leave(*second, false);
  EXPECT_EQ(next_of(turns), "c");
  EXPECT_EQ(next_of(turns), "d") << "it is not slow any more";
}

TEST(Turns, GiveASinglePlaceToWhoeverComes) {
  Turns turns(1, 1);
  turns.add(run_of("r1", "a", {}, true));
  const std::optional<QueuedRun> first = turns.next();
  ASSERT_EQ(first->execution.value, "a");
  turns.leave(*first, true);
  turns.add(run_of("r1", "b", 0));
  EXPECT_EQ(next_of(turns), "b") << "a limit is one at least";
}

// Beside a list that is searched from its beginning each time.
RC_GTEST_PROP(Turns, AgreeWithASearchThroughAll, ()) {
  const std::size_t workers = *rc::gen::inRange<std::size_t>(1, 6), places = workers * 2;
  const std::size_t of_quick = std::max<std::size_t>(1, places - places / 4);
  const std::size_t for_doubtful = std::max<std::size_t>(1, workers - 1);
  std::map<std::string, std::int64_t> limits;
  std::map<std::string, bool> slow, quick;
  for (const char* rule : {"r1", "r2", "r3"}) limits[rule] = *rc::gen::inRange<std::int64_t>(0, 5);
  Turns turns(places, workers);
  std::vector<QueuedRun> waiting, running;
  const auto running_of = [&](const RuleId& rule) {
    return static_cast<std::size_t>(
        std::ranges::count_if(running, [&](const QueuedRun& run) { return run.rule == rule; }));
  };
  const auto is_held = [&](const QueuedRun& run) {
    return run.limit && running_of(run.rule) >= static_cast<std::size_t>(*run.limit);
  };
  const auto is_doubtful = [&](const QueuedRun& run) { return run.retry || slow[run.rule.value]; };
  const auto may_begin = [&](const QueuedRun& run) {
    const std::size_t most = quick[run.rule.value] ? of_quick : std::min(of_quick, workers);
    if (running.size() == places || running_of(run.rule) >= most || is_held(run)) return false;
    const auto doubtful = std::ranges::count_if(running, &QueuedRun::doubtful);
    return !is_doubtful(run) || static_cast<std::size_t>(doubtful) < for_doubtful;
  };
  for (int step = 0; step < 200; ++step) {
    const int what = *rc::gen::inRange(0, 3);
    if (what == 0) {
      const std::string rule = *rc::gen::element<std::string>("r1", "r2", "r3");
      const std::optional<std::int64_t> limit =
          limits[rule] == 0 ? std::nullopt : std::optional(limits[rule]);
      waiting.push_back(run_of(rule, std::to_string(step), limit, *rc::gen::arbitrary<bool>()));
      turns.add(waiting.back());
    } else if (what == 1) {
      auto best = waiting.end();
      for (auto at = waiting.begin(); at != waiting.end(); ++at)
        if (may_begin(*at) &&
            (best == waiting.end() || running_of(at->rule) < running_of(best->rule)))
          best = at;
      const std::optional<QueuedRun> next = turns.next();
      RC_ASSERT(next.has_value() == (best != waiting.end()));
      if (!next) continue;
      RC_ASSERT(next->execution == best->execution);
      RC_ASSERT(next->doubtful == is_doubtful(*best));
      running.push_back(*next);
      waiting.erase(best);
    } else if (!running.empty()) {
      const auto gone = running.begin() + *rc::gen::inRange<std::ptrdiff_t>(
                                              0, static_cast<std::ptrdiff_t>(running.size()));
      const RuleId rule = gone->rule;
      slow[rule.value] = *rc::gen::arbitrary<bool>();
      turns.leave(*gone, slow[rule.value]);
      running.erase(gone);
      const auto is_of_it = [&](const QueuedRun& run) { return run.rule == rule; };
      // Of a rule that was quick and rests, nothing is kept.
      quick[rule.value] =
          !slow[rule.value] && (running_of(rule) > 0 || std::ranges::any_of(waiting, is_of_it));
    }
    RC_ASSERT(turns.running() == running.size());
    RC_ASSERT(turns.waiting() == waiting.size());
    RC_ASSERT(turns.held() == static_cast<std::size_t>(std::ranges::count_if(waiting, is_held)));
  }
}

}  // namespace
}  // namespace msghub
