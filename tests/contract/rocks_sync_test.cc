#include <errno.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "tests/contract/rocks_engine.h"
#include "tests/contract/tables_contract.h"

// No kill shows whether a write was synced: the page cache outlives the process. So this program
// puts itself between RocksDB and the kernel: it counts the syncs of files, and can fail them.
namespace {
std::atomic<int> syncs = 0;
std::atomic<int> failures_wanted = 0;  // of the next syncs
}  // namespace

extern "C" int fdatasync(int file) {
  ++syncs;
  if (failures_wanted.load() > 0 && failures_wanted.fetch_sub(1) > 0) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

namespace msghub::testing {
namespace {

enum class Said { Stored, Refused, Later };

Said put(Tables& tables, std::string pk, Condition condition = {}) {
  std::vector<Write> writes;
  writes.push_back(Put{Table::Messages, item_at(std::move(pk), "S"), std::move(condition)});
  try {
    return run_task(tables.transact(std::move(writes))) ? Said::Stored : Said::Refused;
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.retry, Failure::Retry::Later);
    return Said::Later;
  }
}

bool heals(RocksTables& tables) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!tables.healthy() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return tables.healthy();
}

TEST(Sync, ComesBeforeEveryAcknowledgement) {
  RocksEngine engine;
  for (int i = 0; i < 20; ++i) {
    const int before = syncs;
    ASSERT_EQ(put(engine.tables(), "M" + std::to_string(i)), Said::Stored);
    EXPECT_GT(syncs, before);
  }
  const int before = syncs;
  EXPECT_EQ(put(engine.tables(), "M0", if_absent()), Said::Refused);
  EXPECT_EQ(syncs, before) << "what writes nothing syncs nothing";
}

TEST(Sync, IsSharedByWritersThatWaitTogether) {
  RocksEngine engine;
  constexpr int kWriters = 64;
  constexpr int kTimes = 10;
  const int before = syncs;
  boost::asio::io_context loop;
  for (int i = 0; i < kWriters; ++i)
    boost::asio::co_spawn(loop, add_often(engine.tables(), kTimes), boost::asio::detached);
  loop.run();
  EXPECT_LT(syncs - before, kWriters * kTimes / 4);
}

Task<void> put_same(Tables& tables, std::atomic<int>& later) {
  std::vector<Write> writes;
  writes.push_back(Put{Table::Messages, item_at("M", "S"), if_absent()});
  try {
    const Result<void> result = co_await tables.transact(std::move(writes));
    ADD_FAILURE() << (result ? "stored" : result.error().detail);
  } catch (const Failure&) {
    ++later;
  }
}

// A duplicate must not be told "it is there already" about a write that never reached the disk.
TEST(Sync, WhenItFailsNobodyHearsARefusal) {
  RocksEngine engine;
  failures_wanted = 1'000'000;
  std::atomic<int> later = 0;
  boost::asio::io_context loop;
  for (int i = 0; i < 16; ++i)
    boost::asio::co_spawn(loop, put_same(engine.tables(), later), boost::asio::detached);
  loop.run();
  failures_wanted = 0;
  EXPECT_EQ(later, 16);
  EXPECT_FALSE(engine.rocks().healthy());
  EXPECT_NE(engine.rocks().trouble(), "");
  EXPECT_TRUE(heals(engine.rocks()));
}

TEST(Sync, NothingAcknowledgedIsLostWhicheverSyncFails) {
  RocksEngine engine;
  std::vector<std::string> stored;
  int refused = 0;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 8; ++i) {
      if (i == round % 8) failures_wanted = 1 + round / 8;
      const std::string pk = "M" + std::to_string(round) + "-" + std::to_string(i);
      if (put(engine.tables(), pk) == Said::Stored)
        stored.push_back(pk);
      else
        ++refused;
    }
    failures_wanted = 0;
    ASSERT_TRUE(heals(engine.rocks())) << engine.rocks().trouble();
  }
  EXPECT_GE(refused, 12);
  engine.close();
  engine.open();
  // The change feed tells of each, once, whatever was closed and opened meanwhile.
  std::multiset<std::string> told;
  const Result<ChangePage> page = run_task(engine.feed().read("", 1000));
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->caught_up);
  for (const Change& change : page->changes) told.insert(change.key.pk);
  for (const std::string& pk : stored) {
    EXPECT_TRUE(run_task(engine.tables().get(Table::Messages, {pk, "S"}))) << pk;
    EXPECT_EQ(told.count(pk), 1u) << pk;
  }
}

}  // namespace
}  // namespace msghub::testing
