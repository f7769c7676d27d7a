#pragma once

#include "model/rule.h"
#include "store/leases.h"
#include "store/rule_projects.h"
#include "store/rules.h"
#include "tests/contract/retention_fixture.h"

// What keeping the time of retention must do on every pair of engines. A test program gives a type
//
//   struct Engine { Tables& tables(); Blobs& blobs(); ManualClock& clock(); };  // empty
//
// and instantiates the suite: INSTANTIATE_TYPED_TEST_SUITE_P(Embedded, RetentionContract, Engine).
namespace msghub::testing {

template <class Engine>
class RetentionContract : public ::testing::Test {
 protected:
  Engine engine;
  Tables& tables = engine.tables();
  Blobs& blobs = engine.blobs();
  ManualClock& clock = engine.clock();
  const Timestamp start = clock.now();

  Timestamp days_ago(int days) const { return start - std::chrono::days(days); }
  void pass(std::chrono::milliseconds time) { clock.set(clock.now() + time); }
  void keep(const std::vector<Made>& all) { run_task(put_all(all, tables, blobs)); }

  std::optional<Item> stored(const Made& made) {
    const auto items = stored_items(tables, made.table);
    const auto found = items.find(string_or(made.item, "PK"));
    if (found == items.end()) return std::nullopt;
    return found->second;
  }
  bool visible(const Made& made) {
    return run_task(
               tables.get(made.table, {string_or(made.item, "PK"), string_or(made.item, "SK")}))
        .has_value();
  }
};

TYPED_TEST_SUITE_P(RetentionContract);

TYPED_TEST_P(RetentionContract, ArchivesThenDeletes) {
  const Made young = made_message(1, this->days_ago(80), MessageStatus::Processed, 100);
  const Made due = made_message(2, this->days_ago(89), MessageStatus::Ignored, 6000);
  const Made over = made_message(3, this->days_ago(95), MessageStatus::Failed, 6000);
  const Made done = made_execution(4, this->days_ago(100), ExecutionStatus::Partial, true);
  const Made open = made_message(5, this->days_ago(95), MessageStatus::Pending, 6000);
  const Made running = made_execution(6, this->days_ago(95), ExecutionStatus::Running, false);
  const std::vector<Made> all{young, due, over, done, open, running};
  this->keep(all);
  TestHub hub(this->tables, this->blobs, this->clock);

  const SweepReport first = hub.sweep();
  EXPECT_EQ(first.archived, 3);
  EXPECT_EQ(first.deleted, 0);
  EXPECT_TRUE(first.deletion_paused);
  EXPECT_TRUE(first.troubles.empty());
  EXPECT_TRUE(first.finished);
  EXPECT_EQ(where_are(all, this->tables, this->blobs).stored, 6u);
  ASSERT_TRUE(this->stored(due));
  EXPECT_TRUE(is_archived(*this->stored(due)));
  EXPECT_FALSE(is_archived(*this->stored(young)));

  this->pass(std::chrono::minutes(10));
  const SweepReport second = hub.sweep();
  EXPECT_EQ(second.archived, 0);
  EXPECT_EQ(second.deleted, 2);
  EXPECT_EQ(second.held, 2) << "what has not ended";
  EXPECT_FALSE(second.deletion_paused);
  EXPECT_FALSE(this->stored(over));
  EXPECT_FALSE(this->stored(done));
  for (const Made& gone : {over, done})
    for (const auto& [path, bytes] : gone.blobs) EXPECT_FALSE(run_task(this->blobs.get(path)));
  EXPECT_TRUE(this->visible(young));
  EXPECT_TRUE(this->visible(due)) << "its time is not over";
  EXPECT_TRUE(this->visible(open)) << "it was held";
  EXPECT_TRUE(this->visible(running));
  const Whereabouts found = where_are(all, this->tables, this->blobs);
  EXPECT_EQ(found.stored, 4u);
  EXPECT_EQ(found.archived, 2u);

  this->pass(std::chrono::minutes(10));
  const SweepReport third = hub.sweep();
  EXPECT_EQ(third.archived + third.deleted + third.held, 0);
}

TYPED_TEST_P(RetentionContract, LaysPartsOutByDay) {
  const Made message = made_message(1, this->days_ago(95), MessageStatus::Processed, 100);
  const Made execution = made_execution(2, this->days_ago(95), ExecutionStatus::Success, false);
  this->keep({message, execution});
  TestHub hub(this->tables, this->blobs, this->clock);
  hub.sweep();
  // 2025-11-22 less 95 days.
  const ArchiveRange day{std::nullopt, from_iso8601("2025-08-19T00:00:00Z"),
                         from_iso8601("2025-08-19T00:00:00Z")};
  const auto paths = run_task(hub.sweeper().archive().manifests(day));
  ASSERT_EQ(paths.size(), 2u);
  EXPECT_TRUE(paths[0].starts_with("archives/messages/year=2025/month=08/day=19/manifest-"));
  EXPECT_TRUE(paths[1].starts_with("archives/executions/year=2025/month=08/day=19/manifest-"));
  const ArchiveRange other{std::nullopt, from_iso8601("2025-08-20T00:00:00Z"), std::nullopt};
  EXPECT_TRUE(run_task(hub.sweeper().archive().manifests(other)).empty());
  const Result<ArchiveManifest> manifest = run_task(hub.sweeper().archive().manifest(paths[0]));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->table, "messages");
  EXPECT_EQ(manifest->count, 1);
  EXPECT_EQ(manifest->from, this->days_ago(95));
  const auto bytes = run_task(this->blobs.get(manifest->part));
  ASSERT_TRUE(bytes);
  EXPECT_EQ(sha256_hex(*bytes), manifest->sha256);
}

