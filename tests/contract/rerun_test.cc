#include "pipeline/rerun.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>

#include "blob/memory_blobs.h"
#include "pipeline/execute.h"
#include "pipeline/job.h"
#include "pipeline/journal.h"
#include "pipeline/match_step.h"
#include "store/channels.h"
#include "store/executions.h"
#include "store/messages.h"
#include "store/rule_projects.h"
#include "store/rules.h"
#include "tests/contract/passing_tables.h"
#include "tests/contract/rocks_engine.h"
#include "vault/file_key_ring.h"

namespace msghub::testing {
namespace {

constexpr Timestamp kNow{std::chrono::hours(24 * 365 * 50)};

ActionAttempt attempt(std::int64_t order, AttemptStatus status) {
  ActionAttempt out;
  out.order = order;
  out.status = status;
  return out;
}

ActionResult result(std::int64_t order, ActionStatus status, std::optional<bool> continued = {}) {
  ActionResult out;
  out.order = order;
  out.status = status;
  out.continued = continued;
  return out;
}

// Two actions of the rule, of which the second failed, and two steps of "If it fails".
Execution failed_execution() {
  Execution execution;
  execution.id = ExecutionId{"e"};
  execution.status = ExecutionStatus::Partial;
  execution.rule_version = 1;
  execution.tries = 8;
  execution.completed_at = kNow;
  execution.error = ExecutionError{"http_503", "text", std::nullopt, true};
  execution.failure = FailureRun{kNow, ExecutionStatus::Partial, 2, 1, std::nullopt};
  execution.action_results = {result(0, ActionStatus::Success), result(1, ActionStatus::Failed),
                              result(2, ActionStatus::Success), result(3, ActionStatus::Failed)};
  execution.attempts = {attempt(0, AttemptStatus::Success), attempt(1, AttemptStatus::Failed),
                        attempt(2, AttemptStatus::Success), attempt(3, AttemptStatus::Failed)};
  execution.attempts[1].items = {{1}};
  execution.attempts[3].items = {{1, 2}};
  execution.lease_owner = "hub of before";
  execution.ttl = 1;
  return execution;
}

const RerunOrder kOrder{"owner", false, "hub", kNow};

TEST(Reopened, KeepsWhatIsDoneAndForgetsWhatFailed) {
  const Execution next = reopened(failed_execution(), kOrder);
  EXPECT_EQ(next.status, ExecutionStatus::Running);
  ASSERT_EQ(next.action_results.size(), 1u);
  EXPECT_EQ(next.action_results[0].order, 0);
  EXPECT_EQ(next.attempts.size(), 4u) << "the journal stays";
  EXPECT_EQ(items_done(next).size(), 1u) << "attachments of the rule's own action stay done";
  EXPECT_TRUE(items_done(next).contains(1));
  EXPECT_FALSE(next.failure || next.error || next.completed_at || next.next_attempt_at);
  EXPECT_EQ(next.lease_owner, "hub");
  EXPECT_EQ(next.tries, 8) << "of all runs";
  EXPECT_EQ(next.ttl, ttl_after(kNow, std::chrono::days(1)));
  ASSERT_EQ(next.retries->size(), 1u);
  EXPECT_EQ(next.retries->back().by, "owner");
  EXPECT_EQ(next.retries->back().status, ExecutionStatus::Partial);
  EXPECT_EQ(next.retries->back().tries, 8);
  EXPECT_EQ(next.retries->back().error->code, "http_503");
}

TEST(Reopened, RunsAgainWhatTheRuleWentOnAfterAndShortensNoLife) {
  Execution ended = failed_execution();
  ended.failure.reset();
  ended.action_results = {result(0, ActionStatus::Failed, true), result(1, ActionStatus::Success)};
  ended.ttl = ttl_after(kNow, std::chrono::days(30));
  const Execution next = reopened(ended, kOrder);
  ASSERT_EQ(next.action_results.size(), 1u);
  EXPECT_EQ(next.action_results[0].order, 1);
  EXPECT_EQ(next.ttl, ended.ttl);
}

TEST(Reopened, AnAttemptOfARunBeforeIsNoStepThatFailedNow) {
  Execution next = reopened(failed_execution(), kOrder);
  EXPECT_FALSE(failed_order(next));
  next.attempts.push_back(attempt(1, AttemptStatus::Failed));
  next.attempts.back().started_at = kNow;
  EXPECT_EQ(failed_order(next), 1);
}

TEST(MayHaveActed, WhenAnActionOfTheRuleIsDoneOrInDoubt) {
  Execution execution = failed_execution();
  EXPECT_TRUE(may_have_acted(execution));
  execution.action_results.erase(execution.action_results.begin());
  execution.attempts.erase(execution.attempts.begin());
  EXPECT_TRUE(may_have_acted(execution)) << "one of the attachments is done";
  execution.attempts[0].items.reset();
  EXPECT_FALSE(may_have_acted(execution)) << "steps of \"If it fails\" do not count";
  execution.attempts[0].status = AttemptStatus::Unknown;
  EXPECT_TRUE(may_have_acted(execution));
}

// Does `meddle` once, just before the next transaction.
class MeddledTables final : public PassingTables {
 public:
  using PassingTables::PassingTables;
  std::function<void()> meddle;

