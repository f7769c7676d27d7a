#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <thread>

#include "base/crypto.h"
#include "blob/blobs.h"
#include "tests/contract/run_task.h"

// What every engine behind blob/blobs.h must do. An engine's test gives a type
//
//   struct Engine { Blobs& blobs(); };  // empty at the start of each test
//
// and instantiates the suite: INSTANTIATE_TYPED_TEST_SUITE_P(Disk, BlobsContract, DiskEngine).
namespace msghub::testing {

template <class Engine>
class BlobsContract : public ::testing::Test {
 protected:
  Engine engine;
  Blobs& blobs = engine.blobs();

  Result<void> put(std::string path, std::string bytes) {
    return run_task(blobs.put(std::move(path), std::move(bytes)));
  }
  std::string get(std::string path) {
    return run_task(blobs.get(std::move(path))).value_or("(nothing)");
  }
  std::string range(std::string path, std::uint64_t offset, std::uint64_t length) {
    return run_task(blobs.get_range(std::move(path), offset, length)).value_or("(nothing)");
  }
  std::vector<std::string> list(std::string prefix, std::size_t page = Blobs::kPageLimit) {
    std::vector<std::string> paths;
    std::string cursor;
    do {
      const BlobPage got = run_task(blobs.list(prefix, page, cursor));
      EXPECT_LE(got.blobs.size(), std::max<std::size_t>(page, 1));
      for (const BlobInfo& blob : got.blobs) paths.push_back(blob.path);
      cursor = got.cursor;
    } while (!cursor.empty());
    return paths;
  }
};

using Paths = std::vector<std::string>;

TYPED_TEST_SUITE_P(BlobsContract);

TYPED_TEST_P(BlobsContract, GivesBackTheBytes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  std::string large(3'000'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * i >> 7);
  for (const std::string& bytes : {std::string(), std::string("text"), all, large}) {
    ASSERT_TRUE(this->put("users/u/messages/m/raw.txt", bytes));
    EXPECT_TRUE(this->get("users/u/messages/m/raw.txt") == bytes) << bytes.size();
  }
  EXPECT_EQ(this->get("users/u/messages/m"), "(nothing)");
  EXPECT_EQ(this->get("users/u/messages/n/raw.txt"), "(nothing)");
}

TYPED_TEST_P(BlobsContract, ReplacesAsAWhole) {
  ASSERT_TRUE(this->put("a/b", std::string(3000, 'x')));
  ASSERT_TRUE(this->put("a/b", "short"));
  EXPECT_EQ(this->get("a/b"), "short");
  EXPECT_EQ(run_task(this->blobs.head("a/b"))->size, 5u);
  EXPECT_EQ(this->list(""), Paths{"a/b"});
}

TYPED_TEST_P(BlobsContract, GivesARange) {
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes += std::to_string(i) + ",";
  ASSERT_TRUE(this->put("a/b", bytes));
  ASSERT_TRUE(this->put("empty", ""));
  for (const auto& [offset, length] : std::vector<std::pair<std::size_t, std::size_t>>{
           {0, 1}, {0, 5}, {7, 1000}, {bytes.size() - 1, 1}, {bytes.size() - 5, 100}, {3, 0}})
    EXPECT_EQ(this->range("a/b", offset, length), bytes.substr(offset, length)) << offset;
  EXPECT_TRUE(this->range("a/b", 0, UINT64_MAX) == bytes);
  EXPECT_TRUE(this->range("a/b", 4, UINT64_MAX) == bytes.substr(4));
  EXPECT_EQ(this->range("a/b", bytes.size(), 10), "");
  EXPECT_EQ(this->range("a/b", bytes.size() + 1000, 10), "");
  EXPECT_EQ(this->range("a/b", UINT64_MAX, UINT64_MAX), "");
  EXPECT_EQ(this->range("empty", 0, 10), "");
  EXPECT_EQ(this->range("empty", 0, 0), "");
  EXPECT_EQ(this->range("a/c", 0, 10), "(nothing)");
  EXPECT_EQ(this->range("a/c", 0, 0), "(nothing)");
  EXPECT_EQ(this->range("a", 0, 10), "(nothing)");
}

TYPED_TEST_P(BlobsContract, TellsSizeHashAndTime) {
  // A file's time may be that of the kernel's last tick, and an object's one of whole seconds.
  const auto now = SystemClock().now() - std::chrono::seconds(2);
  for (const std::string& bytes : {std::string(), std::string("text"), std::string(70'000, 'y')}) {
    ASSERT_TRUE(this->put("a/b", bytes));
    const std::optional<BlobInfo> info = run_task(this->blobs.head("a/b"));
    ASSERT_TRUE(info);
    EXPECT_EQ(info->path, "a/b");
    EXPECT_EQ(info->size, bytes.size());
    EXPECT_EQ(info->sha256_hex, sha256_hex(bytes));
    EXPECT_GE(info->written_at, now);
    EXPECT_LE(info->written_at, now + std::chrono::minutes(5));
    const BlobPage page = run_task(this->blobs.list("a/", 10, ""));
    ASSERT_EQ(page.blobs.size(), 1u);
    EXPECT_EQ(page.blobs[0].path, "a/b");
    EXPECT_EQ(page.blobs[0].size, bytes.size());
    EXPECT_LT(page.blobs[0].written_at - info->written_at, std::chrono::seconds(1));
    EXPECT_LT(info->written_at - page.blobs[0].written_at, std::chrono::seconds(1));
  }
  EXPECT_FALSE(run_task(this->blobs.head("a")));
  EXPECT_FALSE(run_task(this->blobs.head("a/c")));
  EXPECT_FALSE(run_task(this->blobs.head("a//b")));
}

TYPED_TEST_P(BlobsContract, APathMayContinueAnother) {
  ASSERT_TRUE(this->put("a", "1"));
  ASSERT_TRUE(this->put("a/b", "2"));
  ASSERT_TRUE(this->put("a/b/c", "3"));
  EXPECT_EQ(this->get("a") + this->get("a/b") + this->get("a/b/c"), "123");
}

TYPED_TEST_P(BlobsContract, RemovesForGood) {
  ASSERT_TRUE(this->put("a/b/c", "1"));
  ASSERT_TRUE(this->put("a/b/d", "2"));
  run_task(this->blobs.remove("a/b/c"));
  run_task(this->blobs.remove("a/b/c"));
  run_task(this->blobs.remove("never/there"));
  EXPECT_EQ(this->get("a/b/c"), "(nothing)");
  EXPECT_EQ(this->get("a/b/d"), "2");
  run_task(this->blobs.remove("a/b/d"));
  EXPECT_EQ(this->list(""), Paths{});
  ASSERT_TRUE(this->put("a/b/c", "again"));
  EXPECT_EQ(this->get("a/b/c"), "again");
}

TYPED_TEST_P(BlobsContract, RemovesMany) {
  for (const char* path : {"a", "a/b", "a/c", "b"}) ASSERT_TRUE(this->put(path, path));
  run_task(this->blobs.remove_all({}));
  EXPECT_EQ(this->list(""), (Paths{"a", "a/b", "a/c", "b"}));
  std::vector<std::string> paths{"a/b", "never/there", "b", "no//path", "b"};
  for (int i = 0; i < 1200; ++i) paths.push_back("none/" + std::to_string(i));
  paths.push_back("a");
  run_task(this->blobs.remove_all(paths));
  EXPECT_EQ(this->list(""), Paths{"a/c"});
}

TYPED_TEST_P(BlobsContract, ListsByPrefixInOrder) {
  for (const char* path : {"users/u/m/2", "users/u/m/10", "users/u-1/x", "users/v/y", "users/u/m",
                           "archives/year=2025/month=11/a_b.gz"})
    ASSERT_TRUE(this->put(path, path));
  EXPECT_EQ(this->list("users/u/"), (Paths{"users/u/m", "users/u/m/10", "users/u/m/2"}));
  EXPECT_EQ(this->list("users/u"),
            (Paths{"users/u-1/x", "users/u/m", "users/u/m/10", "users/u/m/2"}));
  EXPECT_EQ(this->list("users/u/m/1"), Paths{"users/u/m/10"});
  EXPECT_EQ(this->list("archives/year=2025"), Paths{"archives/year=2025/month=11/a_b.gz"});
  EXPECT_EQ(this->list("").size(), 6u);
  for (const char* nothing : {"x", "users/w/", "users/../users", "/", "users/u/m/2/3"})
    EXPECT_EQ(this->list(nothing), Paths{}) << nothing;
}

TYPED_TEST_P(BlobsContract, ListsInPages) {
  std::set<std::string> paths;
  for (const char* folder : {"a", "a-", "a-b", "a.b", "a/b", "a0", "a/b/c", "b"})
    for (const char* name : {"", "/x", "/x/y", "/x-y", "/x0"})
      if (paths.insert(std::string(folder) + name).second)
        ASSERT_TRUE(this->put(std::string(folder) + name, "1"));
  const Paths all(paths.begin(), paths.end());
  for (const std::size_t page : {0uz, 1uz, 3uz, 7uz, all.size() - 1, all.size(), 5000uz})
    EXPECT_EQ(this->list("", page), all) << page;
  Paths below_a;
  std::ranges::copy_if(all, std::back_inserter(below_a),
                       [](const std::string& path) { return path.starts_with("a/"); });
  EXPECT_EQ(this->list("a/", 2), below_a);

  // Two lists beside each other, page by page.
  Paths one, other;
  std::string one_cursor, other_cursor;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const BlobPage page = run_task(this->blobs.list("", 1, one_cursor));
    for (const BlobInfo& blob : page.blobs) one.push_back(blob.path);
    one_cursor = page.cursor;
    if (i > 0 && other_cursor.empty()) continue;
    const BlobPage other_page = run_task(this->blobs.list("a/", 1, other_cursor));
    for (const BlobInfo& blob : other_page.blobs) other.push_back(blob.path);
    other_cursor = other_page.cursor;
  }
  EXPECT_EQ(one, all);
  EXPECT_EQ(other, below_a);

  // What stands still is listed once, whatever else comes and goes, the cursor's blob included.
  const BlobPage first = run_task(this->blobs.list("a/", 4, ""));
  for (const BlobInfo& blob : first.blobs) run_task(this->blobs.remove(blob.path));
  ASSERT_TRUE(this->put("a/-", "before the cursor"));
  const BlobPage second = run_task(this->blobs.list("a/", 1000, first.cursor));
  ASSERT_EQ(second.blobs.size(), below_a.size() - 4);
  for (std::size_t i = 4; i < below_a.size(); ++i) EXPECT_EQ(second.blobs[i - 4].path, below_a[i]);
  EXPECT_EQ(second.cursor, "");
}

TYPED_TEST_P(BlobsContract, RefusesWhatIsNoPath) {
  const std::string longest = "a/" + std::string(250, 'b') + "/" + std::string(250, 'c') + "/" +
                              std::string(250, 'd') + "/" + std::string(250, 'e') + "/" +
                              std::string(18, 'f');
  ASSERT_EQ(longest.size(), 1024u);
  EXPECT_TRUE(this->put(longest, "fits"));
  EXPECT_EQ(this->get(longest), "fits");
  EXPECT_TRUE(this->put("..a/.b/c..d/...", "dots are no danger by themselves"));
  for (const std::string& path :
       {std::string(""), std::string("/"), std::string("/a"), std::string("a/"),
        std::string("a//b"), std::string("."), std::string("a/.."), std::string("../a"),
        std::string("a/./b"), std::string("a b"), std::string("a~"), std::string("a\\b"),
        std::string("a%2e"), std::string("\xC3\xA9"), std::string("a\0b", 3), longest + "g",
        std::string(251, 'a')}) {
    const Result<void> result = this->put(path, "x");
    ASSERT_FALSE(result) << path;
    EXPECT_EQ(result.error().code, Refusal::Code::Invalid) << path;
    EXPECT_EQ(this->get(path), "(nothing)") << path;
    EXPECT_EQ(this->range(path, 0, 1), "(nothing)") << path;
    EXPECT_FALSE(run_task(this->blobs.head(path))) << path;
    run_task(this->blobs.remove(path));
  }
}

inline Task<void> put_and_remove(Blobs& blobs, std::string mine, int times) {
  for (int i = 0; i < times; ++i) {
    const Result<void> kept = co_await blobs.put("shared/folder/" + mine, mine);
    EXPECT_TRUE(kept);
    const Result<void> same = co_await blobs.put("all/write/this", std::string(5000, mine[0]));
    EXPECT_TRUE(same);
    const std::optional<std::string> read = co_await blobs.get("all/write/this");
    EXPECT_TRUE(read && read->size() == 5000 &&
                read->find_first_not_of((*read)[0]) == std::string::npos)
        << "a blob is torn";
    co_await blobs.remove("shared/folder/" + mine);
  }
}

TYPED_TEST_P(BlobsContract, ManyWorkInOneFolder) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      boost::asio::io_context loop;
      for (int i = 0; i < 3; ++i)
        boost::asio::co_spawn(
            loop,
            put_and_remove(this->blobs, std::string(1, static_cast<char>('a' + 3 * t + i)), 8),
            boost::asio::detached);
      loop.run();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(this->list(""), Paths{"all/write/this"});
}

REGISTER_TYPED_TEST_SUITE_P(BlobsContract, GivesBackTheBytes, ReplacesAsAWhole, GivesARange,
                            TellsSizeHashAndTime, APathMayContinueAnother, RemovesForGood,
                            RemovesMany, ListsByPrefixInOrder, ListsInPages, RefusesWhatIsNoPath,
                            ManyWorkInOneFolder);

}  // namespace msghub::testing
