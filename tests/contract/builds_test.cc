#include "pipeline/builds.h"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>

#include "blob/memory_blobs.h"
#include "pipeline/artefact.h"
#include "pipeline/prune.h"
#include "store/executions.h"
#include "store/rule_projects.h"
#include "store/rules.h"
#include "tests/contract/rocks_engine.h"

namespace msghub {
namespace {

using std::chrono::milliseconds;
using testing::RocksEngine;
using testing::run_task;
using testing::TempFolder;

const UserId kUser{"u1"};
const RuleId kRule{"r1"};

std::vector<SourceFile> files_of(const std::string& text) {
  return {{"package.json", R"({"name":"rule-ring-twice"})", "json"},
          {"README.md", text, "text"},
          {"src/rule.ts", "// " + text, "typescript"}};
}

// What the builds are told of a project: one whose README says "wrong" is wrong.
struct Trier {
  std::vector<std::string> tried;
  bool slow = false;
  bool disk_is_full = false;

  static Task<BuildVerdict> run(Trier& self, std::string folder) {
    std::ifstream in(folder + "/README.md");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    self.tried.push_back(text);
    if (self.slow) co_await sleep_for(milliseconds(100));
    if (self.disk_is_full) throw Failure(Failure::Retry::Later, "the disk is full");
    BuildVerdict verdict;
    verdict.examples.push_back({"an example", 3, true, {}});
    if (text.find("wrong") != std::string::npos)
      verdict.problems.push_back({"src/rule.ts", 7, 2, "TS2322: no"});
    co_return verdict;
  }
};

Task<BuildVerdict> all_right(std::string) { co_return BuildVerdict{}; }

class BuildsTest : public ::testing::Test {
 protected:
  BuildOptions options() {
    BuildOptions out;
    out.try_project = [this](std::string project) { return Trier::run(trier, project); };
    out.compiler = compiler;
    out.recompile = [this](RuleId rule) { return note(recompiled, rule); };
    out.settle = milliseconds(1'000);
    out.again = milliseconds(20);
    out.retry = milliseconds(20);
    return out;
  }
  static Task<void> note(std::vector<RuleId>& list, RuleId rule) {
    list.push_back(rule);
    co_return;
  }
  BuildServices services() { return {engine.tables(), blobs, engine.clock(), folders, pool}; }

  void put(Write write) {
    std::vector<Write> writes;
    writes.push_back(std::move(write));
    run_task(engine.tables().transact(std::move(writes))).value();
  }
  void put_rule(std::int64_t version, RuleStatus status = RuleStatus::Draft) {
    Rule rule;
    rule.id = kRule;
    rule.user_id = kUser;
    rule.name = "Ring twice";
    rule.code_version = version;
    rule.status = status;
    put(Put{Table::Rules, rule_item(rule), {}});
  }
  // Stores it as the next version of the rule, as the API does.
  RuleProject add_version(std::int64_t number, const std::string& text) {
    put_rule(number);
    boost::asio::io_context io;
    Builds builds(io.get_executor(), services(), options());
    Rule rule;
    rule.id = kRule;
    rule.code_version = number;
    RuleProject project = run_task(builds.new_version(rule, files_of(text)));
    put(Put{Table::RuleProjects, *rule_project_item(project), if_absent()});
    return project;
  }
  std::optional<RuleProject> stored(std::int64_t number) {
    RuleProjects projects(engine.tables());
    return run_task(projects.get_specific_version(kRule, number));
  }
  // Lets the builds work until `done`, then ends them.
  void work_until(const std::function<bool()>& done) {
    boost::asio::io_context io;
    Builds builds(io.get_executor(), services(), options());
    builds.start(kUser);
    boost::asio::co_spawn(io, stop_when(builds, done), boost::asio::detached);
    io.run();
    EXPECT_TRUE(done());
  }
  static Task<void> stop_when(Builds& builds, const std::function<bool()>& done) {
    for (int i = 0; i < 500 && !done(); ++i) co_await sleep_for(milliseconds(10));
    co_await builds.stop();
  }
  std::function<bool()> ended(std::int64_t number) {
    return [this, number] {
      const std::optional<RuleProject> version = stored(number);
      return version->build_status == BuildStatus::Success ||
             version->build_status == BuildStatus::Failed;
    };
  }
  void build(std::int64_t number) { work_until(ended(number)); }

  RocksEngine engine;
  TempFolder folder;
  MemoryBlobs blobs;
  boost::asio::thread_pool pool{1};
  ProjectFolders folders{folder.path() + "/projects", folder.path(), engine.tables(), blobs, pool};
  Trier trier;
  std::string compiler = "1-aaa";
  std::vector<RuleId> recompiled;
};

TEST_F(BuildsTest, TakeUpWhatAHubLeftUnfinished) {
  EXPECT_EQ(add_version(1, "one").build_status, BuildStatus::Pending);
  add_version(2, "two");
  put(build_status_update(kRule, 2, BuildStatus::Building));  // the hub was killed over it
  work_until([this] { return ended(1)() && ended(2)(); });
  for (const std::int64_t number : {1, 2}) {
    const RuleProject built = *stored(number);
    EXPECT_EQ(built.build_status, BuildStatus::Success);
    EXPECT_EQ(built.s3_artifact_key, artefact_blob_path(kUser, kRule, number));
    EXPECT_EQ(built.compiler_version, "1-aaa");
    EXPECT_EQ(run_task(load_sources(built, blobs, pool)).value(),
              files_of(number == 1 ? "one" : "two"));
  }
  EXPECT_EQ(trier.tried.size(), 2U);
}

TEST_F(BuildsTest, NoteWhyOneFailed) {
  add_version(1, "wrong");
  build(1);
  const RuleProject failed = *stored(1);
  EXPECT_EQ(failed.build_status, BuildStatus::Failed);
  EXPECT_EQ(failed.build_error, "src/rule.ts:7:2: TS2322: no");
  EXPECT_FALSE(failed.s3_artifact_key);
  EXPECT_EQ(failed.source_files, files_of("wrong"));
}

TEST_F(BuildsTest, BuildAFailedOneAgainWhenAsked) {
  add_version(1, "wrong");
  build(1);
  boost::asio::io_context io;
  BuildOptions mended = options();
  mended.try_project = all_right;
  Builds builds(io.get_executor(), services(), std::move(mended));
  const std::optional<RuleProject> built = run_task(builds.finish(kUser, kRule, 1));
  ASSERT_TRUE(built);
  EXPECT_EQ(built->build_status, BuildStatus::Success);
  EXPECT_FALSE(built->build_error);
  EXPECT_FALSE(run_task(builds.finish(kUser, kRule, 7)));
}

TEST_F(BuildsTest, GoOnAfterTroubleOfTheDisk) {
  add_version(1, "one");
  trier.disk_is_full = true;
  work_until([this] { return trier.tried.size() >= 2; });
  EXPECT_EQ(stored(1)->build_status, BuildStatus::Building);
  trier.disk_is_full = false;
  build(1);
  EXPECT_EQ(stored(1)->build_status, BuildStatus::Success);
}

TEST_F(BuildsTest, LeaveWhatAStopCutsOff) {
  add_version(1, "wrong");
  trier.slow = true;
  work_until([this] { return !trier.tried.empty(); });
  EXPECT_EQ(stored(1)->build_status, BuildStatus::Building);
}

Task<void> check_into(Builds& builds, std::string text, std::vector<bool>& verdicts) {
  const BuildVerdict verdict = co_await builds.check(files_of(text));
  verdicts.push_back(verdict.good());
}

TEST_F(BuildsTest, TryTheSameFilesOnce) {
  boost::asio::io_context io;
  Builds builds(io.get_executor(), services(), options());
  trier.slow = true;
  std::vector<bool> verdicts;
  for (const char* text : {"one", "one", "wrong", "one", "wrong"})
    boost::asio::co_spawn(io, check_into(builds, text, verdicts), boost::asio::detached);
  io.run();
  EXPECT_EQ(std::ranges::count(verdicts, true), 3);
  EXPECT_EQ(trier.tried.size(), 2U);
  io.restart();
  for (const char* text : {"one", "wrong"})
    boost::asio::co_spawn(io, check_into(builds, text, verdicts), boost::asio::detached);
  io.run();
  EXPECT_EQ(trier.tried.size(), 3U) << "only what was wrong is tried again";
}

TEST_F(BuildsTest, UseAnEqualVersionsArchiveAgain) {
  add_version(1, "one");
  add_version(2, "two");
  work_until([this] { return ended(1)() && ended(2)(); });
  const RuleProject again = add_version(3, "one");
  EXPECT_EQ(again.build_status, BuildStatus::Success);
  EXPECT_EQ(again.s3_artifact_key, artefact_blob_path(kUser, kRule, 1));
  EXPECT_EQ(run_task(load_sources(*stored(3), blobs, pool)).value(), files_of("one"));
  EXPECT_TRUE(
      std::filesystem::exists(run_task(folders.folder_of(kRule, 3)).value() + "/src/rule.ts"));
  compiler = "2-bbb";
  EXPECT_EQ(add_version(4, "one").build_status, BuildStatus::Pending) << "another compiler";
}

TEST_F(BuildsTest, AskForActiveRulesThatAnotherCompilerMade) {
  add_version(1, "one");
  build(1);
  put_rule(1, RuleStatus::Active);
  work_until([this] { return ended(1)(); });
  EXPECT_EQ(recompiled, std::vector<RuleId>{}) << "the same compiler";
  compiler = "2-bbb";
  work_until([this] { return !recompiled.empty(); });
  EXPECT_EQ(recompiled, std::vector{kRule});
  put(Update{Table::RuleProjects, rule_project_key(kRule, 1),
             Changes{.set = {{"recompileError", "2-bbb: it does not compile"}}}, if_present()});
  add_version(2, "unbuilt");  // tells when the look at the store is over
  put_rule(1, RuleStatus::Active);
  build(2);
  EXPECT_EQ(recompiled.size(), 1U) << "this compiler has tried it";
}

TEST_F(BuildsTest, TheTagOfAnImageNamesRuleVersionAndSource) {
  const RuleProject project = add_version(1, "one");
  EXPECT_EQ(image_tag(project),
            "msghub/ring-twice:v1-" + source_hash(files_of("one")).substr(0, 12));
  EXPECT_NE(source_hash({{"a", "b", ""}, {"c", "", ""}}),
            source_hash({{"a", "", ""}, {"bc", "", ""}}));
  EXPECT_TRUE(std::ranges::all_of(compiler_version(), [](char c) { return c > ' ' && c < 0x7f; }));
}

class Pruning : public BuildsTest {
 protected:
  void SetUp() override {
    for (std::int64_t number = 1; number <= 5; ++number) {
      add_version(number, "text " + std::to_string(number));
      build(number);
      ASSERT_TRUE(run_task(folders.folder_of(kRule, number)));
    }
  }
  bool prune(milliseconds after = milliseconds(2'000)) {
    return run_task(prune_versions(kRule, 5, engine.clock().now() + after, milliseconds(1'000),
                                   engine.tables(), blobs, folders));
  }
  bool is_whole(std::int64_t number) {
    const bool item = stored(number).has_value();
    const bool archive = run_task(blobs.head(artefact_blob_path(kUser, kRule, number))).has_value();
    const bool unpacked = std::filesystem::exists(folder.path() + "/projects/r1/" +
                                                  std::to_string(number) + "/src/rule.ts");
    EXPECT_TRUE((item && archive && unpacked) || (!item && !archive && !unpacked))
        << number << ": " << item << archive << unpacked;
    return item;
  }
  void run_execution_of(std::int64_t number, ExecutionStatus status) {
    Execution execution;
    execution.id = ExecutionId{"e1"};
    execution.rule_id = kRule;
    execution.message_id = MessageId{"m1"};
    execution.rule_version = number;
    execution.status = status;
    put(Put{Table::Executions, execution_item(execution), {}});
  }
};

TEST_F(Pruning, KeepsTheNewestThree) {
  EXPECT_FALSE(prune());
  for (const std::int64_t number : {1, 2}) EXPECT_FALSE(is_whole(number)) << number;
  for (const std::int64_t number : {3, 4, 5}) EXPECT_TRUE(is_whole(number)) << number;
}

TEST_F(Pruning, LeavesWhatWasInUseJustNow) {
  EXPECT_TRUE(prune(milliseconds(0))) << "later";
  EXPECT_TRUE(is_whole(1));
}

TEST_F(Pruning, LeavesWhatARunningExecutionPins) {
  run_execution_of(1, ExecutionStatus::Running);
  EXPECT_TRUE(prune()) << "later";
  EXPECT_TRUE(is_whole(1));
  EXPECT_FALSE(is_whole(2));
  run_execution_of(1, ExecutionStatus::Success);
  EXPECT_FALSE(prune());
  EXPECT_FALSE(is_whole(1));
}

TEST_F(Pruning, LeavesAnArchiveThatAKeptVersionShares) {
  RuleProject shares = *stored(5);
  shares.s3_artifact_key = artefact_blob_path(kUser, kRule, 2);
  put(Put{Table::RuleProjects, *rule_project_item(shares), {}});
  prune();
  EXPECT_FALSE(stored(2));
  EXPECT_TRUE(run_task(blobs.head(artefact_blob_path(kUser, kRule, 2))));
  EXPECT_FALSE(run_task(blobs.head(artefact_blob_path(kUser, kRule, 1))));
}

TEST_F(Pruning, HappensByItselfAfterABuild) {
  engine.clock().set(engine.clock().now() + milliseconds(5'000));
  work_until([this] { return !stored(1) && !stored(2); });
  EXPECT_TRUE(stored(3));
}

TEST(VersionsToPrune, KeepsTheCurrentAndTheNewestThatWasBuilt) {
  std::vector<RuleProject> versions;
  for (std::int64_t number = 9; number >= 1; --number) {
    RuleProject version;
    version.version = number;
    version.build_status = number <= 5 ? BuildStatus::Success : BuildStatus::Failed;
    versions.push_back(version);
  }
  std::vector<std::int64_t> gone;
  for (const RuleProject& version :
       versions_to_prune(versions, 2, Timestamp(milliseconds(1'000)), milliseconds(1'000)))
    gone.push_back(version.version);
  EXPECT_EQ(gone, (std::vector<std::int64_t>{6, 4, 3, 1}));
}

}  // namespace
}  // namespace msghub