  Task<Result<void>> transact(std::vector<Write> writes) override {
    if (meddle) std::exchange(meddle, nullptr)();
    co_return co_await tables_.transact(std::move(writes));
  }
};

// One message that a rule matched. Its execution ends without a worker, since it cannot run while
// the channel is away.
class Rerunning : public ::testing::Test {
 protected:
  Rerunning() {
    channel_.id = ChannelId{"c1"};
    channel_.user_id = UserId{"u1"};
    channel_.type = ChannelType::Webhook;
    rule_.id = RuleId{"r1"};
    rule_.user_id = channel_.user_id;
    rule_.code_version = 1;
    rule_.status = RuleStatus::Active;
    rule_.metadata.triggers = {
        {channel_.id, {{"body", ConditionOperator::Contains, "hello", {}, {}, {}, {}}}}};
    Message message;
    message.id = MessageId{"m1"};
    message.channel_id = channel_.id;
    message.parsed_content.body = "hello";
    put(Put{Table::Channels, channel_item(channel_), {}});
    put(Put{Table::Rules, rule_item(rule_), {}});
    put(*rule_project_item(project(1)));
    put(Put{Table::Messages, message_item(message), {}});
    EXPECT_EQ(run_task(match_message(MessageId{"m1"}, services_)).size(), 1u);
    fail();
  }
  static RuleProject project(std::int64_t version) {
    RuleProject out;
    out.id = RuleId{"r1"};
    out.rule_id = out.id;
    out.version = version;
    return out;
  }
  void put(Item project_item) { put(Put{Table::RuleProjects, std::move(project_item), {}}); }
  void put(Write write) {
    std::vector<Write> writes;
    writes.push_back(std::move(write));
    run_task(engine_.tables().transact(std::move(writes))).value();
  }
  // The execution runs and ends as failed, and the message with it.
  void fail() {
    put(Delete{Table::Channels, channel_key(channel_.id), {}});
    rulebook_.forget_channel(channel_.id);
    EXPECT_EQ(run_task(run_execution(id_, execute_)).kind, TryEnd::Kind::Final);
    EXPECT_TRUE(run_task(finish_message(MessageId{"m1"}, services_)));
    put(Put{Table::Channels, channel_item(channel_), {}});
    rulebook_.forget_channel(channel_.id);
  }
  Result<Rerun> prepare(bool active = false) {
    return run_task(prepare_rerun(id_, {"owner", active, "slow", engine_.clock().now()},
                                  engine_.tables(), blobs_));
  }
  Result<void> keep(std::vector<Write> writes) {
    return run_task(engine_.tables().transact(std::move(writes)));
  }
  std::string refusal(bool active = false) {
    const Result<Rerun> rerun = prepare(active);
    EXPECT_FALSE(rerun);
    if (rerun) return "";
    EXPECT_EQ(rerun.error().code, Refusal::Code::Conflict);
    return rerun.error().detail;
  }
  Execution stored() {
    Executions executions(engine_.tables());
    return run_task(executions.get_execution_by_id(id_)).value();
  }
  Message message() {
    Messages messages(engine_.tables());
    return run_task(messages.get_message_by_id(MessageId{"m1"})).value();
  }
  Rule rule() {
    Rules rules(engine_.tables());
    return run_task(rules.get_rule_by_id(RuleId{"r1"})).value();
  }
  void edit(const std::function<void(Execution&)>& change) {
    Execution execution = stored();
    change(execution);
    put(Put{Table::Executions, execution_item(execution), {}});
  }

