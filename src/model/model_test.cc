#include <gtest/gtest.h>

#include "model/channel.h"
#include "model/execution.h"
#include "model/integration.h"
#include "model/message.h"
#include "model/rule.h"
#include "model/rule_project.h"
#include "model/tables.h"
#include "model/transitions.h"
#include "model/user.h"

namespace msghub {
namespace {

template <class T>
void goes_both_ways(std::string_view text) {
  const auto parsed = parse_json(text);
  ASSERT_TRUE(parsed) << text;
  const auto value = from_json_value<T>(*parsed);
  ASSERT_TRUE(value) << value.error().detail;
  EXPECT_EQ(to_json(to_json_value(*value)), to_json(*parsed));
}

TEST(Model, EntitiesReadAndWriteTheNamesOfTheDataModel) {
  goes_both_ways<User>(
      R"({"id":"u","email":"a@b.c","displayName":"A","createdAt":"2026-11-22T10:00:00.000Z","updatedAt":"2026-11-22T10:00:00.000Z","status":"suspended"})");
  goes_both_ways<TriggerCondition>(
      R"({"field":"from","operator":"endsWith","value":"@acme.com","caseSensitive":true})");
  goes_both_ways<ActionConfig>(
      R"({"type":"google_sheets","config":{"spreadsheetId":"s"},"order":1,"continueOnError":true})");
  goes_both_ways<Attachment>(
      R"({"filename":"a.pdf","contentType":"application/pdf","size":12,"s3Key":"k","s3Bucket":"b"})");
  goes_both_ways<ActionResult>(
      R"({"actionType":"webhook","order":0,"status":"failed","startedAt":"2026-11-22T10:00:00.000Z","completedAt":"2026-11-22T10:00:00.100Z","output":{"a":[1,2.5]},"error":"no"})");
  goes_both_ways<SourceFile>(R"({"path":"src/rule.ts","content":"x","language":"typescript"})");
}

TEST(Model, IdsOfMessagesAndExecutionsAreTheirIdentity) {
  EXPECT_EQ(message_id(ChannelId{"c"}, "x"), message_id(ChannelId{"c"}, "x"));
  EXPECT_NE(message_id(ChannelId{"c"}, "x"), message_id(ChannelId{"d"}, "x"));
  EXPECT_NE(execution_id(MessageId{"m"}, RuleId{"r"}), execution_id(MessageId{"m"}, RuleId{"s"}));
  EXPECT_EQ(idempotency_key(UserId{"u"}, MessageId{"m"}, RuleId{"r"}, 3, 0),
            sha256_hex("u\nm\nr\n3\n0"));
  EXPECT_EQ(idempotency_key(UserId{"u"}, MessageId{"m"}, RuleId{"r"}, 3, 0, 2),
            sha256_hex("u\nm\nr\n3\n0\n2"));
}

TEST(Model, WhatFailedMayRunAgainAndASuccessMayNot) {
  using Status = ExecutionStatus;
  EXPECT_TRUE(may_become(Status::Failed, Status::Running));
  EXPECT_TRUE(may_become(Status::Partial, Status::Running));
  EXPECT_FALSE(may_become(Status::Success, Status::Running));
  EXPECT_FALSE(may_become(Status::Failed, Status::Success)) << "without having run";
  EXPECT_TRUE(may_become(MessageStatus::Failed, MessageStatus::Pending));
  EXPECT_TRUE(may_become(MessageStatus::Processed, MessageStatus::Pending));
  EXPECT_FALSE(may_become(MessageStatus::Ignored, MessageStatus::Pending));
}

TEST(Model, TablesAreThoseOfTheDataModel) {
  EXPECT_EQ(schema_of(Table::Executions).indexes[2].pk, "STATUS#<status>");
  EXPECT_EQ(schema_of(Table::Messages).ttl, "ttl");
  EXPECT_EQ(schema_of(Table::RuleProjects).sk, "VERSION#<version>");
}

}  // namespace
}  // namespace msghub
