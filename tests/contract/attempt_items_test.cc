#include <gtest/gtest.h>

#include "pipeline/job.h"
#include "pipeline/journal.h"
#include "store/executions.h"
#include "tests/contract/rocks_engine.h"

namespace msghub::testing {
namespace {

constexpr Timestamp kNow{};

// An execution whose only action runs for each attachment, and the journal of its try.
class AttemptItems : public ::testing::Test {
 protected:
  AttemptItems() {
    execution_.id = ExecutionId{"e1"};
    std::vector<Write> writes;
    writes.push_back(Put{Table::Executions, execution_item(execution_), {}});
    run_task(engine_.tables().transact(std::move(writes))).value();
  }
  void begin() {
    run_task(journal_.attempt_started(0, ActionType::Email, "all@example.com", kNow));
  }
  void note(json::array outputs) { run_task(journal_.items_done(0, std::move(outputs))); }
  void end(ActionStatus status, json::value output = nullptr) {
    ActionResult result;
    result.status = status;
    result.output = std::move(output);
    run_task(journal_.attempt_ended(std::move(result), false));
  }
  // What the next try would be told, from what is on disk.
  json::array done() {
    Executions executions(engine_.tables());
    stored_ = run_task(executions.get_execution_by_id(execution_.id)).value();
    return items_done(stored_)[0];
  }

  RocksEngine engine_;
  Execution execution_;
  Execution stored_;
  Journal journal_{execution_, {"key"}, engine_.tables()};
};

TEST_F(AttemptItems, AreSkippedByTheNextTry) {
  begin();
  EXPECT_EQ(done(), json::array());
  note({"a"});
  EXPECT_EQ(done(), json::array{"a"});
  note({json::object{{"skipped", true}}, 7});
  close_open_attempts(execution_, kNow);  // the worker died
  begin();
  note({"d"});
  end(ActionStatus::Failed);
  EXPECT_EQ(done(), (json::array{"a", json::object{{"skipped", true}}, 7, "d"}));
  ASSERT_EQ(stored_.attempts.size(), 2u);
  EXPECT_EQ(stored_.attempts[0].status, AttemptStatus::Unknown);
  EXPECT_EQ(stored_.attempts[0].items->size(), 3u);
  EXPECT_EQ(stored_.attempts[1].status, AttemptStatus::Failed);
  EXPECT_EQ(stored_.attempts[1].items->size(), 1u);
}

TEST_F(AttemptItems, AreInTheOutputInTheEnd) {
  begin();
  note({"a", "b"});
  end(ActionStatus::Success, json::array{"a", "b", "c"});
  EXPECT_EQ(done(), json::array());
  EXPECT_EQ(stored_.attempts[0].items, std::nullopt);
  EXPECT_EQ(stored_.action_results[0].output, (json::array{"a", "b", "c"}));
}

// What a store's item can hold is less than 400 KB.
TEST_F(AttemptItems, KeepTheirNumberInARecordThatIsTooLarge) {
  begin();
  for (int i = 0; i < 500; ++i) note({std::string(400, 'x'), std::string(600, 'y')});
  const json::array kept = done();
  EXPECT_EQ(kept.size(), 1000u);
  EXPECT_TRUE(kept[0].is_null());
  EXPECT_TRUE(kept[999].is_null() || kept[999].is_string());
}

}  // namespace
}  // namespace msghub::testing
