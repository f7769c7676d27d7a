#include <functional>

#include "blob/memory_blobs.h"
#include "tests/contract/retention_fixture.h"
#include "tests/contract/rocks_engine.h"

namespace msghub::testing {
namespace {

enum class Fault {
  Fails,         // the call does nothing and fails
  FailsLate,     // the call does what it should and fails
  Loses,         // nothing is done, or found, and nobody is told
  Corrupts,      // bytes of the archive are other than those put, or kept
  FailsForever,  // as Fails, from that call on
};

std::string damaged(std::string bytes) {
  if (bytes.empty()) return "x";
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x20);
  return bytes;
}

// Blobs of which the n-th call goes wrong.
class FaultyBlobs final : public Blobs {
 public:
  FaultyBlobs(Blobs& inner, Fault fault, int at) : inner_(inner), fault_(fault), at_(at) {}
  int calls() const { return calls_; }

  Task<Result<void>> put(std::string path, std::string bytes) override {
    const bool wrong = strikes();
    if (wrong && fault_ == Fault::Loses) co_return Result<void>();
    if (wrong && corrupts(path)) bytes = damaged(std::move(bytes));
    Result<void> kept = co_await inner_.put(std::move(path), std::move(bytes));
    fail_late(wrong);
    co_return kept;
  }
  Task<std::optional<std::string>> get(std::string path) override {
    const bool wrong = strikes();
    if (wrong && fault_ == Fault::Loses) co_return std::nullopt;
    const bool corrupt = wrong && corrupts(path);
    std::optional<std::string> bytes = co_await inner_.get(std::move(path));
    fail_late(wrong);
    if (bytes && corrupt) co_return damaged(std::move(*bytes));
    co_return bytes;
  }
  Task<std::optional<std::string>> get_range(std::string path, std::uint64_t offset,
                                             std::uint64_t length) override {
    co_return co_await inner_.get_range(std::move(path), offset, length);
  }
  Task<std::optional<BlobInfo>> head(std::string path) override {
    const bool wrong = strikes();
    if (wrong && fault_ == Fault::Loses) co_return std::nullopt;
    std::optional<BlobInfo> info = co_await inner_.head(std::move(path));
    fail_late(wrong);
    co_return info;
  }
  Task<void> remove(std::string path) override {
    const bool wrong = strikes();
    if (wrong && fault_ == Fault::Loses) co_return;
    co_await inner_.remove(std::move(path));
    fail_late(wrong);
  }
  Task<void> remove_all(std::vector<std::string> paths) override {
    const bool wrong = strikes();
    if (wrong && fault_ == Fault::Loses) co_return;
    co_await inner_.remove_all(std::move(paths));
    fail_late(wrong);
  }
  Task<BlobPage> list(std::string prefix, std::size_t limit, std::string cursor) override {
    const bool wrong = strikes();
    if (wrong && fault_ == Fault::Loses) co_return BlobPage{};
    BlobPage page = co_await inner_.list(std::move(prefix), limit, std::move(cursor));
    fail_late(wrong);
    co_return page;
  }

 private:
  bool strikes() {
    ++calls_;
    const bool wrong = fault_ == Fault::FailsForever ? calls_ >= at_ : calls_ == at_;
    if (wrong && (fault_ == Fault::Fails || fault_ == Fault::FailsForever))
      throw Failure(Failure::Retry::Later, "the bucket does not answer");
    return wrong;
  }
  void fail_late(bool wrong) const {
    if (wrong && fault_ == Fault::FailsLate)
      throw Failure(Failure::Retry::Later, "the bucket's answer did not come");
  }
  bool corrupts(const std::string& path) const {
    return fault_ == Fault::Corrupts && path.starts_with("archives/");
  }

  Blobs& inner_;
  const Fault fault_;
  const int at_;
  int calls_ = 0;
};

class RetentionFaults : public ::testing::TestWithParam<Fault> {
 protected:
  RocksEngine engine;
  Tables& tables = engine.tables();
  ManualClock& clock = engine.clock();
  const Timestamp start = clock.now();

