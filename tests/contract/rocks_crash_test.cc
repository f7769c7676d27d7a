#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <random>
#include <set>
#include <thread>

#include "tests/contract/rocks_crash_child.h"
#include "tests/contract/rocks_engine.h"
#include "tests/contract/seed.h"

namespace msghub::testing {
namespace {

std::string read_to_end(int file) {
  std::string text;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t count = ::read(file, buffer, sizeof buffer);
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

// The whole lines: what the child said last may be cut by the kill.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t from = 0;
  for (std::size_t end; (end = text.find('\n', from)) != std::string::npos; from = end + 1)
    lines.push_back(text.substr(from, end - from));
  return lines;
}

std::set<std::string> stored_messages(Tables& tables) {
  std::set<std::string> names;
  Query query{.table = Table::Messages, .index = "GSI1", .pk = "CHANNEL#c", .limit = 1000};
  do {
    const Result<Page> page = run_task(tables.query(query));
    EXPECT_TRUE(page);
    for (const Item& item : page->items) names.insert(string_or(item, "PK"));
    query.cursor = page->cursor;
  } while (!query.cursor.empty());
  return names;
}

TEST(Crash, KillsLoseNothingThatWasAcknowledged) {
  const TempFolder folder;
  const unsigned seed = any_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<std::string> acknowledged;
  for (int round = 0; round < 20; ++round) {
    const Child child = start_child({"writer", folder.path() + "/store"});
    // One round in five dies while the store is being opened, the others while they write.
    const bool early = round % 5 == 4;
    std::string heard(early ? 0 : 1, '\0');
    if (!early) ASSERT_EQ(::read(child.output, heard.data(), 1), 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % (early ? 20 : 150)));
    ::kill(child.pid, SIGKILL);
    heard += read_to_end(child.output);
    ASSERT_EQ(wait_for(child), 128 + SIGKILL);
    for (std::string& line : lines_of(heard)) acknowledged.push_back(std::move(line));

    const ManualClock clock;
    const auto tables =
        RocksTables::open({.path = folder.path() + "/store", .reserve_bytes = 0}, clock);
    const std::set<std::string> stored = stored_messages(*tables);
    for (const std::string& name : acknowledged)
      ASSERT_TRUE(stored.contains(name)) << name << " is lost after round " << round;
    const std::optional<Item> channel = run_task(tables->get(Table::Channels, {"c", "METADATA"}));
    const std::int64_t counted = channel ? channel->at("messageCount").as_int64() : 0;
    ASSERT_EQ(counted, static_cast<std::int64_t>(stored.size()))
        << "a transaction was torn in round " << round;
  }
  EXPECT_GE(acknowledged.size(), 16u) << "one and more for each round that came to writing";
}

TEST(Crash, ASecondProcessIsToldWhatToDoAndNothingElse) {
  RocksEngine engine;
  const Child child = start_child({"second", engine.options().path});
  const std::string said = read_to_end(child.output);
  EXPECT_EQ(wait_for(child), 20) << said;
  EXPECT_EQ(said, "the store in " + engine.options().path +
                      " is in use by another msghub; stop that one, or choose another folder\n");
}

TEST(Crash, AFullDiskLosesNothingAndHeals) {
  const TempFolder folder;
  const Child child = start_child({"full-disk", folder.path()});
  const std::string said = read_to_end(child.output);
  EXPECT_EQ(wait_for(child), 0) << said;
}

}  // namespace
}  // namespace msghub::testing
