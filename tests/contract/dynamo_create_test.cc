#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/dynamo_engine.h"

namespace msghub::testing {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json::object call(AwsAccess& access, const std::string& operation, json::object request) {
  aws::Call call;
  call.headers = {{"content-type", "application/x-amz-json-1.0"},
                  {"x-amz-target", "DynamoDB_20120810." + operation}};
  call.body = to_json(request);
  const aws::Reply reply = run_task(access.client().call(std::move(call)));
  EXPECT_TRUE(reply.ok()) << operation << ": " << reply.error_code << " " << reply.error_message;
  const Result<json::value> body = parse_json(reply.body);
  return body ? body->as_object() : json::object();
}

class CreateTables : public ::testing::TestWithParam<Layout> {
 protected:
  CreateTables() {
    settings.table_prefix = fresh_prefix();
    settings.layout = GetParam();
  }
  std::vector<std::string> create() {
    std::vector<std::string> lines;
    run_task(create_tables(access.client(), settings,
                           [&lines](const std::string& line) { lines.push_back(line); }));
    return lines;
  }
  std::vector<std::string> check() { return run_task(check_tables(access.client(), settings)); }
  // The table where messages are.
  std::string messages() const {
    return settings.table_prefix +
           std::string(GetParam() == Layout::SingleTable ? kSingleTable.name : "Messages");
  }
  json::object described() {
    return call(access, "DescribeTable", {{"TableName", messages()}}).at("Table").as_object();
  }

  AwsAccess& access = moto_access();
  TableSettings settings;
};

INSTANTIATE_TEST_SUITE_P(Layouts, CreateTables,
                         ::testing::Values(Layout::MultiTable, Layout::SingleTable),
                         [](const auto& one) {
                           return one.param == Layout::MultiTable ? "MultiTable" : "SingleTable";
                         });

TEST_P(CreateTables, MakesThemAsTheDataModelSays) {
  EXPECT_THAT(check(), Contains(messages() +
                                ": there is no such table; make it with `msghub tables create`"));
  EXPECT_THAT(create(), Contains(messages() + ": being created"));
  EXPECT_THAT(check(), IsEmpty());
  EXPECT_THAT(create(), Contains(messages() + ": is there already")) << "a second time";
  const json::object table = described();
  EXPECT_EQ(table.at("BillingModeSummary").at("BillingMode"), "PAY_PER_REQUEST");
  EXPECT_EQ(table.at("StreamSpecification").at("StreamViewType"), "NEW_AND_OLD_IMAGES");
  EXPECT_EQ(table.at("SSEDescription").at("SSEType"), "KMS");
  EXPECT_EQ(table.at("GlobalSecondaryIndexes").as_array().size(),
            GetParam() == Layout::SingleTable ? 3u : 2u);
  const json::object ttl = call(access, "DescribeTimeToLive", {{"TableName", messages()}});
  EXPECT_EQ(ttl.at("TimeToLiveDescription").at("AttributeName"), "ttl");
}

TEST_P(CreateTables, GivesTheProvisionedUnitsOfTheDataModel) {
  settings.provisioned = true;
  create();
  EXPECT_THAT(check(), IsEmpty());
  const json::object table = described();
  const bool single = GetParam() == Layout::SingleTable;
  EXPECT_EQ(table.at("ProvisionedThroughput").at("ReadCapacityUnits"), single ? 260 : 100);
  EXPECT_EQ(table.at("ProvisionedThroughput").at("WriteCapacityUnits"), single ? 135 : 50);
  settings.provisioned = false;
  EXPECT_THAT(check(), Contains(HasSubstr("is billed by provisioned units, not per request; mend "
                                          "it with: aws dynamodb update-table --table-name " +
                                          messages() + " --billing-mode PAY_PER_REQUEST")));
}

TEST_P(CreateTables, ChecksEachProperty) {
  create();
  call(
      access, "UpdateTable",
      {{"TableName", messages()}, {"StreamSpecification", json::object{{"StreamEnabled", false}}}});
  call(access, "UpdateTimeToLive",
       {{"TableName", messages()},
        {"TimeToLiveSpecification", json::object{{"Enabled", false}, {"AttributeName", "ttl"}}}});
  call(access, "UpdateContinuousBackups",
       {{"TableName", messages()},
        {"PointInTimeRecoverySpecification", json::object{{"PointInTimeRecoveryEnabled", false}}}});
  EXPECT_THAT(check(), ElementsAre(HasSubstr(messages() + ": has no stream; mend it with: aws "),
                                   HasSubstr(messages() + ": items do not expire by \"ttl\"; "),
                                   HasSubstr(": point-in-time recovery is off; ")));
  create();
  EXPECT_THAT(check(), ElementsAre(HasSubstr(": has no stream"))) << "the others are mended";
  settings.kms_key = "another-key";
  EXPECT_THAT(check(), Contains(HasSubstr(": is encrypted with another KMS key")));
}

TEST(CheckTables, SeesTablesOfAnotherMake) {
  AwsAccess& access = moto_access();
  TableSettings settings;
  settings.table_prefix = fresh_prefix();
  settings.layout = Layout::SingleTable;
  const std::string name = settings.table_prefix + std::string(kSingleTable.name);
  call(access, "CreateTable",
       {{"TableName", name},
        {"KeySchema", json::array{json::object{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
        {"AttributeDefinitions",
         json::array{json::object{{"AttributeName", "id"}, {"AttributeType", "N"}}}},
        {"BillingMode", "PAY_PER_REQUEST"}});
  const std::vector<std::string> lines = run_task(check_tables(access.client(), settings));
  EXPECT_THAT(lines, Contains(HasSubstr(name + ": its keys are not PK and SK; ")));
  EXPECT_THAT(lines, Contains(HasSubstr("the key attribute id is no string; ")));
  for (const char* index : {"GSI1", "GSI2", "GSI3"})
    EXPECT_THAT(lines, Contains(HasSubstr(std::string("the index ") + index + " is missing; ")));
  EXPECT_THAT(lines, Contains(HasSubstr("has no stream; ")));
  EXPECT_THAT(lines, Contains(HasSubstr("is not encrypted with a KMS key; ")));
}

}  // namespace
}  // namespace msghub::testing
