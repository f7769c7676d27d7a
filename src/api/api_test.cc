#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <set>

#include "api/endpoint.h"
#include "api/merge_pages.h"
#include "api/router.h"
#include "base/crypto.h"
#include "store/executions.h"
#include "store/rocks/rocks_tables.h"

namespace msghub {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

TEST(Endpoint, TokensNameTheirChannelAndAreUnguessable) {
  const ChannelId channel = ChannelId::random();
  const std::string token = new_token(channel);
  EXPECT_EQ(token.size(), 54u);
  EXPECT_EQ(channel_of_token(token), channel);
  EXPECT_NE(token, new_token(channel));
  for (const std::string& bad : {std::string(), std::string(54, '*'), token.substr(1), token + "x"})
    EXPECT_FALSE(channel_of_token(bad)) << bad;
}

TEST(Router, EveryPathUnderV1NeedsTheToken) {
  for (const Route& route : routes())
    EXPECT_EQ(route.open, !route.pattern.starts_with("/v1/")) << route.pattern;
}

TEST(Router, NoTwoRoutesAreTheSame) {
  std::set<std::string> seen;
  for (const Route& route : routes())
    EXPECT_TRUE(seen.insert(route.method + " " + route.pattern).second) << route.pattern;
}

template <class T>
T await(asio::io_context& io, Task<T> task) {
  std::optional<T> out;
  std::exception_ptr failed;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
    failed = error;
    out = std::move(value);
  });
  io.restart();
  io.run();
  if (failed) std::rethrow_exception(failed);
  return std::move(*out);
}

// Executions of four statuses, three of them at the same instant: every page size shows each once,
// newest first.
TEST(MergePages, ShowsEachItemOnceWhateverThePageSize) {
  const fs::path folder = fs::temp_directory_path() / random_uuid();
  asio::io_context io;
  {
    const SystemClock clock;
    const auto tables = RocksTables::open({.path = folder.string(), .reserve_bytes = 1}, clock);
    std::vector<std::string> partitions;
    for (const auto& entry : kExecutionStatusNames)
      partitions.push_back("STATUS#" + std::string(entry.name));
    const Timestamp base = *from_iso8601("2026-11-22T10:00:00.000Z");
    for (int i = 0; i < 23; ++i) {
      Execution execution;
      execution.id = ExecutionId{"e" + std::to_string(i)};
      execution.rule_id = RuleId{"r"};
      execution.message_id = MessageId{"m"};
      execution.status = kExecutionStatusNames[static_cast<std::size_t>(i) % 4].value;
      execution.started_at = base + std::chrono::milliseconds(i / 3);
      std::vector<Write> writes;
      writes.push_back(Put{Table::Executions, execution_item(execution), {}});
      ASSERT_TRUE(await(io, tables->transact(std::move(writes))));
    }
    for (std::size_t limit : {1u, 2u, 5u, 22u, 23u, 100u}) {
      std::vector<std::string> seen, times;
      std::string cursor;
      do {
        const Result<Page> page = await(io, merge_newest(*tables, Table::Executions, "GSI3",
                                                         partitions, "STARTED#", limit, cursor));
        ASSERT_TRUE(page) << page.error().detail;
        EXPECT_LE(page->items.size(), limit);
        for (const Item& item : page->items) {
          seen.push_back(string_or(item, "id"));
          times.push_back(string_or(item, "startedAt"));
        }
        cursor = page->cursor;
      } while (!cursor.empty());
      EXPECT_EQ(seen.size(), 23u) << limit;
      EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 23u) << limit;
      EXPECT_TRUE(std::ranges::is_sorted(times, std::ranges::greater{})) << limit;
    }
    EXPECT_FALSE(await(
        io, merge_newest(*tables, Table::Executions, "GSI3", partitions, "STARTED#", 5, "00")));
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace msghub
