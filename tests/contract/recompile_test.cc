#include "api/recompile.h"

#include <gtest/gtest.h>

#include "api/handlers.h"
#include "blob/memory_blobs.h"
#include "pipeline/builds.h"
#include "pipeline/ingest.h"
#include "store/channels.h"
#include "store/rule_projects.h"
#include "store/rules.h"
#include "tests/contract/rocks_engine.h"
#include "vault/file_key_ring.h"
#include "watch/audit.h"

namespace msghub {
namespace {

using testing::RocksEngine;
using testing::run_task;
using testing::TempFolder;

constexpr std::string_view kMarkdown =
    "# Ring\n\n## When\n\n- a webhook arrives at **Door**\n\n## Do\n\n"
    "1. Send webhook POST to <https://example.com/ring>\n";

struct NoFeed final : ChangeFeed {
  Task<Result<ChangePage>> read(std::string, std::size_t) override { co_return ChangePage{}; }
  Task<std::string> end() override { co_return ""; }
};

// A hub without its network: enough for the handlers of rules.
class Recompile : public ::testing::Test {
 protected:
  Recompile() {
    Channel channel;
    channel.id = ChannelId{"c1"};
    channel.user_id = hub.user;
    channel.type = ChannelType::Webhook;
    channel.name = "Door";
    put(Put{Table::Channels, channel_item(channel), {}});
    use_compiler("1-aaa");
    HttpRequest request;
    request.body = to_json(json::object{{"markdown", kMarkdown}});
    const HttpResponse added = run_task(create_rule(Call{std::move(request), {}}, hub));
    EXPECT_EQ(added.status, 201u) << added.body;
    id = RuleId{std::string(parse_json(added.body)->at("id").as_string())};
    const HttpResponse active = run_task(activate_rule(Call{{}, {{"id", id.value}}}, hub));
    EXPECT_EQ(active.status, 200u) << active.body;
  }

  void use_compiler(const std::string& version) {
    BuildOptions options;
    options.compiler = version;
    options.try_project = [this](std::string) { return verdict_now(verdict); };
    builds.emplace(io.get_executor(), BuildServices{tables, blobs, clock, projects, pool},
                   std::move(options));
    hub.builds = &*builds;
  }
  static Task<BuildVerdict> verdict_now(BuildVerdict& verdict) { co_return verdict; }

  void put(Write write) {
    std::vector<Write> writes;
    writes.push_back(std::move(write));
    run_task(tables.transact(std::move(writes))).value();
  }
  // As if the library of an earlier compiler had been another.
  void make_older() {
    put(Update{Table::RuleProjects, rule_project_key(id, 1),
               Changes{.set = {{"sourceHash", "another"}}}, if_present()});
  }
  Rule rule() { return *run_task(Rules(tables).get_rule_by_id(id)); }
  RuleProject version(std::int64_t number) {
    return *run_task(RuleProjects(tables).get_specific_version(id, number));
  }
  std::string last_deed() {
    const Result<AuditPage> page = run_task(list_audit(tables, hub.user, true, Paging{1, ""}));
    const json::object& entry = page->entries.at(0);
    return string_or(entry, "actor") + " " + string_or(entry, "action");
  }

