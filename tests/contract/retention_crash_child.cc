#include "tests/contract/retention_crash_child.h"

#include <unistd.h>

#include <random>

#include "blob/disk/disk_blobs.h"
#include "tests/contract/rocks_engine.h"

namespace msghub::testing {

std::vector<Made> crash_corpus(unsigned seed, Timestamp now) {
  std::mt19937 random(seed);
  const auto born = [&random, now] {
    return now - std::chrono::days(60) - std::chrono::seconds(random() % (100 * 86'400));
  };
  const auto one_in = [&random](unsigned n) { return random() % n == 0; };
  std::vector<Made> all;
  for (int i = 0; i < kCrashMessages; ++i) {
    const MessageStatus status = one_in(50)  ? MessageStatus::Pending
                                 : one_in(3) ? MessageStatus::Failed
                                 : one_in(3) ? MessageStatus::Ignored
                                             : MessageStatus::Processed;
    const std::size_t raw = one_in(20) ? 2000 + random() % 6000 : random() % 500;
    all.push_back(made_message(i, born(), status, raw));
  }
  for (int i = 0; i < kCrashExecutions; ++i) {
    const ExecutionStatus status = one_in(50)  ? ExecutionStatus::Running
                                   : one_in(3) ? ExecutionStatus::Failed
                                   : one_in(3) ? ExecutionStatus::Partial
                                               : ExecutionStatus::Success;
    all.push_back(made_execution(i, born(), status, one_in(10)));
  }
  return all;
}

RetentionOptions crash_options() {
  RetentionOptions options;
  options.owner = "crashing-hub";
  options.part_bytes = 64 * 1024;  // many parts: many places to be killed at
  options.time_limit = std::chrono::seconds(5);
  options.store_deletes = false;
  return options;
}

std::optional<int> run_as_sweeper(int count, char** arguments) {
  if (count != 4 || std::string_view(arguments[1]) != "--child" ||
      std::string_view(arguments[2]) != "sweeper")
    return std::nullopt;
  const std::string folder = arguments[3];
  boost::asio::thread_pool pool(2);
  const ManualClock clock;
  {
    const auto tables = RocksTables::open({.path = folder + "/store", .reserve_bytes = 0}, clock);
    const auto blobs = open_disk_blobs(folder + "/blobs", pool, 0);
    TestHub hub(*tables, *blobs, clock, crash_options());
    MSGHUB_CHECK(::write(STDOUT_FILENO, "!", 1) == 1);
    for (;;) {
      const SweepReport report = hub.sweep();
      MSGHUB_CHECK(report.troubles.empty());
      const bool idle = report.archived + report.deleted + report.held == 0;
      if (report.finished && !report.deletion_paused && idle) break;
    }
  }
  pool.join();
  return 0;
}

}  // namespace msghub::testing