TYPED_TEST_P(RetentionContract, RestoresWhatWasDeleted) {
  std::vector<Made> all;
  for (int i = 0; i < 12; ++i)
    all.push_back(made_message(i, this->days_ago(95), MessageStatus::Processed, i % 2 ? 6000 : 10));
  all.push_back(made_execution(20, this->days_ago(95), ExecutionStatus::Failed, true));
  this->keep(all);
  TestHub hub(this->tables, this->blobs, this->clock);
  hub.sweep();
  EXPECT_EQ(hub.sweep().deleted, 13);
  std::int64_t restored = 0;
  const auto paths = run_task(hub.sweeper().archive().manifests({}));
  for (const std::string& path : paths) {
    const Result<RestoreReport> report = hub.restore({.manifest = path, .days = 5});
    ASSERT_TRUE(report) << report.error().detail;
    restored += report->restored;
    EXPECT_EQ(hub.restore({.manifest = path})->restored, 0) << "it is there already";
  }
  EXPECT_EQ(restored, 13);
  EXPECT_EQ(where_are(all, this->tables, this->blobs).stored, 13u);
  EXPECT_TRUE(this->visible(all[0]));
  // They go again when their new time is over, without a second archive.
  for (int day = 0; day < 6; ++day) {
    this->pass(std::chrono::days(1));
    hub.sweep();
  }
  EXPECT_FALSE(this->visible(all[0]));
  EXPECT_EQ(hub.sweep().deleted, 13);
  EXPECT_EQ(archived_items(this->blobs).manifests, paths.size());
  EXPECT_EQ(where_are(all, this->tables, this->blobs).archived, 13u);
}

TYPED_TEST_P(RetentionContract, ArchivesAnewWhatChangedSince) {
  Made made = made_message(1, this->days_ago(89), MessageStatus::Processed, 6000);
  this->keep({made});
  TestHub hub(this->tables, this->blobs, this->clock);
  hub.sweep();
  made.item["metadata"] = {{"labels", {"late"}}};
  Changes late{.set = {{"metadata", made.item.at("metadata")}}};
  std::vector<Write> writes;
  writes.push_back(Update{
      made.table, {string_or(made.item, "PK"), string_or(made.item, "SK")}, late, if_present()});
  ASSERT_TRUE(run_task(this->tables.transact(std::move(writes))));
  this->pass(std::chrono::days(2));
  hub.sweep();
  EXPECT_EQ(hub.sweep().deleted, 0) << "the archive holds another message than this";
  EXPECT_EQ(hub.sweep().archived, 1);
  this->pass(std::chrono::days(2));
  hub.sweep();
  EXPECT_EQ(hub.sweep().deleted, 1);
  EXPECT_EQ(where_are({made}, this->tables, this->blobs).archived, 1u);
}

