#include "pipeline/builds.h"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>

#include "blob/memory_blobs.h"
#include "pipeline/artefact.h"
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
    const RuleProject project = builds.new_version(rule, files_of(text));
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
    for (int i = 0; i < 6000 && !done(); ++i) co_await sleep_for(milliseconds(10));
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

TEST_F(BuildsTest, TryNoVersionAgainThatThisCompilerBuilt) {
  add_version(1, "one");
  build(1);
  EXPECT_EQ(trier.tried.size(), 1U);
  add_version(2, "one");
  build(2);  // by a hub that was started anew
  EXPECT_EQ(trier.tried.size(), 1U);
  EXPECT_EQ(stored(2)->build_status, BuildStatus::Success);
  EXPECT_EQ(stored(2)->source_hash, stored(1)->source_hash);
  EXPECT_EQ(run_task(blobs.get(artefact_blob_path(kUser, kRule, 2))),
            run_task(blobs.get(artefact_blob_path(kUser, kRule, 1))));
  compiler = "2-bbb";
  add_version(3, "one");
  build(3);
  EXPECT_EQ(trier.tried.size(), 2U) << "another compiler";
}

TEST_F(BuildsTest, RemoveFoldersOfVersionsThatAreGone) {
  for (const std::int64_t number : {1, 2, 3}) {
    add_version(number, "text " + std::to_string(number));
    build(number);
    ASSERT_TRUE(run_task(folders.folder_of(kRule, number)));
  }
  const auto unpacked = [this](std::int64_t number) {
    return std::filesystem::exists(folder.path() + "/projects/r1/" + std::to_string(number));
  };
  put(Delete{Table::RuleProjects, rule_project_key(kRule, 1), {}});
  work_until([&] { return !unpacked(1); });
  EXPECT_TRUE(unpacked(2));
  EXPECT_TRUE(unpacked(3));
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

TEST_F(BuildsTest, LeaveWhatANewerCompilerMade) {
  compiler = "0.10.0-aaa";
  add_version(1, "one");
  build(1);
  add_version(2, "unbuilt");
  put_rule(1, RuleStatus::Active);
  compiler = "0.9.1-bbb";
  add_version(3, "mine");
  put_rule(1, RuleStatus::Active);
  build(3);
  EXPECT_EQ(recompiled, std::vector<RuleId>{});
  EXPECT_EQ(stored(2)->build_status, BuildStatus::Pending) << "a hub of 0.10.0 builds it";
  boost::asio::io_context io;
  Builds builds(io.get_executor(), services(), options());
  EXPECT_EQ(run_task(builds.finish(kUser, kRule, 2))->build_status, BuildStatus::Success);
  EXPECT_EQ(stored(2)->compiler_version, "0.10.0-aaa");
}

TEST_F(BuildsTest, TheTagOfAnImageNamesRuleVersionAndSource) {
  const RuleProject project = add_version(1, "one");
  EXPECT_EQ(image_tag(project),
            "msghub/ring-twice:v1-" + source_hash(files_of("one")).substr(0, 12));
  EXPECT_NE(source_hash({{"a", "b", ""}, {"c", "", ""}}),
            source_hash({{"a", "", ""}, {"bc", "", ""}}));
  EXPECT_TRUE(std::ranges::all_of(compiler_version(), [](char c) { return c > ' ' && c < 0x7f; }));
}

TEST(Compilers, AreComparedAsNumbers) {
  struct Case {
    std::string_view made_by, own;
    CompilerAge age;
  };
  for (const auto& [made_by, own, age] : {
           Case{"0.1.0-aaa", "0.1.0-aaa", CompilerAge::Same},
           Case{"0.1.0-aaa", "0.1.0-bbb", CompilerAge::Twin},
           Case{"1.0-aaa", "1.0.0-bbb", CompilerAge::Twin},
           Case{"0.9.1-fff", "0.10.0-aaa", CompilerAge::Older},
           Case{"0.10.0-aaa", "0.9.1-fff", CompilerAge::Newer},
           Case{"1.0.1-aaa", "1.0-aaa", CompilerAge::Newer},
           Case{"2-aaa", "10.0.0-aaa", CompilerAge::Older},
           Case{"", "0.1.0-aaa", CompilerAge::Older},
           Case{"0.x-aaa", "0.1.0-aaa", CompilerAge::Older},
           Case{"0.1.-aaa", "0.1.0-aaa", CompilerAge::Older},
           Case{"99999999999999999999-aaa", "0.1.0-aaa", CompilerAge::Older},
       })
    EXPECT_EQ(age_of_compiler(made_by, own), age) << made_by << " beside " << own;
}

// Hubs of several compilers that share one rule start again and again, in any order: each makes the
// version anew when it is to, and in the end none does.
TEST(Compilers, ComeToRest) {
  const std::vector<std::string> hubs{"0.2.0-aaa", "0.10.0-bbb", "0.10.0-ccc", "0.9.0-ddd"};
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    std::vector<RuleProject> kept(1);
    std::size_t last_round = 0;
    for (std::size_t round = 1; round <= 4; ++round) {
      for (const std::size_t hub : order) {
        if (!is_to_recompile(kept.front(), kept, hubs[hub])) continue;
        RuleProject next;
        next.version = kept.front().version + 1;
        next.compiler_version = hubs[hub];
        kept.insert(kept.begin(), next);
        if (kept.size() > 3) kept.pop_back();  // as retention does
        last_round = round;
      }
    }
    EXPECT_LE(last_round, 2U);
    EXPECT_TRUE(kept.front().compiler_version->starts_with("0.10.0"));
  } while (std::ranges::next_permutation(order).found);
}

}  // namespace
}  // namespace msghub
