#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>

#include "blob/memory_blobs.h"
#include "pipeline/execute.h"
#include "pipeline/match_step.h"
#include "store/channels.h"
#include "store/executions.h"
#include "store/messages.h"
#include "store/rules.h"
#include "tests/contract/passing_tables.h"
#include "tests/contract/rocks_engine.h"
#include "vault/file_key_ring.h"

namespace msghub::testing {
namespace {

// Does `meddle` once, just before the next transaction: what another hub does while this one was
// stopped between its read and its write.
class SlowTables final : public PassingTables {
 public:
  using PassingTables::PassingTables;
  std::function<Write()> meddle;

  Task<Result<void>> transact(std::vector<Write> writes) override {
    if (meddle) {
      std::vector<Write> others;
      others.push_back(std::exchange(meddle, nullptr)());
      const Result<void> done = co_await tables_.transact(std::move(others));
      EXPECT_TRUE(done);
    }
    co_return co_await tables_.transact(std::move(writes));
  }
};

// A hub, "slow", from which another, "quick", takes its work over.
class Takeover : public ::testing::Test {
 protected:
  Takeover() {
    Channel channel;
    channel.id = ChannelId{"c1"};
    channel.user_id = UserId{"u1"};
    channel.type = ChannelType::Webhook;
    put(Put{Table::Channels, channel_item(channel), {}});
    Rule rule;
    rule.id = RuleId{"r1"};
    rule.user_id = channel.user_id;
    rule.code_version = 1;
    rule.status = RuleStatus::Active;
    rule.metadata.triggers = {
        {channel.id, {{"body", ConditionOperator::Contains, "hello", {}, {}, {}, {}}}}};
    put(Put{Table::Rules, rule_item(rule), {}});
    Message message;
    message.id = MessageId{"m1"};
    message.channel_id = channel.id;
    message.lease_owner = "slow";
    message.parsed_content.body = "hello";
    put(Put{Table::Messages, message_item(message), {}});
  }
  void put(Write write) {
    std::vector<Write> writes;
    writes.push_back(std::move(write));
    run_task(engine_.tables().transact(std::move(writes))).value();
  }
  std::optional<Execution> execution() {
    Executions executions(engine_.tables());
    return run_task(executions.get_execution_by_id(id_));
  }

  const ExecutionId id_ = execution_id(MessageId{"m1"}, RuleId{"r1"});
  const MatchedRule matched_{id_, RuleId{"r1"}};
  RocksEngine engine_;
  SlowTables tables_{engine_.tables()};
  MemoryBlobs blobs_;
  Node node_{"slow", true, tables_, engine_.clock()};
  Rulebook rulebook_{tables_};
  Services services_{tables_, blobs_, engine_.clock(), node_, rulebook_};
};

// Otherwise they would belong to a hub that does not know of them, and the message to the other.
TEST_F(Takeover, OfAMessageLeavesNoExecutionsOfTheSlowHub) {
  tables_.meddle = [] { return message_lease_update(MessageId{"m1"}, "quick", "slow"); };
  EXPECT_TRUE(run_task(match_message(MessageId{"m1"}, services_)).empty());
  EXPECT_FALSE(execution());

  Node quick("quick", true, tables_, engine_.clock());
  Services of_quick{tables_, blobs_, engine_.clock(), quick, rulebook_};
  EXPECT_EQ(run_task(match_message(MessageId{"m1"}, of_quick)), std::vector{matched_});
  ASSERT_TRUE(execution());
  EXPECT_EQ(execution()->lease_owner, "quick");
}

TEST_F(Takeover, OfAnExecutionAtItsEndIsNoEndForTheSlowHub) {
  EXPECT_EQ(run_task(match_message(MessageId{"m1"}, services_)), std::vector{matched_});
  put(Delete{Table::Rules, rule_key(RuleId{"r1"}), {}});  // it ends without a worker
  TempFolder folder;
  boost::asio::io_context io;
  boost::asio::thread_pool pool{1};
  ProjectFolders projects(folder.path() + "/projects", "", tables_, blobs_, pool);
  WorkerPool workers(io.get_executor(), {});
  const Vault vault(
      std::move(FileKeyRing::open(folder.path() + "/key", folder.path() + "/data", true).value()));
  ExecuteServices services{services_, projects, workers, vault, {}};

  tables_.meddle = [this] { return execution_lease_update(id_, "quick", "slow"); };
  EXPECT_EQ(run_task(run_execution(id_, services)).kind, TryEnd::Kind::NotOurs);
  EXPECT_EQ(execution()->status, ExecutionStatus::Running);

  Node quick("quick", true, tables_, engine_.clock());
  Services base{tables_, blobs_, engine_.clock(), quick, rulebook_};
  ExecuteServices of_quick{base, projects, workers, vault, {}};
  EXPECT_EQ(run_task(run_execution(id_, of_quick)).kind, TryEnd::Kind::Final);
  EXPECT_EQ(execution()->status, ExecutionStatus::Failed);
}

}  // namespace
}  // namespace msghub::testing
