#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <fstream>

#include "blob/disk/disk_blobs.h"
#include "move/backup.h"
#include "move/blob_pointers.h"
#include "move/pause.h"
#include "store/schema.h"
#include "tests/contract/migrate_fixture.h"
#include "tests/contract/rocks_engine.h"

namespace msghub::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Backup : public ::testing::Test {
 protected:
  ~Backup() override { pool_.join(); }

  // `linked`: the blobs are files that may be linked; else they come through the seam.
  Result<BackupManifest> make(const std::string& folder, bool linked = true) {
    BackupSource source{*rocks_, *blobs_, linked ? data() + "/blobs" : "", data(), "msghub test",
                        clock_,  pool_};
    return run_task(make_backup(source, folder));
  }
  void put_blob(const std::string& path, const std::string& bytes) {
    ASSERT_TRUE(run_task(blobs_->put(path, bytes)));
  }
  void put_message(const std::string& id, const std::string& blob) {
    std::vector<Write> writes;
    writes.push_back(Put{Table::Messages,
                         {{"PK", "MESSAGE#" + id},
                          {"SK", "METADATA"},
                          {"GSI1PK", "CHANNEL#c"},
                          {"GSI1SK", "RECEIVED#" + id},
                          {"rawContent", "blob:" + blob}},
                         {}});
    ASSERT_TRUE(run_task(rocks_->transact(std::move(writes))));
  }
  static std::vector<std::string> problems(const std::string& folder) {
    const Result<BackupCheck> check = verify_backup(folder);
    if (!check) return {check.error().detail};
    return check->problems;
  }
  Result<BackupManifest> restore(const std::string& folder, const std::string& to) {
    return run_task(restore_backup(folder, to, clock_, pool_));
  }
  std::string data() const { return folder_.path() + "/data"; }
  std::string place(const std::string& name) const { return folder_.path() + "/" + name; }

  TempFolder folder_;
  ManualClock clock_;
  boost::asio::thread_pool pool_{2};
  std::shared_ptr<RocksTables> rocks_ =
      RocksTables::open({.path = data() + "/store", .reserve_bytes = 0}, clock_);
  std::unique_ptr<Blobs> blobs_ = open_disk_blobs(data() + "/blobs", pool_, 0);
};

TEST_F(Backup, LinksOrCopiesBlobsWithTheSameResult) {
  put_blob("users/u/messages/1/raw.txt", "the bytes");
  put_message("1", "users/u/messages/1/raw.txt");
  for (const bool linked : {true, false}) {
    const std::string folder = place(linked ? "linked" : "copied");
    const auto made = make(folder, linked);
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_EQ(made->blobs, 1);
    EXPECT_THAT(problems(folder), ::testing::IsEmpty());
    struct stat about{};
    const std::string file = folder + "/blobs/objects/users/u/messages/1/raw.txt~";
    ASSERT_EQ(::stat(file.c_str(), &about), 0);
    EXPECT_EQ(about.st_nlink, linked ? 2u : 1u);
  }
}

TEST_F(Backup, KeepsWhatTheHubChangesAndRemovesLater) {
  put_blob("users/u/messages/1/raw.txt", "before");
  put_message("1", "users/u/messages/1/raw.txt");
  ASSERT_TRUE(make(place("backup")));
  put_blob("users/u/messages/1/raw.txt", "after");
  put_message("2", "users/u/messages/1/raw.txt");
  run_task(blobs_->remove("users/u/messages/1/raw.txt"));
  EXPECT_THAT(problems(place("backup")), ::testing::IsEmpty());
  const auto restored = restore(place("backup"), place("again"));
  ASSERT_TRUE(restored) << restored.error().detail;
  const auto store = RocksTables::open({.path = place("again/store"), .reserve_bytes = 0}, clock_);
  EXPECT_TRUE(run_task(store->get(Table::Messages, {"MESSAGE#1", "METADATA"})));
  EXPECT_FALSE(run_task(store->get(Table::Messages, {"MESSAGE#2", "METADATA"})));
  const auto blobs = open_disk_blobs(place("again/blobs"), pool_, 0);
  EXPECT_EQ(run_task(blobs->get("users/u/messages/1/raw.txt")), "before");
  const auto pause = run_task(read_pause(*store));
  ASSERT_TRUE(pause);
  EXPECT_THAT(pause->reason, HasSubstr("restored from a backup"));
}

TEST_F(Backup, NotesAPointerThatLedNowhereBefore) {
  put_message("1", "users/u/messages/1/raw.txt");
  const auto made = make(place("backup"));
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(made->missing, std::vector<std::string>{"users/u/messages/1/raw.txt"});
  EXPECT_THAT(problems(place("backup")), ::testing::IsEmpty());
  EXPECT_TRUE(restore(place("backup"), place("again")));
}

TEST_F(Backup, FindsAPointerThatLeadsNowhere) {
  put_message("1", "users/u/messages/1/raw.txt");
  put_blob("users/u/messages/1/raw.txt", "bytes");
  ASSERT_TRUE(make(place("backup")));
  fs::remove(place("backup/blobs/objects/users/u/messages/1/raw.txt~"));
  EXPECT_THAT(problems(place("backup")),
              ::testing::Contains(HasSubstr("to which MESSAGE#1 of Messages points")));
}

TEST_F(Backup, FindsAFileThatIsNoPartOfIt) {
  ASSERT_TRUE(make(place("backup")));
  std::ofstream(place("backup/store/more.sst")) << "more";
  EXPECT_THAT(problems(place("backup")),
              ::testing::Contains(HasSubstr("store/more.sst is in the folder, but no part")));
}

