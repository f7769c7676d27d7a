#pragma once

#include <gtest/gtest.h>

#include <thread>

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
  std::vector<std::string> list(std::string prefix) {
    return run_task(blobs.list(std::move(prefix)));
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

REGISTER_TYPED_TEST_SUITE_P(BlobsContract, GivesBackTheBytes, APathMayContinueAnother,
                            RemovesForGood, ListsByPrefixInOrder, RefusesWhatIsNoPath,
                            ManyWorkInOneFolder);

}  // namespace msghub::testing