  std::vector<Made> corpus() const {
    std::vector<Made> all;
    for (int i = 0; i < 5; ++i)
      all.push_back(made_message(i, start - std::chrono::days(91 + i % 2),
                                 i == 3 ? MessageStatus::Failed : MessageStatus::Processed,
                                 i < 2 ? 3000 : 10));
    all.push_back(made_message(10, start - std::chrono::days(89), MessageStatus::Ignored, 3000));
    all.push_back(
        made_execution(11, start - std::chrono::days(92), ExecutionStatus::Success, true));
    return all;
  }

  void clear() {
    for (const Table table : {Table::Messages, Table::Executions, Table::Channels}) {
      std::vector<Write> writes;
      for (const auto& [pk, item] : stored_items(tables, table))
        writes.push_back(Delete{table, {pk, string_or(item, "SK")}, {}});
      MSGHUB_CHECK(run_task(tables.write_batch(std::move(writes))).has_value());
    }
    clock.set(start);
  }

  // What the archive promises of an item that is marked must hold, too: the store may delete it.
  void expect_marks_hold(const std::vector<Made>& all, Blobs& blobs) {
    const Archived archived = archived_items(blobs);
    for (const Table table : kArchivedTables)
      for (const auto& [pk, item] : stored_items(tables, table))
        if (is_archived(item))
          EXPECT_TRUE(archived.lines.contains(pk) && same_content(archived.lines.at(pk).item, item))
              << pk << " is marked, but not archived";
    EXPECT_TRUE(where_are(all, tables, blobs).lost.empty());
  }

  // True when the fault struck.
  bool run_with_fault_at(int at) {
    SCOPED_TRACE("call " + std::to_string(at));
    clear();
    MemoryBlobs kept;
    const std::vector<Made> all = corpus();
    run_task(put_all(all, tables, kept));
    FaultyBlobs faulty(kept, GetParam(), at);
    {
      TestHub hub(tables, faulty, clock);
      for (int sweep = 0; sweep < 3; ++sweep) {
        hub.sweep();
        expect_marks_hold(all, kept);
        clock.set(clock.now() + std::chrono::minutes(10));
      }
    }
    const bool struck = faulty.calls() >= at;
    TestHub hub(tables, kept, clock);
    for (int sweep = 0; sweep < 6; ++sweep) {
      clock.set(clock.now() + std::chrono::hours(12));
      hub.sweep();
      hub.sweep();
    }
    const Whereabouts found = where_are(all, tables, kept);
    EXPECT_TRUE(found.lost.empty());
    EXPECT_EQ(found.archived, all.size()) << "the sweeper gets over it";
    return struck;
  }
};

TEST_P(RetentionFaults, NothingIsDeletedWithoutASoundArchive) {
  int at = 1;
  while (run_with_fault_at(at) && !HasFailure()) ++at;
  EXPECT_GT(at, 15) << "the fault struck too few calls";
}

// The hub does nothing but complain while the archive is down, whatever the items' age.
TEST_F(RetentionFaults, AnArchiveThatIsDownHoldsEverything) {
  MemoryBlobs kept;
  const std::vector<Made> all = corpus();
  run_task(put_all(all, tables, kept));
  FaultyBlobs down(kept, Fault::FailsForever, 1);
  TestHub hub(tables, down, clock);
  for (int hour = 0; hour < 24 * 8; hour += 6) {
    for (int sweep = 0; sweep < 2; ++sweep) {
      const SweepReport report = hub.sweep();
      EXPECT_EQ(report.deleted + report.archived, 0);
      EXPECT_FALSE(report.troubles.empty());
      clock.set(clock.now() + std::chrono::minutes(10));
    }
    EXPECT_EQ(where_are(all, tables, kept).stored, all.size());
    for (const Made& made : all)
      EXPECT_TRUE(run_task(
          tables.get(made.table, {string_or(made.item, "PK"), string_or(made.item, "SK")})))
          << "held items stay visible and no store deletes them";
    clock.set(clock.now() + std::chrono::hours(6));
  }
  EXPECT_NE(hub.sweeper().status().trouble, "");
  EXPECT_GT(hub.sweeper().status().failed_sweeps, 0);
}

INSTANTIATE_TEST_SUITE_P(Each, RetentionFaults,
                         ::testing::Values(Fault::Fails, Fault::FailsLate, Fault::Loses,
                                           Fault::Corrupts, Fault::FailsForever));

}  // namespace
}  // namespace msghub::testing