  RocksEngine engine;
  Tables& tables = engine.tables();
  testing::ManualClock& clock = engine.clock();
  TempFolder folder;
  boost::asio::io_context io;
  boost::asio::thread_pool pool{1};
  MemoryBlobs blobs;
  Vault vault{
      std::move(FileKeyRing::open(folder.path() + "/key", folder.path() + "/data", true).value())};
  Node node{"embedded", false, tables, clock};
  Rulebook rulebook{tables};
  Ingest inbox{tables, blobs, clock, node, {}, [](MessageId) {}};
  ProjectFolders projects{folder.path() + "/projects", folder.path(), tables, blobs, pool};
  WorkerPool workers{io.get_executor(), {}};
  Dispatcher dispatcher{
      io.get_executor(),
      ExecuteServices{{tables, blobs, clock, node, rulebook}, projects, workers, vault, {}},
      {}};
  Metrics metrics;
  NoFeed feed;
  Hub hub{tables,       blobs, clock, vault, rulebook, inbox, projects, workers, dispatcher,
          UserId{"u1"}, "",    "",    {},    {},       {},    metrics,  feed,    {}};
  std::optional<Builds> builds;
  BuildVerdict verdict;
  RuleId id;
};

TEST_F(Recompile, OfTheSameProjectOnlyNotesTheCompiler) {
  use_compiler("2-bbb");
  run_task(recompile_rule(id, hub));
  EXPECT_EQ(rule().code_version, 1);
  EXPECT_EQ(version(1).compiler_version, "2-bbb");
}

TEST_F(Recompile, OfAnotherProjectIsANewVersion) {
  make_older();
  use_compiler("2-bbb");
  run_task(recompile_rule(id, hub));
  EXPECT_EQ(rule().code_version, 2);
  EXPECT_EQ(rule().status, RuleStatus::Active);
  EXPECT_EQ(version(2).compiler_version, "2-bbb");
  EXPECT_EQ(version(1).compiler_version, "1-aaa");
  EXPECT_EQ(last_deed(), "system rule.recompile");
}

TEST_F(Recompile, ThatFailsLeavesTheRuleAsItIs) {
  make_older();
  use_compiler("2-bbb");
  verdict.problems.push_back({"src/rule.ts", 7, 2, "TS2322: no"});
  run_task(recompile_rule(id, hub));
  EXPECT_EQ(rule().code_version, 1);
  EXPECT_EQ(rule().status, RuleStatus::Active);
  EXPECT_EQ(version(1).build_status, BuildStatus::Success);
  EXPECT_EQ(version(1).compiler_version, "1-aaa");
  EXPECT_EQ(version(1).recompile_error, "2-bbb: src/rule.ts:7:2: TS2322: no");
  verdict = {};
  use_compiler("3-ccc");
  run_task(recompile_rule(id, hub));
  EXPECT_EQ(rule().code_version, 2) << "the next compiler can";
}

TEST_F(Recompile, OfARuleThatDoesNotCompileSaysWhere) {
  Rule broken = rule();
  broken.markdown_source = "# Ring\n\n## When\n\n- nonsense\n";
  put(rule_update(broken));
  use_compiler("2-bbb");
  run_task(recompile_rule(id, hub));
  EXPECT_EQ(rule().code_version, 1);
  EXPECT_TRUE(version(1).recompile_error->starts_with("2-bbb: R0")) << *version(1).recompile_error;
}

TEST_F(Recompile, LeavesRulesAloneThatAreNotActive) {
  EXPECT_EQ(run_task(pause_rule(Call{{}, {{"id", id.value}}}, hub)).status, 200u);
  use_compiler("2-bbb");
  run_task(recompile_rule(id, hub));
  EXPECT_EQ(version(1).compiler_version, "1-aaa");
  // Once activated it is made anew.
  make_older();
  EXPECT_EQ(run_task(activate_rule(Call{{}, {{"id", id.value}}}, hub)).status, 200u);
  EXPECT_EQ(rule().code_version, 2);
  EXPECT_EQ(version(2).build_status, BuildStatus::Success);
}

TEST_F(Recompile, LeavesWhatANewerCompilerMade) {
  make_older();
  use_compiler("0.9-zzz");
  run_task(recompile_rule(id, hub));
  EXPECT_EQ(rule().code_version, 1);
  const Call call{{}, {{"id", id.value}}};
  EXPECT_EQ(run_task(pause_rule(call, hub)).status, 200u);
  EXPECT_EQ(run_task(activate_rule(call, hub)).status, 200u);
  EXPECT_EQ(rule().code_version, 1) << "activated as it is";
  EXPECT_EQ(rule().status, RuleStatus::Active);
  const auto listed = [&] {
    const HttpResponse response = run_task(list_rule_versions(call, hub));
    return parse_json(response.body)->at("data").at(0).as_object();
  };
  EXPECT_EQ(listed().at("newerCompiler"), true);
  use_compiler("1-aaa");
  EXPECT_FALSE(listed().contains("newerCompiler"));
}

TEST_F(Recompile, LooksNamesUpAgainOfWhatANewerCompilerMade) {
  const Call call{{}, {{"id", id.value}}};
  EXPECT_EQ(run_task(pause_rule(call, hub)).status, 200u);
  use_compiler("0.9-zzz");
  const Channel first = *run_task(Channels(tables).get_channel_by_id(ChannelId{"c1"}));
  const auto remove = [&](const Channel& channel) {
    put(Delete{Table::Channels, channel_key(channel.id), {}});
  };
  remove(first);
  const HttpResponse refused = run_task(activate_rule(call, hub));
  EXPECT_EQ(refused.status, 422u) << refused.body;
  EXPECT_NE(refused.body.find("R0121"), std::string::npos) << refused.body;
  EXPECT_EQ(rule().status, RuleStatus::Paused);

  // Another channel of the same name is what the rule listens to from now on.
  Channel second = first;
  second.id = ChannelId{"c2"};
  put(Put{Table::Channels, channel_item(second), {}});
  EXPECT_EQ(run_task(activate_rule(call, hub)).status, 200u);
  EXPECT_EQ(rule().metadata.triggers.at(0).channel_id.value, "c2");
  EXPECT_EQ(rule().code_version, 1);

  // A rule in a language that this compiler does not know: its channel has to be there.
  EXPECT_EQ(run_task(pause_rule(call, hub)).status, 200u);
  Rule later = rule();
  later.markdown_source += "\n## Afterwards\n\nwords of a later version\n";
  put(rule_update(later));
  EXPECT_EQ(run_task(activate_rule(call, hub)).status, 200u);
  EXPECT_EQ(run_task(pause_rule(call, hub)).status, 200u);
  later = rule();
  later.markdown_source = "# Ring\n\n## At last\n\nwords of a later version\n";
  put(rule_update(later));
  EXPECT_EQ(run_task(activate_rule(call, hub)).status, 200u);
  EXPECT_EQ(run_task(pause_rule(call, hub)).status, 200u);
  remove(second);
  const HttpResponse gone = run_task(activate_rule(call, hub));
  EXPECT_EQ(gone.status, 409u) << gone.body;
  EXPECT_NE(gone.body.find("a hub of version 1-aaa can"), std::string::npos) << gone.body;
}

TEST_F(Recompile, IsNoOtherTextToGoBackTo) {
  make_older();
  use_compiler("2-bbb");
  run_task(recompile_rule(id, hub));
  EXPECT_EQ(rule().code_version, 2);
  const HttpResponse refused = run_task(rollback_rule(Call{{}, {{"id", id.value}}}, hub));
  EXPECT_EQ(refused.status, 404u) << refused.body;
  EXPECT_NE(refused.body.find("there is no other text to go back to"), std::string::npos);
  EXPECT_EQ(rule().code_version, 2);
}

TEST_F(Recompile, OfATwinComesToRest) {
  for (const char* compiler : {"1-bbb", "1-aaa", "1-bbb"}) {
    if (rule().code_version == 1) make_older();
    use_compiler(compiler);
    run_task(recompile_rule(id, hub));
    EXPECT_EQ(rule().code_version, 2) << compiler;
    EXPECT_EQ(version(2).compiler_version, "1-bbb");
  }
}

}  // namespace
}  // namespace msghub
