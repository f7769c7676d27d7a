#include "pipeline/ingest.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <map>

#include "base/utf8.h"
#include "blob/memory_blobs.h"
#include "pipeline/content.h"
#include "pipeline/match_step.h"
#include "pipeline/policy.h"
#include "store/channels.h"
#include "store/executions.h"
#include "store/messages.h"
#include "store/rocks/rocks_tables.h"
#include "store/rule_projects.h"
#include "store/rules.h"

namespace msghub {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

class HandClock final : public Clock {
 public:
  Timestamp now() const override { return time; }
  Timestamp time = *from_iso8601("2026-11-22T10:00:00.000Z");
};

class IngestTest : public testing::Test {
 protected:
  IngestTest()
      : folder_(fs::temp_directory_path() / random_uuid()),
        tables_(RocksTables::open({.path = folder_.string(), .reserve_bytes = 1}, clock_)),
        ingest_(*tables_, blobs_, clock_, node_, {},
                [this](MessageId id) { arrived_.push_back(id); }) {
    channel_.id = ChannelId{"c1"};
    channel_.user_id = UserId{"u1"};
    channel_.type = ChannelType::Webhook;
    std::vector<Write> writes;
    writes.push_back(Put{Table::Channels, channel_item(channel_), {}});
    await(tables_->transact(std::move(writes))).value();
  }
  ~IngestTest() override {
    tables_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  template <class T>
  T await(Task<T> task) {
    std::optional<T> out;
    std::exception_ptr failed;
    asio::co_spawn(io_, std::move(task), [&](std::exception_ptr error, T value) {
      failed = error;
      out = std::move(value);
    });
    io_.restart();
    io_.run();
    if (failed) std::rethrow_exception(failed);
    return std::move(*out);
  }

  void await(Task<void> task) {
    std::exception_ptr failed;
    asio::co_spawn(io_, std::move(task), [&](std::exception_ptr error) { failed = error; });
    io_.restart();
    io_.run();
    if (failed) std::rethrow_exception(failed);
  }

  Arrival arrival(const std::string& external_id, const std::string& raw) {
    Arrival out;
    out.channel_id = channel_.id;
    out.user_id = channel_.user_id;
    out.external_id = external_id;
    out.raw = raw;
    out.content_type = "text/plain";
    out.parsed.body = to_utf8(raw);
    out.parsed.timestamp = clock_.now();
    return out;
  }

  Message message(const MessageId& id) {
    Messages messages(*tables_);
    return await(messages.get_message_by_id(id)).value();
  }

  Rule rule(const std::string& id, const std::string& word) {
    Rule out;
    out.id = RuleId{id};
    out.user_id = channel_.user_id;
    out.name = id;
    out.code_version = 3;
    out.status = RuleStatus::Active;
    out.created_at = out.updated_at = clock_.now();
    out.metadata.triggers = {
        {channel_.id, {{"body", ConditionOperator::Contains, word, {}, {}, {}, {}}}}};
    return out;
  }

  HandClock clock_;
  fs::path folder_;
  asio::io_context io_;
  std::shared_ptr<RocksTables> tables_;
  MemoryBlobs blobs_;
  std::vector<MessageId> arrived_;
  Node node_{"this hub", false, *tables_, clock_};
  Ingest ingest_;
  Channel channel_;
};

TEST_F(IngestTest, DeliveredTwiceIsRecordedOnce) {
  const Receipt first = await(ingest_.deliver(arrival("x", "hello")));
  const Receipt second = await(ingest_.deliver(arrival("x", "hello")));
  EXPECT_FALSE(first.duplicate);
  EXPECT_TRUE(second.duplicate);
  EXPECT_EQ(first.id, second.id);
  EXPECT_EQ(arrived_.size(), 1u);
  Channels channels(*tables_);
  EXPECT_EQ(await(channels.get_channel_by_id(channel_.id))->message_count, 1);
}

TEST_F(IngestTest, DeliveredTwiceAtOnceIsRecordedOnce) {
  std::vector<Receipt> receipts;
  for (int i = 0; i < 20; ++i)
    asio::co_spawn(io_, ingest_.deliver(arrival("x", std::string(20'000, 'a' + i))),
                   [&](std::exception_ptr error, Receipt receipt) {
                     EXPECT_FALSE(error);
                     receipts.push_back(receipt);
                   });
  io_.restart();
  io_.run();
  ASSERT_EQ(receipts.size(), 20u);
  EXPECT_EQ(std::ranges::count(receipts, false, &Receipt::duplicate), 1);
  // The blob is the one of the delivery that counted.
  const Message kept = message(receipts[0].id);
  EXPECT_EQ(sha256_hex(await(load_raw(kept, blobs_))), kept.metadata.raw_sha256);
}

TEST_F(IngestTest, KnowsABodyFromTheWindowBefore) {
  const Receipt first = await(ingest_.deliver(arrival("body:1", "hello")));
  Arrival again = arrival("body:2", "hello");
  again.also_known_as = {"body:1"};
  const Receipt second = await(ingest_.deliver(std::move(again)));
  EXPECT_TRUE(second.duplicate);
  EXPECT_EQ(second.id, first.id);
}

TEST_F(IngestTest, KeepsAnyBytesExactly) {
  for (const std::string& raw :
       {std::string("plain"), std::string("\xff\x00\xfe", 3), std::string("blob:x"),
        std::string("base64:eA=="), std::string(6'000, '\x80'), std::string(100'000, 'x')}) {
    const Receipt receipt = await(ingest_.deliver(arrival(sha256_hex(raw), raw)));
    const Message kept = message(receipt.id);
    EXPECT_EQ(await(load_raw(kept, blobs_)), raw) << raw.substr(0, 20);
    EXPECT_EQ(kept.metadata.raw_sha256, sha256_hex(raw));
  }
}

// Its item has expired and is not swept yet: reads do not see it, and it is no new message either.
TEST_F(IngestTest, AMessageThatComesBackAfterItExpiredIsNoTrouble) {
  const Receipt first = await(ingest_.deliver(arrival("x", "hello")));
  clock_.time += std::chrono::days(91);
  Arrival again = arrival("x", "hello");
  again.cursor = MailCursor{"INBOX", "7", 43};
  const Receipt second = await(ingest_.deliver(std::move(again)));
  EXPECT_TRUE(second.duplicate);
  EXPECT_EQ(second.id, first.id);
  Channels channels(*tables_);
  EXPECT_EQ(await(channels.get_mail_cursor(channel_.id, "INBOX"))->uid, 43);
}

TEST_F(IngestTest, MovesTheMailCursorWithTheMessage) {
  Arrival mail = arrival("m", "hello");
  mail.cursor = MailCursor{"INBOX", "7", 42};
  await(ingest_.deliver(std::move(mail)));
  Arrival again = arrival("m", "hello");
  again.cursor = MailCursor{"INBOX", "7", 43};
  await(ingest_.deliver(std::move(again)));
  Channels channels(*tables_);
  EXPECT_EQ(await(channels.get_mail_cursor(channel_.id, "INBOX"))->uid, 43);
}

TEST_F(IngestTest, KeepsAttachmentsAsBlobsOfTheirOwn) {
  Arrival mail = arrival("x", "hello");
  mail.parsed.attachments = {{"Rechnung März.pdf", "application/pdf", 3, "", ""},
                             {"a.txt", "text/plain", 1, "", ""},
                             {"a.txt", "text/plain", 1, "", ""}};
  mail.files = {"pdf", "1", "2"};
  const Receipt receipt = await(ingest_.deliver(std::move(mail)));
  const std::vector<Attachment> kept = *message(receipt.id).parsed_content.attachments;
  ASSERT_EQ(kept.size(), 3U);
  const std::string folder = "users/u1/messages/" + receipt.id.value + "/attachments/";
  EXPECT_EQ(kept[1].s3_key, folder + "a.txt");
  const char* const bytes[] = {"pdf", "1", "2"};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(kept[i].s3_key.starts_with(folder)) << kept[i].s3_key;
    EXPECT_EQ(await(blobs_.get(kept[i].s3_key)), bytes[i]);
  }
}

TEST_F(IngestTest, AttachmentsComeBackFromTheirBlobsOrFromTheRawMail) {
  Arrival mail = arrival("x", "hello");
  mail.parsed.attachments = {{"a.pdf", "application/pdf", 3, "", ""},
                             {"b.txt", "text/plain", 1, "", ""}};
  mail.files = {"pdf", "1"};
  const Receipt receipt = await(ingest_.deliver(std::move(mail)));
  const Message stored = message(receipt.id);
  const ParsedMessage parsed = stored.parsed_content;
  EXPECT_EQ(await(load_attachments(stored, parsed, blobs_)).value(),
            (std::vector<std::string>{"pdf", "1"}));

  Message raw;
  raw.raw_content =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
      "Content-Disposition: attachment; filename=a.txt\r\n\r\nbytes\r\n--b--\r\n";
  raw.parsed_content.attachments = {{"a.txt", "text/plain", 5, "", ""}};
  const ParsedMessage again = raw.parsed_content;
  EXPECT_EQ(await(load_attachments(raw, again, blobs_)).value(),
            (std::vector<std::string>{"bytes"}));

  ParsedMessage large = parsed;
  large.attachments->front().size = static_cast<std::int64_t>(kContentsLimit) + 1;
  const auto refused = await(load_attachments(stored, large, blobs_));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::Code::TooLarge);
  ParsedMessage gone = parsed;
  gone.attachments->front().s3_key += "-gone";
  EXPECT_THROW(await(load_attachments(stored, gone, blobs_)), Failure);
}

TEST_F(IngestTest, AnOlderVersionKeepsToWhatItsProjectSays) {
  Rule now = rule("r1", "hello");
  now.code_version = 4;
  now.metadata.failure = RuleFailure{7, 1'000, std::vector<ActionConfig>(2)};
  const RulePolicy said{.steps = 3, .failure_steps = 1, .retries = 0};
  RuleProject with, without;
  with.id = with.rule_id = without.id = without.rule_id = now.id;
  with.version = 2;
  with.package_json["msghub"] = to_json_value(said);
  without.version = 3;
  std::vector<Write> writes;
  for (const RuleProject& project : {with, without})
    writes.push_back(Put{Table::RuleProjects, rule_project_item(project).value(), {}});
  await(tables_->transact(std::move(writes))).value();

  EXPECT_EQ(await(policy_of_version(now, 4, *tables_)), policy_of(now.metadata));
  EXPECT_EQ(await(policy_of_version(now, 2, *tables_)), said);
  // One that an older compiler made has no steps for a failure; how often is as the rule has it.
  for (const std::int64_t version : {3, 1}) {
    const RulePolicy policy = await(policy_of_version(now, version, *tables_));
    EXPECT_EQ(policy.retries, 7);
    EXPECT_FALSE(policy.failure_steps);
  }
}

TEST_F(IngestTest, LogsComeBackFromWhereverTheyAre) {
  Execution execution;
  execution.logs = {"one", "two"};
  EXPECT_EQ(await(load_logs(execution, blobs_)), execution.logs);
  await(blobs_.put("users/u1/executions/e1/logs.txt", "one\n\nthree\n")).value();
  execution.logs = {"blob:users/u1/executions/e1/logs.txt"};
  EXPECT_EQ(await(load_logs(execution, blobs_)), (std::vector<std::string>{"one", "", "three"}));
  execution.logs = {"blob:users/u1/executions/e2/logs.txt"};
  EXPECT_THROW(await(load_logs(execution, blobs_)), Failure);
}

TEST_F(IngestTest, RefusesWhatBelongsToNoChannel) {
  Arrival lost = arrival("x", "hello");
  lost.channel_id = ChannelId{"gone"};
  EXPECT_THROW(await(ingest_.deliver(std::move(lost))), Failure);
}

TEST_F(IngestTest, MatchingMakesOneExecutionARuleHoweverOftenItRuns) {
  std::vector<Write> writes;
  writes.push_back(Put{Table::Rules, rule_item(rule("r1", "hell")), {}});
  writes.push_back(Put{Table::Rules, rule_item(rule("r2", "bye")), {}});
  await(tables_->transact(std::move(writes))).value();
  const Receipt receipt = await(ingest_.deliver(arrival("x", "hello")));
  for (int i = 0; i < 3; ++i) {
    Rulebook rulebook(*tables_);
    Services services{*tables_, blobs_, clock_, node_, rulebook};
    const auto matched = await(match_message(receipt.id, services));
    const RuleId rule{"r1"};
    EXPECT_EQ(matched, (std::vector{MatchedRule{execution_id(receipt.id, rule), rule}}));
  }
  Rulebook rulebook(*tables_);
  std::vector<MessageStatus> told;
  std::chrono::milliseconds latency{};
  Services services{*tables_, blobs_, clock_, node_, rulebook};
  services.listeners.message_ended = [&](MessageStatus status, std::chrono::milliseconds time) {
    told.push_back(status);
    latency = time;
  };
  Executions executions(*tables_);
  const auto execution =
      await(executions.get_execution_by_id(execution_id(receipt.id, RuleId{"r1"})));
  ASSERT_TRUE(execution);
  EXPECT_EQ(execution->rule_version, 3);
  EXPECT_FALSE(await(finish_message(receipt.id, services)));
  clock_.time += std::chrono::seconds(90);
  Execution ended = *execution;
  ended.status = ExecutionStatus::Success;
  std::vector<Write> end;
  end.push_back(running_execution_update(ended));
  await(tables_->transact(std::move(end))).value();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(await(finish_message(receipt.id, services)));
  EXPECT_EQ(told, std::vector{MessageStatus::Processed}) << "once, however often it is asked";
  EXPECT_EQ(latency, std::chrono::seconds(90));
  EXPECT_EQ(message(receipt.id).status, MessageStatus::Processed);
}

// Two hubs on one store: the work of one that lives is left alone, that of one that is gone is
// taken, and what the slow one writes afterwards is refused.
TEST_F(IngestTest, AnotherHubTakesOverOnlyWhatIsLeft) {
  std::vector<Write> writes;
  writes.push_back(Put{Table::Rules, rule_item(rule("r1", "hell")), {}});
  await(tables_->transact(std::move(writes))).value();
  Node first("first", true, *tables_, clock_), second("second", true, *tables_, clock_);
  await(Leases(*tables_).take("node/first", "first", clock_.now(), clock_.now() + Node::kLease));
  Ingest ingest(*tables_, blobs_, clock_, first, {}, [](MessageId) {});
  const Receipt matched = await(ingest.deliver(arrival("matched", "hello")));
  const Receipt waiting = await(ingest.deliver(arrival("waiting", "hello")));
  Rulebook rulebook(*tables_);
  Services of_first{*tables_, blobs_, clock_, first, rulebook};
  Services of_second{*tables_, blobs_, clock_, second, rulebook};
  EXPECT_EQ(await(match_message(matched.id, of_first)).size(), 1U);
  EXPECT_TRUE(await(match_message(matched.id, of_second)).empty());
  EXPECT_TRUE(await(match_message(waiting.id, of_second)).empty());

  clock_.time += Node::kLease + kClockSkew + std::chrono::seconds(1);
  Node third("third", true, *tables_, clock_);
  await(Leases(*tables_).take("node/third", "third", clock_.now(), clock_.now() + Node::kLease));
  Services of_third{*tables_, blobs_, clock_, third, rulebook};
  EXPECT_EQ(await(match_message(matched.id, of_third)).size(), 1U);
  EXPECT_EQ(await(match_message(waiting.id, of_third)).size(), 1U);
  EXPECT_EQ(message(waiting.id).lease_owner, "third");
  EXPECT_TRUE(await(match_message(waiting.id, of_first)).empty());

  Executions executions(*tables_);
  const ExecutionId id = execution_id(matched.id, RuleId{"r1"});
  const Execution late = *await(executions.get_execution_by_id(id));
  EXPECT_EQ(late.lease_owner, "first");
  const auto apply = [this](Update update) {
    std::vector<Write> one;
    one.push_back(std::move(update));
    return await(tables_->transact(std::move(one)));
  };
  EXPECT_TRUE(apply(execution_lease_update(id, "third", late.lease_owner)));
  EXPECT_FALSE(apply(execution_lease_update(id, "second", late.lease_owner)));
  EXPECT_FALSE(apply(running_execution_update(late)));
}

TEST_F(IngestTest, AMessageThatNoRuleWantsIsIgnored) {
  const Receipt receipt = await(ingest_.deliver(arrival("x", "hello")));
  Rulebook rulebook(*tables_);
  Services services{*tables_, blobs_, clock_, node_, rulebook};
  std::vector<MessageStatus> told;
  services.listeners.message_ended = [&](MessageStatus status, std::chrono::milliseconds) {
    told.push_back(status);
  };
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(await(match_message(receipt.id, services)).empty());
  EXPECT_EQ(message(receipt.id).status, MessageStatus::Ignored);
  EXPECT_EQ(told, std::vector{MessageStatus::Ignored});
}

}  // namespace
}  // namespace msghub
