#include <gtest/gtest.h>

#include "tests/contract/entities_contract.h"
#include "tests/contract/repositories_contract.h"
#include "tests/contract/rocks_engine.h"

namespace msghub::testing {

using RocksEngines = ::testing::Types<RocksEngine, RocksSingleTableEngine>;
INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, RepositoriesContract, RocksEngines);
INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, EntitiesContract, RocksEngines);

namespace {

// The seven rows of the data model's own table, with whole times and ids.
TEST(Items, HaveTheKeysOfTheDataModel) {
  const auto keys = [](const Item& item) {
    std::string all;
    for (const char* name :
         {"PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK", "GSI3PK", "GSI3SK"})
      if (item.contains(name)) all += (all.empty() ? "" : " | ") + string_or(item, name);
    return all;
  };
  const std::string day = "2025-11-14T00:00:00.000Z";
  EXPECT_EQ(keys(user_item(user("123", "sealed"), "user@example.com")),
            "USER#123 | METADATA | EMAIL#user@example.com | USER#123");
  EXPECT_EQ(
      keys(rule_item(rule("456", "123", RuleStatus::Active, day))),
      "RULE#456 | METADATA | USER#123 | STATUS#active#" + day + " | USER#123 | UPDATED#" + day);
  EXPECT_EQ(keys(channel_item(channel("789", "123", ChannelType::Email))),
            "CHANNEL#789 | METADATA | USER#123 | TYPE#email#" + day);
  EXPECT_EQ(keys(message_item(message("111", "789", day))),
            "MESSAGE#111 | METADATA | CHANNEL#789 | RECEIVED#" + day +
                " | STATUS#pending | RECEIVED#" + day);
  EXPECT_EQ(keys(execution_item(execution("222", "456", "111", day, ExecutionStatus::Failed))),
            "EXECUTION#222 | METADATA | RULE#456 | STARTED#" + day + " | MESSAGE#111 | STARTED#" +
                day + " | STATUS#failed | STARTED#" + day);
  EXPECT_EQ(keys(*rule_project_item(project("456", 1))),
            "PROJECT#456 | VERSION#1 | RULE#456 | CREATED#" + day);
  EXPECT_EQ(keys(integration_item(integration("333", "123", IntegrationService::Google, "G", day))),
            "INTEGRATION#333 | METADATA | USER#123 | SERVICE#google#" + day);
  EXPECT_EQ(keys(mail_cursor_item({"789"}, {"INBOX", "1", 2})), "CHANNEL#789 | CURSOR#INBOX");
}

TEST(Users, NormaliseAddresses) {
  EXPECT_EQ(normalised_email(" \tAnna.Smith+Bills@Example.COM\r\n"),
            "anna.smith+bills@example.com");
  EXPECT_EQ(normalised_email("J\u00D6RG@b\u00FCcher.example"), "j\u00D6rg@b\u00FCcher.example");
  EXPECT_EQ(normalised_email(" \n"), "");
}

TEST(Items, AProjectThatIsTooLargeIsRefused) {
  EXPECT_TRUE(rule_project_item(project("r", 1, kProjectLimit - 1000)));
  const Result<Item> refused = rule_project_item(project("r", 7, kProjectLimit));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::Code::TooLarge);
  EXPECT_NE(refused.error().detail.find("version 7 of the project of rule r"), std::string::npos);
  EXPECT_FALSE(rule_project_update(project("r", 7, kProjectLimit)));
}

// Ordinary entities. What may be larger than this is a blob, or is refused.
TEST(Items, AreAboutAsLargeAsTheDataModelSays) {
  const auto bytes = [](const Item& item) { return to_json(item).size(); };
  const std::string day = "2025-11-14T00:00:00.000Z";
  const std::string id = "8f2f4a9e-6a51-4f0e-9d8e-0c6f4b1f7a11", other = id;
  const std::string sealed(150, 'x');
  EXPECT_LE(bytes(user_item(user(id, sealed), std::string(43, 'x'))), 650u);

  Rule large_rule = rule(id, other, RuleStatus::Active, day);
  large_rule.markdown_source = std::string(2'500, 'x');
  large_rule.generated_code = std::string(5'000, 'x');
  EXPECT_LE(bytes(rule_item(large_rule)), 10'000u);

  Channel mailbox = channel(id, other, ChannelType::Email);
  mailbox.config.imap_host = mailbox.config.imap_user = std::string(60, 'x');
  mailbox.config.folders = {"INBOX", "Archive"};
  mailbox.credentials = std::string(500, 'x');
  EXPECT_LE(bytes(channel_item(mailbox)), 2'000u);

  Execution run = execution(id, other, id, day, ExecutionStatus::Success);
  run.extracted_data = {{"number", "R-1"}, {"total", "12.50"}};
  for (int order = 0; order < 3; ++order) {
    run.action_results.push_back({.action_type = ActionType::Webhook, .order = order});
    run.attempts.push_back({.order = order,
                            .idempotency_key = std::string(64, 'x'),
                            .target = "POST https://api.example.com/orders"});
  }
  run.logs = {std::string(500, 'x')};
  EXPECT_LE(bytes(execution_item(run)), 3'000u);

  RuleProject archived = project(id, 1, 0);
  archived.dockerfile_content = std::string(600, 'x');
  archived.package_json = {{"name", "rule"}, {"dependencies", json::object{{"undici", "7"}}}};
  archived.s3_artifact_key = "users/" + id + "/projects/" + other + "/1/project.tar.gz";
  EXPECT_LE(bytes(*rule_project_item(archived)), 2'000u);

  Integration database = integration(id, other, IntegrationService::Postgres, "ERP", day);
  database.credentials = std::string(500, 'x');
  database.settings = {{"host", "db.example.com"}, {"port", 5432}, {"user", "hub"}};
  EXPECT_LE(bytes(integration_item(database)), 2'000u);
}

TEST(Items, LiveForNinetyDays) {
  EXPECT_EQ(ttl_after(at("2025-11-14T00:00:00.999Z")), 1763078400 + 90 * 86400);
}

}  // namespace
}  // namespace msghub::testing