TYPED_TEST_P(RetentionContract, ArchivesAnewWhatTheArchiveLost) {
  const Made made = made_message(1, this->days_ago(95), MessageStatus::Processed, 6000);
  this->keep({made});
  TestHub hub(this->tables, this->blobs, this->clock);
  hub.sweep();
  const auto paths = run_task(hub.sweeper().archive().manifests({}));
  ASSERT_EQ(paths.size(), 1u);
  const Result<ArchiveManifest> manifest = run_task(hub.sweeper().archive().manifest(paths[0]));
  ASSERT_TRUE(manifest);
  run_task(this->blobs.remove(manifest->part));
  const SweepReport report = hub.sweep();
  EXPECT_EQ(report.deleted, 0);
  ASSERT_EQ(report.troubles.size(), 1u);
  EXPECT_NE(report.troubles[0].find("is missing"), std::string::npos) << report.troubles[0];
  EXPECT_TRUE(this->stored(made));
  EXPECT_EQ(hub.sweep().archived, 1);
  this->pass(std::chrono::days(2));
  hub.sweep();
  EXPECT_EQ(hub.sweep().deleted, 1);
  EXPECT_EQ(where_are({made}, this->tables, this->blobs).archived, 1u);
}

TYPED_TEST_P(RetentionContract, AJumpOfTheClockPausesDeletion) {
  const std::vector<Made> all{
      made_message(1, this->days_ago(10), MessageStatus::Processed, 6000),
      made_message(2, this->days_ago(95), MessageStatus::Processed, 10),
      made_message(3, this->days_ago(10), MessageStatus::Pending, 10),
  };
  this->keep(all);
  TestHub hub(this->tables, this->blobs, this->clock);
  hub.sweep();
  const Timestamp before = this->clock.now();
  for (const char* time : {"2025-11-23T10:00:01Z", "2025-11-21T10:00:00Z", "1970-01-01T00:00:00Z",
                           "2100-01-01T00:00:00Z"}) {
    this->clock.set(*from_iso8601(time));
    const SweepReport report = hub.sweep();
    EXPECT_TRUE(report.deletion_paused) << time;
    EXPECT_EQ(report.deleted + report.held, 0) << time;
    this->clock.set(before);
    EXPECT_TRUE(hub.sweep().deletion_paused) << "back from " << time;
    EXPECT_TRUE(where_are(all, this->tables, this->blobs).lost.empty()) << time;
    EXPECT_TRUE(this->stored(all[1])) << time;
  }
  this->pass(std::chrono::minutes(29));
  EXPECT_EQ(hub.sweep().deleted, 1) << "less than three intervals is no jump";
}

TYPED_TEST_P(RetentionContract, OneHubAtATime) {
  TestHub hub(this->tables, this->blobs, this->clock);
  Leases leases(this->tables);
  const Timestamp until = this->clock.now() + std::chrono::minutes(10);
  ASSERT_TRUE(run_task(leases.take("retention", "another", this->clock.now(), until)));
  const Result<SweepReport> refused = hub.try_sweep();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::Code::Conflict);
  EXPECT_FALSE(hub.restore({.manifest = "archives/x"}));
  this->pass(std::chrono::minutes(11));
  EXPECT_TRUE(hub.try_sweep()) << "the other's claim has run out";
  EXPECT_TRUE(run_task(leases.take("retention", "another", this->clock.now(), until)))
      << "a sweep gives its claim up";
}

