#pragma once

#include "tests/contract/repositories_fixture.h"

// The access patterns of the data model and what changes its entities, on every engine. An engine
// is as in tables_test.h: INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, RepositoriesContract,
// RocksEngines).
namespace msghub::testing {

template <class Engine>
class RepositoriesContract : public ::testing::Test {
 protected:
  Tables& tables() {
    engine_.settle();
    return engine_.tables();
  }
  Result<void> write(Write one) {
    std::vector<Write> writes;
    writes.push_back(std::move(one));
    return run_task(engine_.tables().transact(std::move(writes)));
  }
  void put(Table table, Item item, Condition condition = if_absent()) {
    const Result<void> result = write(Put{table, std::move(item), std::move(condition)});
    ASSERT_TRUE(result) << result.error().detail;
  }
  Item raw(Table table, std::string pk, std::string sk = "METADATA") {
    return run_task(tables().get(table, {std::move(pk), std::move(sk)})).value_or(Item());
  }

 private:
  Engine engine_;
};

TYPED_TEST_SUITE_P(RepositoriesContract);

TYPED_TEST_P(RepositoriesContract, FindUsersWhoseAddressesAreSealed) {
  const OpenCipher cipher;
  Users users(this->tables(), cipher);
  ASSERT_TRUE(run_task(users.create_user(user("1", "A@b.c"))));
  ASSERT_TRUE(run_task(users.create_user(user("2", "x@y.z"))));
  const Item item = this->raw(Table::Users, "USER#1");
  EXPECT_EQ(string_or(item, "email"), "sealed:1:A@b.c");
  EXPECT_EQ(string_or(item, "GSI1PK"), "EMAIL#index-a@b.c");
  EXPECT_EQ(string_or(item, "GSI1SK"), "USER#1");
  EXPECT_EQ(run_task(users.get_user_by_id({"2"}))->email, "x@y.z");
  EXPECT_EQ(run_task(users.get_user_by_email(" a@B.c"))->id.value, "1");
  EXPECT_EQ(run_task(users.get_user_by_email("a@b.c"))->email, "A@b.c");
  EXPECT_FALSE(run_task(users.get_user_by_email("a@b")));
  EXPECT_FALSE(run_task(users.get_user_by_id({"3"})));
  EXPECT_EQ(run_task(users.create_user(user("3", "a@B.C"))).error().code, Refusal::Code::Duplicate);
  EXPECT_EQ(run_task(users.create_user(user("1", "n@e.w"))).error().code, Refusal::Code::Duplicate);
}

TYPED_TEST_P(RepositoriesContract, SealTheAddressesOfBefore) {
  const OpenCipher cipher;
  Users users(this->tables(), cipher);
  for (int i = 0; i < 120; ++i) {
    const std::string email = "User" + std::to_string(i) + "@b.c";
    this->put(Table::Users, user_item(user(std::to_string(i), email), email));
  }
  ASSERT_TRUE(run_task(users.create_user(user("new", "new@b.c"))));
  this->put(Table::Users, Item{{"PK", "KEYRING"}, {"SK", "METADATA"}, {"check", "x"}});
  EXPECT_EQ(run_task(users.get_user_by_id({"7"}))->email, "User7@b.c") << "read as it is";
  EXPECT_EQ(run_task(users.seal_plain_emails()), 120u);
  EXPECT_EQ(run_task(users.seal_plain_emails()), 0u);
  for (int i = 0; i < 120; i += 7) {
    const std::string email = "User" + std::to_string(i) + "@b.c";
    EXPECT_EQ(string_or(this->raw(Table::Users, "USER#" + std::to_string(i)), "email"),
              "sealed:" + std::to_string(i) + ":" + email);
    EXPECT_EQ(run_task(users.get_user_by_email(email))->email, email);
  }
}

TYPED_TEST_P(RepositoriesContract, DoNotTakeASealedAddressForAnotherUsers) {
  const OpenCipher cipher;
  Users users(this->tables(), cipher);
  this->put(Table::Users, user_item(user("1", "sealed:2:a@b.c"), "index-a@b.c"));
  EXPECT_THROW(run_task(users.get_user_by_id({"1"})), Failure);
}

TYPED_TEST_P(RepositoriesContract, FindRules) {
  this->put(Table::Rules, rule_item(rule("1", "u", RuleStatus::Active, "2025-11-01T00:00:00Z")));
  this->put(Table::Rules, rule_item(rule("2", "u", RuleStatus::Paused, "2025-11-03T00:00:00Z")));
  this->put(Table::Rules, rule_item(rule("3", "u", RuleStatus::Active, "2025-11-02T00:00:00Z")));
  this->put(Table::Rules, rule_item(rule("4", "v", RuleStatus::Active, "2025-11-02T00:00:00Z")));
  Rules rules(this->tables());
  EXPECT_EQ(run_task(rules.get_rule_by_id({"2"}))->status, RuleStatus::Paused);
  EXPECT_EQ(ids(run_task(rules.list_users_rules({"u"}, {}))), (Ids{"1", "3", "2"}));
  EXPECT_EQ(ids(run_task(rules.list_active_rules_for_user({"u"}, {}))), (Ids{"1", "3"}));
  EXPECT_EQ(ids(run_task(rules.list_users_rules_by_status({"u"}, RuleStatus::Paused, {}))),
            Ids{"2"});
  EXPECT_EQ(ids(run_task(rules.list_recently_updated_rules({"u"}, {}))), (Ids{"2", "3", "1"}));
  const Result<PageOf<Rule>> first = run_task(rules.list_users_rules({"u"}, {.limit = 2}));
  EXPECT_EQ(ids(first), (Ids{"1", "3"}));
  EXPECT_EQ(ids(run_task(rules.list_users_rules({"u"}, {.cursor = first->cursor}))), Ids{"2"});
  EXPECT_EQ(run_task(rules.list_users_rules({"u"}, {.cursor = "wrong"})).error().code,
            Refusal::Code::Invalid);
}

TYPED_TEST_P(RepositoriesContract, ChangeRulesAndCountTheirExecutions) {
  Rule stored = rule("1", "u", RuleStatus::Active, "2025-11-01T00:00:00Z");
  Item item = rule_item(stored);
  item["ofANewerProgram"] = "kept";
  this->put(Table::Rules, item);
  const Timestamp run = at("2025-11-05T00:00:00Z");
  ASSERT_TRUE(this->write(add_execution_to_rule({"1"}, run, false)));
  ASSERT_TRUE(this->write(add_execution_to_rule({"1"}, run, true)));
  ASSERT_TRUE(this->write(add_execution_to_rule({"1"}, run, false, true)));

  Rule edited = stored;  // read before the executions were counted
  edited.name = "New";
  edited.updated_at = at("2025-11-06T00:00:00Z");
  ASSERT_TRUE(this->write(rule_update(edited, stored.updated_at)));
  EXPECT_EQ(this->write(rule_update(edited, stored.updated_at)).error().code,
            Refusal::Code::Conflict);
  ASSERT_TRUE(
      this->write(rule_status_update({"1"}, RuleStatus::Paused, at("2025-11-07T00:00:00Z"))));

  Rules rules(this->tables());
  const std::optional<Rule> now = run_task(rules.get_rule_by_id({"1"}));
  EXPECT_EQ(now->name, "New");
  EXPECT_EQ(now->status, RuleStatus::Paused);
  EXPECT_EQ(now->execution_count, 2);
  EXPECT_EQ(now->error_count, 1);
  EXPECT_EQ(now->last_executed_at, run);
  const Item after = this->raw(Table::Rules, "RULE#1");
  EXPECT_EQ(string_or(after, "ofANewerProgram"), "kept");
  EXPECT_EQ(string_or(after, "GSI1SK"), "STATUS#paused#2025-11-07T00:00:00.000Z");
  EXPECT_EQ(string_or(after, "GSI2SK"), "UPDATED#2025-11-07T00:00:00.000Z");
  EXPECT_EQ(ids(run_task(rules.list_active_rules_for_user({"u"}, {}))), Ids{});
  EXPECT_EQ(this->write(add_execution_to_rule({"gone"}, run, true)).error().code,
            Refusal::Code::Conflict);
}

TYPED_TEST_P(RepositoriesContract, FindChannels) {
  this->put(Table::Channels, channel_item(channel("1", "u", ChannelType::Webhook)));
  this->put(Table::Channels, channel_item(channel("2", "u", ChannelType::Email)));
  this->put(Table::Channels, channel_item(channel("3", "v", ChannelType::Email)));
  Channels channels(this->tables());
  EXPECT_EQ(run_task(channels.get_channel_by_id({"1"}))->type, ChannelType::Webhook);
  EXPECT_EQ(ids(run_task(channels.list_users_channels({"u"}, {}))), (Ids{"2", "1"}));
  EXPECT_EQ(ids(run_task(channels.list_users_email_channels({"u"}, {}))), Ids{"2"});
  EXPECT_EQ(ids(run_task(channels.list_users_channels_of_type({"u"}, ChannelType::Webhook, {}))),
            Ids{"1"});
}

TYPED_TEST_P(RepositoriesContract, ChangeChannelsAndCountTheirMessages) {
  const Channel stored = channel("1", "u", ChannelType::Email);
  this->put(Table::Channels, channel_item(stored));
  const Timestamp now = at("2025-11-15T00:00:00Z");
  ASSERT_TRUE(this->write(add_message_to_channel({"1"}, now)));
  ASSERT_TRUE(this->write(channel_checked_update({"1"}, now)));
  ASSERT_TRUE(this->write(channel_status_update({"1"}, ChannelStatus::Error, "no route to host")));
  Channels channels(this->tables());
  std::optional<Channel> found = run_task(channels.get_channel_by_id({"1"}));
  EXPECT_EQ(found->status_detail, "no route to host");
  Channel edited = stored;
  edited.name = "New";
  edited.status = ChannelStatus::Connected;
  ASSERT_TRUE(this->write(channel_update(edited)));
  found = run_task(channels.get_channel_by_id({"1"}));
  EXPECT_EQ(found->name, "New");
  EXPECT_EQ(found->message_count, 1);
  EXPECT_EQ(found->last_message_at, now);
  EXPECT_EQ(found->last_checked_at, now);
  EXPECT_FALSE(found->status_detail);
  ASSERT_TRUE(this->write(channel_status_update({"1"}, ChannelStatus::Connected, std::nullopt)));
  EXPECT_EQ(this->write(add_message_to_channel({"2"}, now)).error().code, Refusal::Code::Conflict);
}

TYPED_TEST_P(RepositoriesContract, KeepMailCursorsBesideTheirChannel) {
  this->put(Table::Channels, channel_item(channel("1", "u", ChannelType::Email)));
  ASSERT_TRUE(this->write(Put{Table::Channels, mail_cursor_item({"1"}, {"Sent", "9", 3}), {}}));
  ASSERT_TRUE(this->write(Put{Table::Channels, mail_cursor_item({"1"}, {"INBOX", "7", 1}), {}}));
  ASSERT_TRUE(this->write(Put{Table::Channels, mail_cursor_item({"1"}, {"INBOX", "7", 2}), {}}));
  Channels channels(this->tables());
  EXPECT_EQ(run_task(channels.get_mail_cursor({"1"}, "INBOX"))->uid, 2);
  EXPECT_FALSE(run_task(channels.get_mail_cursor({"1"}, "Trash")));
  const std::vector<MailCursor> all = run_task(channels.list_mail_cursors({"1"}));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].folder, "INBOX");
  EXPECT_EQ(all[1].uid_validity, "9");
  EXPECT_EQ(ids(run_task(channels.list_users_channels({"u"}, {}))), Ids{"1"});
}

