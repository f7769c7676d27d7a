#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "tests/contract/power_cut_fs.h"
#include "tests/contract/rocks_engine.h"
#include "tests/contract/tables_test.h"

// Disks that are full when RocksDB writes tables in the background. Full disks under the log: see
// rocks_crash_test.cc.
namespace msghub::testing {
namespace {

bool put(Tables& tables, const std::string& pk, std::size_t bytes) {
  std::vector<Write> writes;
  writes.push_back(Put{Table::Rules, item_at(pk, "S", std::string(bytes, 'x')), {}});
  try {
    return run_task(tables.transact(std::move(writes))).has_value();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.retry, Failure::Retry::Later) << failure.what();
    return false;
  }
}

bool eventually(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < end) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

class FullDisk : public ::testing::Test {
 protected:
  std::shared_ptr<RocksTables> open() {
    return RocksTables::open(
        {.path = folder_.path() + "/store", .reserve_bytes = 0, .file_system = fs_}, clock_);
  }
  void keep(Tables& tables, int count, std::size_t bytes) {
    for (int i = 0; i < count; ++i) {
      const std::string pk = "K" + std::to_string(next_++);
      if (put(tables, pk, bytes)) stored_.push_back(pk);
    }
  }
  void expect_all(Tables& tables) {
    for (const std::string& pk : stored_)
      EXPECT_TRUE(run_task(tables.get(Table::Rules, {pk, "S"}))) << pk;
  }

  TempFolder folder_;
  ManualClock clock_;
  std::shared_ptr<PowerCutFs> fs_ = std::make_shared<PowerCutFs>(folder_.path() + "/attic");
  int next_ = 0;
  std::vector<std::string> stored_;
};

TEST_F(FullDisk, WhileTablesAreMergedLosesNothing) {
  fs_->fill_for(PowerCutFs::Full::MergedTables);
  auto tables = open();
  for (int start = 0; start < 5; ++start) {
    keep(*tables, 5, 1000);
    // So that the tables overlap, and cannot just be moved.
    for (const char* pk : {"A", "Z"})
      ASSERT_TRUE(put(*tables, pk, 100 + static_cast<std::size_t>(start)));
    tables.reset();  // each closing writes a table; the fourth is one too many
    tables = open();
  }
  const int refused = fs_->refused();
  keep(*tables, 50, 380 * 1024);  // enough for a table while the store is open
  ASSERT_TRUE(eventually([&] { return fs_->refused() > refused; })) << "nothing was merged";
  expect_all(*tables);
  fs_->fill_for(PowerCutFs::Full::Nothing);
  ASSERT_TRUE(eventually([&] { return put(*tables, "after", 100); }));
  // More than memory holds: it ends only when tables are written again.
  const std::size_t before = stored_.size();
  keep(*tables, 200, 380 * 1024);
  EXPECT_GT(stored_.size(), before + 100) << tables->trouble();
  EXPECT_TRUE(eventually([&] { return tables->healthy(); })) << tables->trouble();
  expect_all(*tables);
}

TEST_F(FullDisk, WhileMemoryIsWrittenLosesNothing) {
  auto tables = open();
  fs_->fill_for(PowerCutFs::Full::Tables);
  bool stopped = false;
  for (int i = 0; i < 400 && !stopped; ++i) {
    const std::size_t before = stored_.size();
    keep(*tables, 1, 380 * 1024);
    stopped = stored_.size() == before;
  }
  EXPECT_TRUE(stopped) << "memory has no end";
  EXPECT_FALSE(tables->healthy());
  EXPECT_NE(tables->trouble(), "");
  fs_->fill_for(PowerCutFs::Full::Nothing);
  ASSERT_TRUE(eventually([&] { return put(*tables, "after", 100); })) << tables->trouble();
  expect_all(*tables);
  tables.reset();
  tables = open();
  expect_all(*tables);
}

}  // namespace
}  // namespace msghub::testing