  const ExecutionId id_ = execution_id(MessageId{"m1"}, RuleId{"r1"});
  Channel channel_;
  Rule rule_;
  RocksEngine engine_;
  MeddledTables tables_{engine_.tables()};
  MemoryBlobs blobs_;
  Node node_{"slow", true, tables_, engine_.clock()};
  Rulebook rulebook_{tables_};
  int messages_told_ = 0, executions_told_ = 0;
  Services services_{tables_,
                     blobs_,
                     engine_.clock(),
                     node_,
                     rulebook_,
                     kTimeToLive,
                     {[this](ExecutionStatus) { ++executions_told_; },
                      [this](MessageStatus, std::chrono::milliseconds) { ++messages_told_; }}};
  TempFolder folder_;
  boost::asio::io_context io_;
  boost::asio::thread_pool pool_{1};
  ProjectFolders projects_{folder_.path() + "/projects", "", tables_, blobs_, pool_};
  WorkerPool workers_{io_.get_executor(), {}};
  const Vault vault_{std::move(
      FileKeyRing::open(folder_.path() + "/key", folder_.path() + "/data", true).value())};
  ExecuteServices execute_{services_, projects_, workers_, vault_, {}};
};

TEST_F(Rerunning, TwoWhoWantItMakeOneRun) {
  EXPECT_EQ(stored().status, ExecutionStatus::Failed);
  EXPECT_EQ(message().status, MessageStatus::Failed);
  const Result<Rerun> one = prepare();
  const Result<Rerun> other = prepare();
  ASSERT_TRUE(one && other);
  ASSERT_TRUE(keep(one->writes));
  EXPECT_EQ(keep(other->writes).error().code, Refusal::Code::Conflict);
  EXPECT_EQ(refusal(), "it is running");
  EXPECT_EQ(stored().retries->size(), 1u);
  EXPECT_EQ(stored().lease_owner, "slow");
  EXPECT_EQ(message().status, MessageStatus::Pending);
  EXPECT_EQ(message().lease_owner, "slow");
  EXPECT_FALSE(message().processed_at);

  // It has ended in the same way since the other one looked.
  fail();
  EXPECT_EQ(stored().status, ExecutionStatus::Failed);
  EXPECT_EQ(keep(other->writes).error().code, Refusal::Code::Conflict);
  EXPECT_EQ(stored().tries, 2);
}

TEST_F(Rerunning, CountsTheExecutionAndItsErrorOnce) {
  ASSERT_TRUE(keep(prepare()->writes));
  fail();
  EXPECT_EQ(stored().retries->size(), 1u);
  EXPECT_EQ(rule().execution_count, 1);
  EXPECT_EQ(rule().error_count, 1);
  EXPECT_EQ(message().status, MessageStatus::Failed);
  EXPECT_EQ(message().retried, 1);
  EXPECT_EQ(executions_told_, 2);
  EXPECT_EQ(messages_told_, 1);
}

// The message must not end while one of its executions runs: no hub would look for it.
TEST_F(Rerunning, AMessageAboutToEndStaysPending) {
  ASSERT_TRUE(keep(prepare()->writes));
  put(Delete{Table::Channels, channel_key(channel_.id), {}});
  rulebook_.forget_channel(channel_.id);
  EXPECT_EQ(run_task(run_execution(id_, execute_)).kind, TryEnd::Kind::Final);
  put(Put{Table::Channels, channel_item(channel_), {}});
  tables_.meddle = [this] { EXPECT_TRUE(keep(prepare()->writes)); };
  EXPECT_FALSE(run_task(finish_message(MessageId{"m1"}, services_)));
  EXPECT_EQ(message().status, MessageStatus::Pending);
  EXPECT_EQ(message().retried, 2);
  EXPECT_EQ(stored().status, ExecutionStatus::Running);
}

TEST_F(Rerunning, AnotherHubsMessageStaysItsOwn) {
  Message pending = message();
  pending.status = MessageStatus::Pending;
  pending.lease_owner = "quick";
  put(Put{Table::Messages, message_item(pending), {}});
  ASSERT_TRUE(keep(prepare()->writes));
  EXPECT_EQ(message().lease_owner, "quick");
  EXPECT_EQ(stored().lease_owner, "slow");
}

TEST_F(Rerunning, ComesOutOfTheArchiveToLiveOn) {
  for (const Table table : {Table::Executions, Table::Messages}) {
    Item item = table == Table::Executions ? execution_item(stored()) : message_item(message());
    item[kArchivedAt] = "2026-01-01T00:00:00.000Z";
    item[kArchivePart] = "archives/part";
    item["ttl"] = ttl_after(engine_.clock().now(), std::chrono::days(0)) + 60;
    put(Put{table, item, {}});
  }
  ASSERT_TRUE(keep(prepare()->writes));
  const std::int64_t later = ttl_after(engine_.clock().now(), std::chrono::days(0)) + 3600;
  for (const Key& key : {execution_key(id_), message_key(MessageId{"m1"})}) {
    const Table table = key.pk.starts_with("EXECUTION") ? Table::Executions : Table::Messages;
    const std::optional<Item> item = run_task(engine_.tables().get(table, key));
    ASSERT_TRUE(item);
    EXPECT_FALSE(item->contains(kArchivedAt) || item->contains(kArchivePart));
    EXPECT_GT(item->at("ttl").to_number<std::int64_t>(), later);
  }
}

TEST_F(Rerunning, TakesTheActiveVersionWhileNothingIsDone) {
  rule_.code_version = 2;
  put(Put{Table::Rules, rule_item(rule_), {}});
  EXPECT_EQ(refusal(true), "version 2 of its rule is no longer kept");
  put(*rule_project_item(project(2)));
  EXPECT_EQ(prepare()->reopened.rule_version, 1);
  EXPECT_EQ(prepare(true)->reopened.rule_version, 2);
  edit([](Execution& execution) { execution.attempts = {attempt(0, AttemptStatus::Unknown)}; });
  EXPECT_EQ(refusal(true),
            "some of its actions are done, or may be: only version 1 of the rule, which did them, "
            "can go on with it");
  EXPECT_EQ(prepare()->reopened.rule_version, 1);
  rule_.status = RuleStatus::Paused;
  put(Put{Table::Rules, rule_item(rule_), {}});
  EXPECT_TRUE(prepare());
  EXPECT_EQ(refusal(true), "its rule is paused and has no active version");
}

TEST_F(Rerunning, IsRefusedWhenItCannotHelp) {
  edit([](Execution& execution) { execution.status = ExecutionStatus::Success; });
  EXPECT_EQ(refusal(), "it ended with success: nothing is left to be run again");
  edit([](Execution& execution) {
    execution.status = ExecutionStatus::Running;
    execution.next_attempt_at = kNow;
  });
  EXPECT_EQ(refusal(), "it is not at its end: the next try comes by itself at " + to_iso8601(kNow));
  edit([](Execution& execution) {
    execution.status = ExecutionStatus::Failed;
    execution.attempts.assign(900, attempt(0, AttemptStatus::Failed));
    for (ActionAttempt& each : execution.attempts) each.target = std::string(200, 't');
  });
  EXPECT_EQ(refusal(), "it was tried so often that its record has no room for more");
  edit([](Execution& execution) { execution.attempts.clear(); });
  put(Delete{Table::Channels, channel_key(channel_.id), {}});
  EXPECT_EQ(refusal(), "the channel of its message has been removed");
  put(Delete{Table::Messages, message_key(MessageId{"m1"}), {}});
  EXPECT_NE(refusal().find("archive restore --id m1"), std::string::npos);
  put(Delete{Table::Rules, rule_key(RuleId{"r1"}), {}});
  EXPECT_EQ(refusal(), "its rule has been deleted");
}

TEST_F(Rerunning, LogsComeBackFromTheirBlob) {
  ASSERT_TRUE(run_task(blobs_.put("users/u1/log.txt", "one\ntwo\n")));
  edit([](Execution& execution) {
    execution.logs = {std::string(kBlobPrefix) + "users/u1/log.txt"};
  });
  EXPECT_EQ(prepare()->reopened.logs, (std::vector<std::string>{"one", "two"}));
  edit([](Execution& execution) { execution.logs = {std::string(kBlobPrefix) + "users/u1/none"}; });
  EXPECT_TRUE(prepare()->reopened.logs.empty());
}

}  // namespace
}  // namespace msghub::testing