TYPED_TEST_P(RepositoriesContract, FindMessages) {
  this->put(Table::Messages, message_item(message("1", "c", "2025-11-01T00:00:00Z")));
  this->put(Table::Messages, message_item(message("2", "c", "2025-11-03T00:00:00Z")));
  this->put(Table::Messages, message_item(message("3", "d", "2025-11-02T00:00:00Z")));
  this->put(Table::Messages,
            message_item(message("4", "d", "2025-11-04T00:00:00Z", MessageStatus::Failed)));
  Messages messages(this->tables());
  EXPECT_EQ(run_task(messages.get_message_by_id({"1"}))->parsed_content.from, "a@b.c");
  EXPECT_EQ(ids(run_task(messages.list_channel_messages({"c"}, {}))), (Ids{"2", "1"}));
  EXPECT_EQ(ids(run_task(messages.list_pending_messages({}))), (Ids{"2", "3", "1"}));
  EXPECT_EQ(ids(run_task(messages.list_pending_messages({}, true))), (Ids{"1", "3", "2"}));
  EXPECT_EQ(ids(run_task(messages.list_messages_of_status(MessageStatus::Failed, {}))), Ids{"4"});
}

TYPED_TEST_P(RepositoriesContract, AMessageIsMatchedOnce) {
  this->put(Table::Messages, message_item(message("1", "c", "2025-11-01T00:00:00Z")));
  this->put(Table::Messages, message_item(message("2", "c", "2025-11-02T00:00:00Z")));
  const Timestamp now = at("2025-11-15T00:00:00Z");
  EXPECT_EQ(this->write(message_matched_update({"1"}, {}, "hub", now)).error().code,
            Refusal::Code::Conflict)
      << "not its hub";
  ASSERT_TRUE(this->write(message_lease_update({"1"}, "hub", std::nullopt)));
  ASSERT_TRUE(this->write(message_lease_update({"2"}, "hub", std::nullopt)));
  EXPECT_EQ(this->write(message_lease_update({"2"}, "other", std::nullopt)).error().code,
            Refusal::Code::Conflict);
  ASSERT_TRUE(this->write(message_matched_update({"1"}, {{"r"}, {"s"}}, "hub", now)));
  EXPECT_EQ(this->write(message_matched_update({"1"}, {{"r"}}, "hub", now)).error().code,
            Refusal::Code::Conflict);
  ASSERT_TRUE(this->write(message_matched_update({"2"}, {}, "hub", now)));
  Messages messages(this->tables());
  EXPECT_EQ(run_task(messages.get_message_by_id({"1"}))->matched_rule_ids.size(), 2u);
  EXPECT_EQ(ids(run_task(messages.list_pending_messages({}))), Ids{"1"});
  EXPECT_EQ(ids(run_task(messages.list_messages_of_status(MessageStatus::Ignored, {}))), Ids{"2"});
  EXPECT_EQ(run_task(messages.get_message_by_id({"2"}))->processed_at, now);
}

