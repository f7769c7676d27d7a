#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>

#include "tests/contract/dynamo_engine.h"
#include "tests/contract/migrate_fixture.h"
#include "tests/contract/rocks_engine.h"

namespace msghub::testing {
namespace {

// With MSGHUB_FULL=1 as many as a house may have collected. Seven walks over one table, as a move
// from the single-table layout makes them, are too slow on moto for as many.
int messages(std::string_view layout) {
  const char* const full = std::getenv("MSGHUB_FULL");
  const bool is_full = full != nullptr && full == std::string_view("1");
  if (layout == "single-table") return is_full ? 2'000 : 300;
  return is_full ? 50'000 : 2'000;
}

void make_bucket(const AwsServer& server, const std::string& name) {
  HttpTransport transport;
  SystemClock clock;
  auto credentials = std::make_shared<aws::FixedCredentials>(aws::Credentials{
      server.text("accessKeyId"), server.text("secretAccessKey"), "", std::nullopt});
  aws::ClientOptions options;
  options.service = "s3";
  options.endpoint = server.url();
  options.region = server.text("region");
  aws::Client client(transport, credentials, clock, options);
  aws::Call call;
  call.operation = "CreateBucket";
  call.method = "PUT";
  call.path = "/" + name;
  call.body = "<CreateBucketConfiguration><LocationConstraint>" + options.region +
              "</LocationConstraint></CreateBucketConfiguration>";
  const aws::Reply reply = run_task(client.call(std::move(call)));
  MSGHUB_CHECK(reply.status == 200);
}

class MigrateToAws : public ::testing::TestWithParam<const char*> {};

TEST_P(MigrateToAws, ThereAndBackKilledTwiceEachWay) {
  const TempFolder folder;
  const AwsServer& server = moto_server();
  const std::string bucket = std::string("moved-") + GetParam();
  make_bucket(server, bucket);
  TableSettings settings;
  settings.table_prefix = fresh_prefix();
  settings.layout =
      GetParam() == std::string("single-table") ? Layout::SingleTable : Layout::MultiTable;
  run_task(create_tables(moto_access().client(), settings, ignore_progress));

  Place first{{"folder", folder.path() + "/first"}, {"key", folder.path() + "/key"}};
  Place third{{"folder", folder.path() + "/third"}, {"key", folder.path() + "/key"}};
  Place aws{{"folder", folder.path() + "/aws"},
            {"key", folder.path() + "/other-key"},
            {"layout", GetParam()},
            {"prefix", settings.table_prefix},
            {"bucket", bucket},
            {"url", server.url()}};
  for (const char* const name : {"region", "accessKeyId", "secretAccessKey"})
    aws[name] = server.text(name);
  const int count = messages(GetParam());
  std::map<std::string, std::string> before;
  {
    OpenHouse house(first);
    fill(house, count);
    before = contents(house);
  }
  const auto begin = std::chrono::steady_clock::now();
  const json::object there = migrate_with_two_kills(first, aws, count / 20, count);
  const auto turned = std::chrono::steady_clock::now();
  const json::object back = migrate_with_two_kills(aws, third, count / 10, count / 2);
  const auto end = std::chrono::steady_clock::now();
  EXPECT_EQ(there, back);
  EXPECT_EQ(there.at("Messages").at("items"), json::value(count));
  OpenHouse house(third);
  EXPECT_TRUE(before == contents(house));
  using Seconds = std::chrono::duration<double>;
  std::printf("%d messages, %zu items and blobs: there %.1f s, back %.1f s\n", count, before.size(),
              Seconds(turned - begin).count(), Seconds(end - turned).count());
}

INSTANTIATE_TEST_SUITE_P(Layouts, MigrateToAws, ::testing::Values("multi-table", "single-table"),
                         [](const auto& named) {
                           return std::string(named.param) == "multi-table" ? "MultiTable"
                                                                            : "SingleTable";
                         });

}  // namespace
}  // namespace msghub::testing
