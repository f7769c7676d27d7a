#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>

#include "tests/contract/rocks_engine.h"
#include "tests/contract/seed.h"
#include "tests/contract/tables_test.h"

// Wrong bits, cut and missing files: never a wrong byte served, never an item silently gone.
namespace msghub::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kItems = 120;

Item nth(int i) {
  Item item = indexed("K" + std::to_string(i), "USER#u", std::to_string(1000 + i));
  item["text"] = std::string(200, static_cast<char>('a' + i % 26)) + std::to_string(i);
  return item;
}

void put(Tables& tables, int from, int to) {
  for (int i = from; i < to; ++i) {
    std::vector<Write> writes;
    writes.push_back(Put{Table::Rules, nth(i), {}});
    ASSERT_TRUE(run_task(tables.transact(std::move(writes))));
  }
}

// A store of several starts: tables of three closings, and a log as a kill leaves it.
class Damage : public ::testing::Test {
 protected:
  void SetUp() override {
    RocksEngine engine;
    for (int i = 0; i < 3; ++i) {
      put(engine.tables(), i * kItems / 4, (i + 1) * kItems / 4);
      engine.close();
      engine.open();
    }
    fs::copy(engine.options().path, closed_, fs::copy_options::recursive);
    put(engine.tables(), 3 * kItems / 4, kItems);
    fs::copy(engine.options().path, killed_, fs::copy_options::recursive);
  }

  // A fresh copy of what a closed or killed store left.
  std::string copy_of(const std::string& original) {
    const std::string copy = folder_.path() + "/copy";
    fs::remove_all(copy);
    fs::copy(original, copy, fs::copy_options::recursive);
    return copy;
  }

  TempFolder folder_;
  const std::string closed_ = folder_.path() + "/closed";
  const std::string killed_ = folder_.path() + "/killed";
};

std::vector<fs::path> files_of(const std::string& folder, const std::string& kind) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const bool fits = entry.path().filename().string().find(kind) != std::string::npos;
    if (entry.is_regular_file() && fits && entry.file_size() > 0) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

void flip(const fs::path& path, std::uint64_t bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(bit / 8));
  const int old = file.get();
  file.seekp(static_cast<std::streamoff>(bit / 8));
  file.put(static_cast<char>(old ^ 1 << bit % 8));
}

enum class Found { Harmless, Detected, Lost, Wrong };

// Reads all that `count` puts made, each way there is.
Found look_at_all(const std::string& path, int count, std::string& why) {
  const ManualClock clock;
  std::shared_ptr<RocksTables> tables;
  try {
    tables = RocksTables::open({.path = path, .reserve_bytes = 0}, clock);
    for (int i = 0; i < count; ++i) {
      const auto item = run_task(tables->get(Table::Rules, {"K" + std::to_string(i), "S"}));
      if (!item) return Found::Lost;
      if (*item != nth(i)) return Found::Wrong;
    }
    const Result<Page> page = run_task(
        tables->query({.table = Table::Rules, .index = "GSI1", .pk = "USER#u", .limit = 1000}));
    if (page->items.size() != static_cast<std::size_t>(count)) return Found::Lost;
    for (int i = 0; i < count; ++i)
      if (page->items[static_cast<std::size_t>(i)] != nth(i)) return Found::Wrong;
    const Result<ChangePage> changes = run_task(tables->feed().read("", 1000));
    if (changes)
      for (const Change& change : changes->changes)
        if (change.after != nth(std::stoi(change.key.pk.substr(1)))) return Found::Wrong;
  } catch (const Failure& failure) {
    why = failure.what();
    return Found::Detected;
  }
  return Found::Harmless;
}

TEST_F(Damage, OfAnyBitIsDetectedOrHarmless) {
  const unsigned seed = any_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (const auto& [kind, original, count] : std::vector<std::tuple<std::string, std::string, int>>{
           {".sst", closed_, 3 * kItems / 4},
           {"MANIFEST", closed_, 3 * kItems / 4},
           {"MANIFEST", killed_, kItems},
           {".log", killed_, kItems},
           {"CURRENT", closed_, 3 * kItems / 4}}) {
    int detected = 0;
    // Two bits of three mean nothing in a log: 25 of them may all be such.
    for (int round = 0; round < 25 || (detected == 0 && round < 250); ++round) {
      const std::string copy = copy_of(original);
      const std::vector<fs::path> files = files_of(copy, kind);
      ASSERT_FALSE(files.empty()) << kind;
      const fs::path& file = files[random() % files.size()];
      const std::uint64_t bit = random() % (8 * fs::file_size(file));
      flip(file, bit);
      std::string why;
      const Found found = look_at_all(copy, count, why);
      EXPECT_TRUE(found == Found::Harmless || found == Found::Detected)
          << (found == Found::Lost ? "an item is lost" : "a wrong byte is served") << ": bit "
          << bit << " of " << file;
      detected += found == Found::Detected ? 1 : 0;
      if (found == Found::Detected) {
        EXPECT_TRUE(why.find("damage") != std::string::npos) << why;
      }
    }
    EXPECT_GT(detected, 0) << "no wrong bit in " << kind << " meant anything";
  }
}

// Where a length or type that is wrong would end a log early without a word.
TEST_F(Damage, OfTheHeadOfALogsRecordIsDetected) {
  for (const char* kind : {"MANIFEST", ".log"}) {
    fs::path original;  // the live one, not those that are kept for the feed
    for (const fs::path& path : files_of(killed_, kind))
      if (path.parent_path() == killed_) original = path;
    const std::string live = original.filename().string();
    std::ifstream file(original, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    std::uint64_t begin = 0;  // of a record in the first block, somewhere in its middle
    for (int records = 0; records < 5 && begin + 7 < bytes.size(); ++records)
      begin += 7 + static_cast<unsigned char>(bytes[begin + 4]) +
               256 * static_cast<unsigned char>(bytes[begin + 5]);
    ASSERT_LT(begin + 7, std::min<std::size_t>(bytes.size(), 32 * 1024)) << kind;
    for (std::uint64_t bit = 8 * (begin + 4); bit < 8 * (begin + 7); ++bit) {
      const std::string copy = copy_of(killed_);
      flip(files_of(copy, live).front(), bit);
      std::string why;
      EXPECT_EQ(look_at_all(copy, kItems, why), Found::Detected)
          << "bit " << bit - 8 * begin << " of a record's head in " << live;
      const Result<StoreCheck> check = RocksTables::verify(copy);
      EXPECT_TRUE(check && !check->problems.empty()) << "bit " << bit - 8 * begin << live;
    }
  }
}

TEST_F(Damage, OfCutAndMissingFilesIsSaid) {
  struct Case {
    const char* kind;
    bool cut;  // to half, else it is missing
  };
  for (const Case& c : std::vector<Case>{{".sst", true},
                                         {".sst", false},
                                         {"MANIFEST", false},
                                         {"CURRENT", true},
                                         {"CURRENT", false}}) {
    const std::string copy = copy_of(closed_);
    const fs::path file = files_of(copy, c.kind).back();
    if (c.cut)
      fs::resize_file(file, fs::file_size(file) / 2);
    else
      fs::remove(file);
    std::string why;
    EXPECT_EQ(look_at_all(copy, 3 * kItems / 4, why), Found::Detected)
        << c.kind << (c.cut ? " cut" : " missing");
    EXPECT_NE(why.find("the store in " + copy + " is damaged"), std::string::npos) << why;
    EXPECT_NE(why.find("keep a copy of the folder and restore a backup"), std::string::npos) << why;
  }
}

}  // namespace
}  // namespace msghub::testing