TYPED_TEST_P(RepositoriesContract, AMessageMovesBetweenTheStatusLists) {
  Message stored = message("1", "c", "2025-11-01T00:00:00Z");
  this->put(Table::Messages, message_item(stored));
  const Timestamp now = at("2025-11-15T00:00:00Z");
  ASSERT_TRUE(this->write(message_status_update({"1"}, MessageStatus::Processed, now)));
  Messages messages(this->tables());
  EXPECT_EQ(ids(run_task(messages.list_pending_messages({}))), Ids{});
  EXPECT_EQ(ids(run_task(messages.list_messages_of_status(MessageStatus::Processed, {}))),
            Ids{"1"});
  EXPECT_EQ(this->write(message_status_update({"1"}, MessageStatus::Ignored, now)).error().code,
            Refusal::Code::Conflict)
      << "what matched stays so";
  stored.id = {"2"};
  this->put(Table::Messages, message_item(stored));
  stored.status = MessageStatus::Failed;
  EXPECT_EQ(this->write(message_update(stored, MessageStatus::Processed)).error().code,
            Refusal::Code::Conflict);
  ASSERT_TRUE(this->write(message_update(stored, MessageStatus::Pending)));
  EXPECT_EQ(ids(run_task(messages.list_messages_of_status(MessageStatus::Failed, {}))), Ids{"2"});
}