TYPED_TEST_P(RetentionContract, TheNewestVersionsStay) {
  Rule rule;
  rule.id = RuleId{"rule-1"};
  rule.user_id = UserId{"u1"};
  rule.code_version = 12;
  rule.status = RuleStatus::Active;
  std::vector<Write> writes;
  writes.push_back(Put{Table::Rules, item_of(Table::Rules, rule), {}});
  for (int version = 1; version <= 12; ++version) {
    RuleProject project;
    project.id = project.rule_id = rule.id;
    project.version = version;
    project.build_status = version <= 7 ? BuildStatus::Success : BuildStatus::Failed;
    const std::string path =
        "users/u1/projects/rule-1/" + std::to_string(version) + "/project.tar.gz";
    project.s3_artifact_key = path;
    ASSERT_TRUE(run_task(this->blobs.put(path, "archive")));
    writes.push_back(Put{Table::RuleProjects, *rule_project_item(project), {}});
  }
  ASSERT_TRUE(run_task(this->tables.transact(std::move(writes))));
  Made running = made_execution(1, this->days_ago(1), ExecutionStatus::Running, false);
  running.item["ruleVersion"] = 4;
  this->keep({running});
  TestHub hub(this->tables, this->blobs, this->clock);
  hub.sweep();
  EXPECT_EQ(hub.sweep().versions_removed, 7);
  RuleProjects projects(this->tables);
  for (int version = 1; version <= 12; ++version) {
    const bool stays = version >= 10 || version == 7 || version == 4;
    const bool there = run_task(projects.get_specific_version(rule.id, version)).has_value();
    EXPECT_EQ(there, stays) << version;
    const std::string path =
        "users/u1/projects/rule-1/" + std::to_string(version) + "/project.tar.gz";
    EXPECT_EQ(run_task(this->blobs.get(path)).has_value(), stays) << version;
  }
}

TYPED_TEST_P(RetentionContract, RemovesBlobsThatNothingPointsTo) {
  const Made kept = made_message(1, this->days_ago(1), MessageStatus::Processed, 6000);
  // Expired and not to be archived, as it never ended: its blobs must not be taken for orphans.
  const Made expired = made_message(2, this->days_ago(95), MessageStatus::Pending, 6000);
  const Made orphan = made_message(3, this->days_ago(1), MessageStatus::Processed, 6000);
  this->keep({kept, expired});
  for (const auto& [path, bytes] : orphan.blobs)
    ASSERT_TRUE(run_task(this->blobs.put(path, bytes)));
  ASSERT_TRUE(run_task(this->blobs.put("users/u1/elsewhere/x/y.txt", "unknown")));
  RetentionOptions options;
  TestHub young(this->tables, this->blobs, this->clock, options);
  young.sweep();
  // The blobs bear the time of the disk or the bucket, which no test moves.
  options.orphan_age = std::chrono::days(-3650);
  TestHub hub(this->tables, this->blobs, this->clock, options);
  EXPECT_EQ(hub.sweep().orphans_removed, 2);
  for (const auto& [path, bytes] : orphan.blobs) EXPECT_FALSE(run_task(this->blobs.get(path)));
  EXPECT_TRUE(where_are({kept, expired}, this->tables, this->blobs).lost.empty());
  EXPECT_TRUE(run_task(this->blobs.get("users/u1/elsewhere/x/y.txt")));
}

TYPED_TEST_P(RetentionContract, ShortSweepsGetThereToo) {
  std::vector<Made> all;
  for (int i = 0; i < 300; ++i)
    all.push_back(
        made_message(i, this->days_ago(91 + i % 7), MessageStatus::Processed, i % 50 ? 10 : 3000));
  this->keep(all);
  RetentionOptions options;
  options.time_limit = std::chrono::milliseconds(0);
  options.part_bytes = 20'000;
  TestHub hub(this->tables, this->blobs, this->clock, options);
  EXPECT_FALSE(hub.sweep().finished);
  RetentionOptions longer = options;
  longer.time_limit = std::chrono::seconds(60);
  TestHub patient(this->tables, this->blobs, this->clock, longer);
  const SweepReport report = patient.sweep();
  EXPECT_TRUE(report.finished);
  EXPECT_EQ(report.archived, 300);
  EXPECT_GT(report.parts, 7);
  EXPECT_EQ(report.deleted, 300);
  EXPECT_EQ(where_are(all, this->tables, this->blobs).archived, 300u);
}

REGISTER_TYPED_TEST_SUITE_P(RetentionContract, ArchivesThenDeletes, LaysPartsOutByDay,
                            RestoresWhatWasDeleted, ArchivesAnewWhatChangedSince,
                            ArchivesAnewWhatTheArchiveLost, AJumpOfTheClockPausesDeletion,
                            OneHubAtATime, TheNewestVersionsStay, RemovesBlobsThatNothingPointsTo,
                            ShortSweepsGetThereToo);

}  // namespace msghub::testing