TEST_F(Backup, WithoutItsManifestItIsNone) {
  ASSERT_TRUE(make(place("backup")));
  fs::remove(place("backup/manifest.json"));
  EXPECT_THAT(problems(place("backup")), ::testing::ElementsAre(HasSubstr("is no backup")));
  EXPECT_FALSE(restore(place("backup"), place("again")));
  EXPECT_FALSE(fs::exists(place("again")));
}

TEST_F(Backup, RefusesFoldersThatWillNotDo) {
  fs::create_directories(place("full"));
  std::ofstream(place("full/file")) << "x";
  const auto refusal = [this](const std::string& folder) {
    const auto made = make(folder);
    return made ? "not refused" : made.error().detail;
  };
  EXPECT_THAT(refusal(place("full")), HasSubstr("not empty"));
  EXPECT_THAT(refusal("relative"), HasSubstr("absolute"));
  EXPECT_THAT(refusal(data() + "/backups/one"), HasSubstr("inside the data folder"));
  EXPECT_THAT(refusal(data() + "/../data/x"), HasSubstr("inside the data folder"));
  EXPECT_FALSE(fs::exists(data() + "/backups"));
  ASSERT_TRUE(make(place("backup")));
  EXPECT_FALSE(restore(place("backup"), place("full")));
  EXPECT_TRUE(fs::exists(place("full/file")));
}

TEST_F(Backup, TellsWhichKeyTheRestoredDataNeed) {
  std::ofstream(data() + "/vault.check") << "msghub1:0123\n";
  ASSERT_TRUE(make(place("backup")));
  EXPECT_TRUE(problems(place("backup")).empty());
  ASSERT_TRUE(restore(place("backup"), place("again")));
  std::string line;
  std::getline(std::ifstream(place("again/vault.check")), line);
  EXPECT_EQ(line, "msghub1:0123");
}

TEST_F(Backup, RestoreLeavesNothingOfAnEarlierOne) {
  ASSERT_TRUE(make(place("backup")));
  fs::create_directories(place("again.restoring/store"));
  std::ofstream(place("again.restoring/store/CURRENT")) << "of a restore that was killed";
  fs::create_directories(place("again"));
  const auto restored = restore(place("backup"), place("again"));
  ASSERT_TRUE(restored) << restored.error().detail;
  EXPECT_FALSE(fs::exists(place("again.restoring")));
  EXPECT_TRUE(fs::exists(place("again/store/CURRENT")));
}

TEST_F(Backup, KeepsTheLayout) {
  rocks_.reset();
  fs::remove_all(data() + "/store");
  rocks_ = RocksTables::open(
      {.path = data() + "/store", .reserve_bytes = 0, .layout = Layout::SingleTable}, clock_);
  put_message("1", "users/u/messages/1/raw.txt");
  put_blob("users/u/messages/1/raw.txt", "bytes");
  const auto made = make(place("backup"));
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(made->layout, "single-table");
  EXPECT_TRUE(restore(place("backup"), place("again")));
}

TEST(BlobPointers, AreThoseOfTheDataModel) {
  using Paths = std::vector<std::string>;
  const Item message{
      {"rawContent", "blob:users/u/messages/m/raw.txt"},
      {"parsedContent",
       {{"body", "blob:no/pointer"},
        {"attachments", {{{"s3Key", "users/u/a"}}, {{"s3Key", ""}}, {{"size", 1}}}}}}};
  EXPECT_EQ(blob_pointers(Table::Messages, message),
            (Paths{"users/u/messages/m/raw.txt", "users/u/a"}));
  EXPECT_EQ(blob_pointers(Table::Messages, {{"rawContent", "text"}}), Paths{});
  EXPECT_EQ(blob_pointers(Table::Executions, {{"logs", {"line", "blob:users/u/logs.txt"}}}),
            Paths{"users/u/logs.txt"});
  const Item project{{"s3ArtifactKey", "users/u/projects/r/1/project.tar.gz"},
                     {"sourceFiles", {{{"content", "blob:users/u/x#rule.ts"}}}}};
  EXPECT_EQ(blob_pointers(Table::RuleProjects, project),
            Paths{"users/u/projects/r/1/project.tar.gz"});
}

TEST(SchemaVersion, IsWrittenOnceAndOthersAreRefused) {
  RocksEngine engine;
  Tables& tables = engine.tables();
  const Key key{std::string(kSchemaPk), "METADATA"};
  run_task(check_known_schema(tables));
  EXPECT_FALSE(run_task(tables.get(Table::Users, key))) << "a command that looks writes nothing";
  run_task(check_schema_version(tables));
  run_task(check_schema_version(tables));
  run_task(check_known_schema(tables));
  const std::optional<Item> written = run_task(tables.get(Table::Users, key));
  ASSERT_TRUE(written);
  EXPECT_EQ(written->at("version"), json::value(kSchemaVersion));
  const auto refusal_of = [&](json::value version, auto check) -> std::string {
    Item item = *written;
    item["version"] = std::move(version);
    std::vector<Write> writes;
    writes.push_back(Put{Table::Users, std::move(item), {}});
    MSGHUB_CHECK(run_task(tables.transact(std::move(writes))).has_value());
    try {
      run_task(check(tables));
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.retry, Failure::Retry::Never);
      return failure.what();
    }
    return "taken";
  };
  for (const auto check : {check_schema_version, check_known_schema}) {
    EXPECT_THAT(refusal_of(kSchemaVersion + 1, check),
                HasSubstr("has schema version 2, this program knows version 1; use the newer"));
    EXPECT_THAT(refusal_of(0, check), HasSubstr("has schema version 0, this program knows"));
    EXPECT_THAT(refusal_of("1", check), HasSubstr("is damaged"));
  }
}

}  // namespace
}  // namespace msghub::testing