// Every pair of statuses: the store takes exactly the changes that model/transitions.h has.
TYPED_TEST_P(RepositoriesContract, TakeStatusChangesAlongTheEdgesOnly) {
  int taken = 0;
  for (const auto& from : kRuleStatusNames) {
    for (const auto& to : kRuleStatusNames) {
      const Rule stored = rule("r", "u", from.value, "2025-11-14T00:00:00Z");
      this->put(Table::Rules, rule_item(stored), {});
      const Result<void> changed =
          this->write(rule_status_update({"r"}, to.value, stored.updated_at));
      EXPECT_EQ(changed.has_value(), may_become(from.value, to.value)) << from.name << to.name;
      taken += changed.has_value() ? 1 : 0;
    }
  }
  EXPECT_EQ(taken, 4 + static_cast<int>(kRuleEdges.size()));
  for (const auto& from : kExecutionStatusNames) {
    for (const auto& to : kExecutionStatusNames) {
      Execution one = execution("e", "r", "m", "2025-11-01T00:00:00Z", from.value);
      this->put(Table::Executions, execution_item(one), {});
      one.status = to.value;
      EXPECT_EQ(this->write(execution_update(one)).has_value(), may_become(from.value, to.value))
          << from.name << to.name;
    }
  }
  for (const auto& from : kMessageStatusNames) {
    for (const auto& to : kMessageStatusNames) {
      const Message one = message("m", "c", "2025-11-01T00:00:00Z", from.value);
      this->put(Table::Messages, message_item(one), {});
      EXPECT_EQ(this->write(message_status_update({"m"}, to.value, std::nullopt)).has_value(),
                may_become(from.value, to.value))
          << from.name << to.name;
    }
  }
}

