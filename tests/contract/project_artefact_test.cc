#include "pipeline/artefact.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "blob/memory_blobs.h"
#include "store/rocks/rocks_tables.h"
#include "store/rule_projects.h"
#include "tests/contract/rocks_engine.h"

namespace msghub {
namespace {

using testing::RocksEngine;
using testing::run_task;

// Text that does not compress away.
std::string long_text() {
  std::string text = "ü\n";
  for (int i = 0; i < 3'000; ++i) text += sha256_hex(std::to_string(i)) + "\n";
  return text;
}

std::vector<SourceFile> some_files() {
  return {{"package.json", "{}\n", "json"},
          {"src/rule.ts", long_text(), "typescript"},
          {"src/empty.ts", "", "typescript"}};
}

TEST(Artefact, IsTheSameBytesForTheSameFilesAndGivesThemBack) {
  const std::string packed = pack_project(some_files());
  EXPECT_EQ(packed, pack_project(some_files()));
  std::vector<SourceFile> files = some_files();
  for (SourceFile& file : files) file.content = "elsewhere";
  ASSERT_TRUE(unpack_project(packed, files));
  EXPECT_EQ(files, some_files());
}

TEST(Artefact, RefusesADamagedArchive) {
  const std::string packed = pack_project(some_files());
  std::vector<SourceFile> files = some_files();
  EXPECT_FALSE(unpack_project("", files));
  EXPECT_FALSE(unpack_project("no archive", files));
  EXPECT_FALSE(unpack_project(packed.substr(0, packed.size() / 2), files));
  files.push_back({"src/missing.ts", "", "typescript"});
  const Result<void> unpacked = unpack_project(packed, files);
  ASSERT_FALSE(unpacked);
  EXPECT_NE(unpacked.error().detail.find("src/missing.ts"), std::string::npos);
}

class Build : public ::testing::Test {
 protected:
  Build() {
    project.id = project.rule_id = RuleId{"r1"};
    project.version = 2;
    project.source_files = some_files();
    project.build_status = BuildStatus::Building;
    std::vector<Write> writes;
    writes.push_back(Put{Table::RuleProjects, *rule_project_item(project), if_absent()});
    run_task(engine.tables().transact(std::move(writes))).value();
  }
  RuleProject stored() {
    RuleProjects projects(engine.tables());
    return *run_task(projects.get_specific_version(RuleId{"r1"}, 2));
  }
  RocksEngine engine;
  MemoryBlobs blobs;
  boost::asio::thread_pool pool{1};
  RuleProject project;
};

TEST_F(Build, MovesTheFilesToTheDataModelsPath) {
  EXPECT_EQ(*run_task(load_sources(stored(), blobs, pool)), some_files()) << "before it is built";
  for (int i = 0; i < 2; ++i)
    run_task(finish_build(project, UserId{"u1"}, Timestamp(), engine.tables(), blobs, pool));
  const RuleProject built = stored();
  EXPECT_EQ(built.build_status, BuildStatus::Success);
  EXPECT_EQ(built.s3_artifact_key, "users/u1/projects/r1/2/project.tar.gz");
  EXPECT_EQ(built.source_files[1].content,
            "blob:users/u1/projects/r1/2/project.tar.gz#src/rule.ts");
  EXPECT_LT(to_json(to_json_value(built)).size(), 2'000U);
  EXPECT_EQ(*run_task(load_sources(built, blobs, pool)), some_files());
}

TEST_F(Build, SaysWhenTheArchiveIsGone) {
  run_task(finish_build(project, UserId{"u1"}, Timestamp(), engine.tables(), blobs, pool));
  run_task(blobs.remove("users/u1/projects/r1/2/project.tar.gz"));
  const auto sources = run_task(load_sources(stored(), blobs, pool));
  ASSERT_FALSE(sources);
  EXPECT_EQ(sources.error().code, Refusal::Code::NotFound);
}

}  // namespace
}  // namespace msghub
