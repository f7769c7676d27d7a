#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "tests/contract/power_cut_fs.h"
#include "tests/contract/rocks_engine.h"
#include "tests/contract/seed.h"
#include "tests/contract/tables_test.h"

namespace msghub::testing {
namespace {

struct Acknowledged {
  std::mutex mutex;
  std::set<std::string> names;
};

// Until a write fails: messages, each with its place in an index and its channel's counter.
Task<void> write_until_the_cut(Tables& tables, std::string prefix, Acknowledged& acknowledged) {
  try {
    for (int i = 0;; ++i) {
      const std::string name = prefix + "-" + std::to_string(i);
      Item item = indexed(name, "CHANNEL#c", name);
      item["body"] = std::string(300, 'x');
      std::vector<Write> writes;
      writes.push_back(Put{Table::Messages, std::move(item), if_absent()});
      writes.push_back(Update{Table::Channels,
                              {"c", "METADATA"},
                              {.set = {}, .remove = {}, .add = {{"messageCount", 1}}},
                              {}});
      const Result<void> result = co_await tables.transact(std::move(writes));
      EXPECT_TRUE(result);
      const std::lock_guard lock(acknowledged.mutex);
      acknowledged.names.insert(name);
    }
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.retry, Failure::Retry::Later) << failure.what();
  }
}

void write_from_many(Tables& tables, const std::string& round, Acknowledged& acknowledged) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      boost::asio::io_context loop;
      for (int i = 0; i < 4; ++i) {
        const std::string name = round + "-" + std::to_string(t) + "-" + std::to_string(i);
        boost::asio::co_spawn(loop, write_until_the_cut(tables, name, acknowledged),
                              boost::asio::detached);
      }
      loop.run();
    });
  for (std::thread& thread : threads) thread.join();
}

struct Outcome {
  int cuts = 0;
  std::size_t acknowledged = 0;
  std::size_t lost = 0;            // acknowledged, and not there
  std::vector<std::string> wrong;  // whatever else is not as it should be
};

// What is lost of `acknowledged`, and whether the store is whole.
void look_after(const std::string& folder, const Acknowledged& acknowledged, Outcome& outcome) {
  const Result<StoreCheck> check = RocksTables::verify(folder);
  if (!check) {  // cut before the store came into being
    outcome.lost += acknowledged.names.size();
    return;
  }
  for (const std::string& problem : check->problems) outcome.wrong.push_back(problem);
  const ManualClock clock;
  const auto tables = RocksTables::open({.path = folder, .reserve_bytes = 0}, clock);
  std::vector<Key> keys;
  for (const std::string& name : acknowledged.names) keys.push_back({name, "S"});
  for (const auto& item : run_task(tables->get_batch(Table::Messages, keys)))
    outcome.lost += item ? 0 : 1;
  const std::optional<Item> channel = run_task(tables->get(Table::Channels, {"c", "METADATA"}));
  const std::int64_t counted = channel ? channel->at("messageCount").as_int64() : 0;
  const auto there = check->tables[static_cast<std::size_t>(Table::Messages)].items;
  if (counted != static_cast<std::int64_t>(there)) outcome.wrong.push_back("a torn transaction");
}

// Cuts the power of a store ten times: every fifth time while it is being opened.
void cut_ten_times(std::mt19937& random, const std::string& lie_about, Outcome& outcome) {
  const TempFolder folder;
  const std::string path = folder.path() + "/store";
  Acknowledged acknowledged;
  for (int round = 0; round < 10; ++round) {
    const auto fs =
        std::make_shared<PowerCutFs>(folder.path() + "/attic" + std::to_string(round), lie_about);
    const bool early = round % 5 == 4;
    if (early) fs->cut_at(1 + static_cast<int>(random() % 60));
    try {
      const ManualClock clock;
      const auto tables =
          RocksTables::open({.path = path, .reserve_bytes = 0, .file_system = fs}, clock);
      if (!early) fs->cut_at(1 + static_cast<int>(random() % 40));
      write_from_many(*tables, std::to_string(round), acknowledged);
    } catch (const Failure&) {
      EXPECT_TRUE(early);
    }
    ASSERT_TRUE(fs->is_cut());
    fs->lose(random, round % 2 == 1);
    ++outcome.cuts;
    look_after(path, acknowledged, outcome);
  }
  outcome.acknowledged += acknowledged.names.size();
}

TEST(PowerCut, ACutLosesNothingThatWasAcknowledged) {
  const unsigned seed = any_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Outcome outcome;
  while (outcome.cuts < 100 && !HasFatalFailure()) cut_ten_times(random, "", outcome);
  EXPECT_EQ(outcome.cuts, 100);
  EXPECT_EQ(outcome.lost, 0u);
  EXPECT_EQ(outcome.wrong, std::vector<std::string>{});
  // How many writes share an operation depends on the machine.
  EXPECT_GT(outcome.acknowledged, 400u) << "there was little to lose";
}

// The test above could not pass by accident: when the log is not really synced, it sees the loss.
TEST(PowerCut, WithoutSyncsOfTheLogTheSameCutsLoseWrites) {
  const unsigned seed = any_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Outcome outcome;
  cut_ten_times(random, ".log", outcome);
  EXPECT_GT(outcome.lost, 0u);
}

}  // namespace
}  // namespace msghub::testing