TYPED_TEST_P(RepositoriesContract, FindExecutions) {
  using Status = ExecutionStatus;
  this->put(Table::Executions,
            execution_item(execution("1", "r", "m", "2025-11-01T00:00:00Z", Status::Failed)));
  this->put(Table::Executions,
            execution_item(execution("2", "r", "n", "2025-11-03T00:00:00Z", Status::Running)));
  this->put(Table::Executions,
            execution_item(execution("3", "s", "m", "2025-11-02T00:00:00Z", Status::Failed)));
  this->put(Table::Executions,
            execution_item(execution("4", "s", "n", "2025-11-02T00:00:00Z", Status::Running)));
  Executions executions(this->tables());
  EXPECT_EQ(run_task(executions.get_execution_by_id({"3"}))->rule_id.value, "s");
  EXPECT_EQ(ids(run_task(executions.list_rule_executions({"r"}, {}))), (Ids{"2", "1"}));
  EXPECT_EQ(ids(run_task(executions.list_message_executions({"m"}, {}))), (Ids{"1", "3"}));
  EXPECT_EQ(ids(run_task(executions.list_failed_executions({}))), (Ids{"3", "1"}));
  EXPECT_EQ(ids(run_task(executions.list_running_executions({}))), (Ids{"4", "2"}));
}

TYPED_TEST_P(RepositoriesContract, AnExecutionMovesBetweenTheStatusLists) {
  Execution stored = execution("1", "r", "m", "2025-11-01T00:00:00Z", ExecutionStatus::Running);
  stored.next_attempt_at = at("2025-11-02T00:00:00Z");
  Item item = execution_item(stored);
  item["ofANewerProgram"] = 1;
  this->put(Table::Executions, item);
  stored.status = ExecutionStatus::Success;
  stored.completed_at = at("2025-11-02T00:00:01Z");
  stored.next_attempt_at.reset();
  ASSERT_TRUE(this->write(running_execution_update(stored)));
  EXPECT_EQ(this->write(running_execution_update(stored)).error().code, Refusal::Code::Conflict);
  Executions executions(this->tables());
  EXPECT_EQ(ids(run_task(executions.list_running_executions({}))), Ids{});
  EXPECT_EQ(ids(run_task(executions.list_executions_of_status(ExecutionStatus::Success, {}))),
            Ids{"1"});
  EXPECT_FALSE(run_task(executions.get_execution_by_id({"1"}))->next_attempt_at);
  EXPECT_EQ(this->raw(Table::Executions, "EXECUTION#1").at("ofANewerProgram"), 1);
  EXPECT_EQ(this->write(execution_update(execution("2", "r", "m", "2025-11-01T00:00:00Z",
                                                   ExecutionStatus::Running)))
                .error()
                .code,
            Refusal::Code::Conflict)
      << "an update makes no execution";
}

