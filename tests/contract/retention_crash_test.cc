#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "blob/disk/disk_blobs.h"
#include "store/semantics.h"
#include "tests/contract/retention_crash_child.h"
#include "tests/contract/rocks_crash_child.h"
#include "tests/contract/rocks_engine.h"
#include "tests/contract/seed.h"

namespace msghub::testing {
namespace {

constexpr int kKills = 10;

// The store and the blobs while no child has them.
struct Store {
  explicit Store(const std::string& folder)
      : tables(RocksTables::open({.path = folder + "/store", .reserve_bytes = 0}, clock)),
        blobs(open_disk_blobs(folder + "/blobs", pool, 0)) {}
  ~Store() { pool.join(); }
  ManualClock clock;
  boost::asio::thread_pool pool{4};
  std::shared_ptr<RocksTables> tables;
  std::unique_ptr<Blobs> blobs;
};

// A child that has the store open and begins to sweep.
Child start_sweeper(const std::string& folder) {
  const Child child = start_child({"sweeper", folder});
  char ready = 0;
  MSGHUB_CHECK(::read(child.output, &ready, 1) == 1);
  return child;
}

// True when the child came to its end before it was killed.
bool sweep_and_kill(const std::string& folder, std::chrono::milliseconds after) {
  const Child child = start_sweeper(folder);
  std::this_thread::sleep_for(after);
  ::kill(child.pid, SIGKILL);
  return wait_for(child) == 0;
}

// Deleted items stand in sound parts only: each of them is in one that a manifest vouches for.
void expect_nothing_lost(const std::vector<Made>& all, Store& store, const std::string& when) {
  const Whereabouts found = where_are(all, *store.tables, *store.blobs);
  EXPECT_TRUE(found.lost.empty()) << when << ": " << found.lost.size() << " are lost, such as "
                                  << (found.lost.empty() ? "" : found.lost.front());
  EXPECT_EQ(found.stored + found.archived, all.size()) << when;
}

std::size_t count_due(const std::vector<Made>& all, Timestamp now) {
  return static_cast<std::size_t>(std::ranges::count_if(all, [now](const Made& made) {
    const std::string status = string_or(made.item, "status");
    return expired(made.table, made.item, now) && status != "pending" && status != "running";
  }));
}

void expect_expired_are_invisible(const std::vector<Made>& all, Store& store) {
  for (const Table table : kArchivedTables) {
    std::vector<Key> keys;
    for (const Made& made : all)
      if (made.table == table)
        keys.push_back({string_or(made.item, "PK"), string_or(made.item, "SK")});
    const auto items = run_task(store.tables->get_batch(table, std::move(keys)));
    for (const std::optional<Item>& item : items)
      if (item) EXPECT_FALSE(expired(table, *item, store.clock.now()));
  }
}

TEST(RetentionCrash, KillsWhileArchivingLoseNothing) {
  const TempFolder folder;
  const unsigned seed = any_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<Made> all = crash_corpus(seed, ManualClock().now());
  {
    Store store(folder.path());
    run_task(put_all(all, *store.tables, *store.blobs));
  }
  int cut_off = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    const bool ended =
        sweep_and_kill(folder.path(), std::chrono::milliseconds(20 + random() % 500));
    if (!ended) ++cut_off;
    if (kill == kKills / 2) {
      Store store(folder.path());
      expect_nothing_lost(all, store, "after kill " + std::to_string(kill + 1));
    }
  }
  EXPECT_GE(cut_off, kKills / 2) << "the sweeps were over too soon for the kills to hit them";
  ASSERT_EQ(wait_for(start_sweeper(folder.path())), 0);

  Store store(folder.path());
  const std::size_t due = count_due(all, store.clock.now());
  EXPECT_GT(due, all.size() / 2);
  const Whereabouts found = where_are(all, *store.tables, *store.blobs);
  EXPECT_TRUE(found.lost.empty()) << found.lost.size();
  EXPECT_EQ(found.unsound, 0u);
  EXPECT_EQ(found.archived, due) << "all that was over is in the archive, and nothing else";
  expect_expired_are_invisible(all, store);

  TestHub hub(*store.tables, *store.blobs, store.clock, crash_options());
  const auto paths = run_task(hub.sweeper().archive().manifests({}));
  for (const std::string& path : paths) ASSERT_TRUE(hub.restore({.manifest = path, .days = 3}));
  EXPECT_EQ(where_are(all, *store.tables, *store.blobs).stored, all.size())
      << "restored, every item and blob is what it was";
}

}  // namespace
}  // namespace msghub::testing