TYPED_TEST_P(RepositoriesContract, AnEndedExecutionIsReopenedOnceAndItsMessageWithIt) {
  Execution ended = execution("1", "r", "m", "2025-11-01T00:00:00Z", ExecutionStatus::Failed);
  ended.completed_at = at("2025-11-02T00:00:00Z");
  Item item = execution_item(ended);
  item[kArchivePart] = "archives/part";
  this->put(Table::Executions, item);
  Message matched = message("m", "c", "2025-11-01T00:00:00Z", MessageStatus::Failed);
  matched.processed_at = ended.completed_at;
  matched.ttl = 4'000'000'000;
  this->put(Table::Messages, message_item(matched));

  Execution next = ended;
  next.status = ExecutionStatus::Running;
  next.completed_at.reset();
  next.retries = {{at("2025-11-03T00:00:00Z"), "owner", ended.status, 1, 8, {}}};
  Execution later = ended;  // it has run and ended since it was read
  later.completed_at = at("2025-11-02T00:00:01Z");
  EXPECT_EQ(this->write(execution_retry_update(next, later)).error().code, Refusal::Code::Conflict);
  ASSERT_TRUE(this->write(execution_retry_update(next, ended)));
  EXPECT_EQ(this->write(execution_retry_update(next, ended)).error().code, Refusal::Code::Conflict);
  Executions executions(this->tables());
  EXPECT_EQ(ids(run_task(executions.list_running_executions({}))), Ids{"1"});
  EXPECT_EQ(ids(run_task(executions.list_failed_executions({}))), Ids{});
  EXPECT_FALSE(this->raw(Table::Executions, "EXECUTION#1").contains(kArchivePart));

  Messages messages(this->tables());
  ASSERT_TRUE(this->write(message_retry_update(matched, "hub", 5)));
  EXPECT_EQ(this->write(message_retry_update(matched, "hub", 5)).error().code,
            Refusal::Code::Conflict);
  const Message reopened = *run_task(messages.get_message_by_id({"m"}));
  EXPECT_EQ(ids(run_task(messages.list_pending_messages({}))), Ids{"m"});
  EXPECT_EQ(reopened.lease_owner, "hub");
  EXPECT_EQ(reopened.ttl, matched.ttl);
  EXPECT_FALSE(reopened.processed_at);
  // Another execution of it is reopened by another hub before somebody ends it.
  ASSERT_TRUE(this->write(message_retry_update(reopened, "other", 5)));
  const Timestamp now = at("2025-11-15T00:00:00Z");
  EXPECT_EQ(this->write(message_end_update(reopened, MessageStatus::Processed, now)).error().code,
            Refusal::Code::Conflict);
  const Message twice = *run_task(messages.get_message_by_id({"m"}));
  EXPECT_EQ(twice.lease_owner, "hub");
  EXPECT_EQ(twice.retried, 2);
  ASSERT_TRUE(this->write(message_end_update(twice, MessageStatus::Processed, now)));
  EXPECT_EQ(ids(run_task(messages.list_messages_of_status(MessageStatus::Processed, {}))),
            Ids{"m"});
}

TYPED_TEST_P(RepositoriesContract, FindTheLatestProjectByNumber) {
  for (const std::int64_t version : {1, 2, 9, 10, 11})
    this->put(Table::RuleProjects, *rule_project_item(project("r", version)));
  this->put(Table::RuleProjects, *rule_project_item(project("s", 99)));
  RuleProjects projects(this->tables());
  EXPECT_EQ(run_task(projects.get_latest_project_version({"r"}))->version, 11);
  EXPECT_EQ(run_task(projects.get_specific_version({"r"}, 9))->version, 9);
  EXPECT_FALSE(run_task(projects.get_specific_version({"r"}, 3)));
  EXPECT_FALSE(run_task(projects.get_latest_project_version({"t"})));
  EXPECT_EQ(run_task(projects.list_all_versions({"r"}, {}))->items.size(), 5u);
  RuleProject built = project("r", 11);
  built.build_status = BuildStatus::Building;
  ASSERT_TRUE(this->write(*rule_project_update(built)));
  built.build_status = BuildStatus::Success;
  ASSERT_TRUE(this->write(*rule_project_update(built)));
  EXPECT_EQ(run_task(projects.get_latest_project_version({"r"}))->build_status,
            BuildStatus::Success);
}

TYPED_TEST_P(RepositoriesContract, FindTheLatestOfProjectsThatFillSeveralPages) {
  for (std::int64_t version = 1; version <= 12; ++version)
    this->put(Table::RuleProjects, *rule_project_item(project("r", version, 250'000)));
  RuleProjects projects(this->tables());
  EXPECT_EQ(run_task(projects.get_latest_project_version({"r"}))->version, 12);
}

TYPED_TEST_P(RepositoriesContract, FindIntegrations) {
  using Service = IntegrationService;
  this->put(Table::Integrations, integration_item(integration("1", "u", Service::Postgres, "ERP",
                                                              "2025-11-01T00:00:00Z")));
  this->put(Table::Integrations, integration_item(integration("2", "u", Service::Google, "Sheets",
                                                              "2025-11-03T00:00:00Z")));
  this->put(Table::Integrations, integration_item(integration("3", "u", Service::Google, "Old",
                                                              "2025-11-02T00:00:00Z")));
  this->put(Table::Integrations,
            integration_item(integration("4", "v", Service::Smtp, "Mail", "2025-11-02T00:00:00Z")));
  Integrations integrations(this->tables());
  EXPECT_EQ(run_task(integrations.get_integration_by_id({"4"}))->display_name, "Mail");
  EXPECT_EQ(ids(run_task(integrations.list_user_integrations({"u"}, {}))), (Ids{"3", "2", "1"}));
  EXPECT_EQ(run_task(integrations.get_users_google_integration({"u"}))->id.value, "3");
  EXPECT_FALSE(run_task(integrations.get_users_google_integration({"v"})));
  EXPECT_EQ(run_task(integrations.find_user_integration_by_name({"u"}, "ERP"))->id.value, "1");
  EXPECT_FALSE(run_task(integrations.find_user_integration_by_name({"u"}, "Mail")));
  Integration renamed = integration("1", "u", Service::Postgres, "Ledger", "2025-11-01T00:00:00Z");
  ASSERT_TRUE(this->write(integration_update(renamed)));
  EXPECT_TRUE(run_task(integrations.find_user_integration_by_name({"u"}, "Ledger")));
}

TYPED_TEST_P(RepositoriesContract, AnItemThatIsNoEntityIsAFailure) {
  this->put(Table::Rules, Item{{"PK", "RULE#1"}, {"SK", "METADATA"}, {"id", "1"}});
  Rules rules(this->tables());
  try {
    run_task(rules.get_rule_by_id({"1"}));
    FAIL() << "it was read";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.retry, Failure::Retry::Never);
    EXPECT_NE(
        std::string(failure.what()).find("RULE#1 of Rules cannot be read: userId: is missing"),
        std::string::npos)
        << failure.what();
  }
}

REGISTER_TYPED_TEST_SUITE_P(
    RepositoriesContract, FindUsersWhoseAddressesAreSealed, SealTheAddressesOfBefore,
    DoNotTakeASealedAddressForAnotherUsers, FindRules, ChangeRulesAndCountTheirExecutions,
    FindChannels, ChangeChannelsAndCountTheirMessages, KeepMailCursorsBesideTheirChannel,
    FindMessages, AMessageIsMatchedOnce, AMessageMovesBetweenTheStatusLists,
    TakeStatusChangesAlongTheEdgesOnly, FindExecutions, AnExecutionMovesBetweenTheStatusLists,
    AnEndedExecutionIsReopenedOnceAndItsMessageWithIt, FindTheLatestProjectByNumber,
    FindTheLatestOfProjectsThatFillSeveralPages, FindIntegrations, AnItemThatIsNoEntityIsAFailure);

}  // namespace msghub::testing
