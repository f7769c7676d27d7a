#include "app/cost_model.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace msghub {
namespace {

double of_table(const CostEstimate& estimate, Table table) {
  return estimate.tables[static_cast<std::size_t>(table)].dollars;
}

double dynamo_dollars(const CostEstimate& estimate) {
  double sum = 0;
  for (const ServiceCost& line : estimate.services)
    if (line.service == "DynamoDB" && line.what != "streams") sum += line.dollars;
  return sum;
}

// By hand, from the constants and the prices alone.
TEST(Cost, IsUnitsTimesPrices) {
  Load load;
  load.hubs = 0;
  const CostEstimate estimate = estimate_cost(load, {});
  for (const MeasuredUnits& units : kMeasured) {
    if (units.message_bytes != 5'000 || units.rules != 1) continue;
    const TableCost& cost = estimate.tables[static_cast<std::size_t>(units.table)];
    EXPECT_NEAR(cost.writes, 300'000 * units.write, 1);
    EXPECT_NEAR(cost.index_writes, 300'000 * units.index_write, 1);
    EXPECT_NEAR(cost.reads, 300'000 * units.read, 1);
    EXPECT_NEAR(
        cost.dollars,
        (cost.writes + cost.index_writes) * 1.25e-6 + cost.reads * 0.25e-6 + cost.gigabytes * 0.25,
        1e-6);
    if (units.table == Table::Messages) {
      EXPECT_NEAR(cost.gigabytes, 900'000 * 3 * (units.item_bytes + 100) / (1024.0 * 1024 * 1024),
                  1e-6);
    }
  }
}

// What messages leave nothing in holds the users' own items alone: 500 bytes in table and index.
TEST(Cost, CountsWhatUsersHave) {
  const TableCost users = estimate_cost({}, {}).tables[static_cast<std::size_t>(Table::Users)];
  EXPECT_NEAR(users.gigabytes, 1'000 * 2 * 600 / (1024.0 * 1024 * 1024), 1e-9);
}

TEST(Cost, TablesAndServicesAddUp) {
  for (const double messages : {0.0, 10'000.0, 2e6}) {
    Load load;
    load.messages_per_day = messages;
    const CostEstimate estimate = estimate_cost(load, {});
    double tables = 0, services = 0;
    for (const TableCost& table : estimate.tables) tables += table.dollars;
    for (const ServiceCost& line : estimate.services) services += line.dollars;
    EXPECT_NEAR(tables, dynamo_dollars(estimate), 1e-6);
    EXPECT_NEAR(services, estimate.dollars, 1e-6);
  }
}

TEST(Cost, GrowsWithTheLoad) {
  const auto dollars = [](void (*change)(Load&)) {
    Load load;
    change(load);
    return estimate_cost(load, {}).dollars;
  };
  const double plain = dollars([](Load&) {});
  EXPECT_GT(plain, dollars([](Load& load) { load.messages_per_day = 5'000; }));
  EXPECT_GT(plain, dollars([](Load& load) { load.rules_matched = 0.5; }));
  EXPECT_GT(plain, dollars([](Load& load) { load.message_bytes = 3'000; }));
  EXPECT_GT(plain, dollars([](Load& load) { load.days = 30; }));
  EXPECT_GT(plain, dollars([](Load& load) { load.archive_months = 6; }));
  EXPECT_GT(plain, dollars([](Load& load) { load.users = 10; }));
  EXPECT_GT(plain, dollars([](Load& load) { load.hubs = 1; }));
  EXPECT_LT(plain, dollars([](Load& load) { load.followers = 1; }));
  EXPECT_LT(plain, dollars([](Load& load) { load.rules_matched = 7; }));
  EXPECT_LT(plain, dollars([](Load& load) { load.message_bytes = 50'000; }));
}

// Halfway between two measured sizes and numbers of rules.
TEST(Cost, LiesBetweenWhatWasMeasured) {
  const auto messages_table = [](double bytes, double rules) {
    Load load;
    load.message_bytes = bytes;
    load.rules_matched = rules;
    return of_table(estimate_cost(load, {}), Table::Messages);
  };
  EXPECT_NEAR(messages_table(3'000, 1), (messages_table(1'000, 1) + messages_table(5'000, 1)) / 2,
              1e-6);
  EXPECT_NEAR(messages_table(5'000, 1.5), (messages_table(5'000, 1) + messages_table(5'000, 2)) / 2,
              1e-6);
  EXPECT_NEAR(messages_table(5'000, 3) - messages_table(5'000, 2),
              messages_table(5'000, 2) - messages_table(5'000, 1), 1e-6);
}

TEST(Cost, StandsBesideTheDataModelsFigures) {
  const CostEstimate estimate = estimate_cost({}, {});
  EXPECT_NEAR(estimate.model_dollars, 35.00 + 11.30, 1e-9);
  for (const ServiceCost& line : estimate.services) EXPECT_NE(line.why, "") << line.what;
}

TEST(Prices, AreReplacedByName) {
  const Result<Prices> halved = prices_with({{"writeMillion", 0.625}, {"region", "eu-central-1"}});
  ASSERT_TRUE(halved) << halved.error().detail;
  EXPECT_EQ(halved->write_million, 0.625);
  EXPECT_EQ(halved->region, "eu-central-1");
  EXPECT_EQ(halved->read_million, 0.25);
  EXPECT_EQ(prices_with({{"writes", 1}}).error().detail, "there is no price \"writes\"");
  EXPECT_EQ(prices_with({{"readMillion", -1}}).error().detail,
            "the price \"readMillion\" is negative");
  EXPECT_FALSE(prices_with({{"readMillion", "much"}}));
}

constexpr const char* kCostPage = MSGHUB_SOURCE_DIR "/docs/operations/cost.md";

std::string cost_page() {
  std::ifstream in(kCostPage);
  std::stringstream page;
  page << in.rdbuf();
  return page.str();
}

TEST(CostPage, NamesEveryPrice) {
  const std::string page = cost_page();
  const json::value prices = to_json_value(Prices{});
  for (const auto& [name, price] : prices.get_object()) {
    if (!price.is_number()) continue;
    EXPECT_NE(page.find("`" + std::string(name) + "`"), std::string::npos) << name;
  }
}

// The worked example is what the command prints; MSGHUB_GOLDEN=write puts it there.
TEST(CostPage, ShowsWhatIsPrinted) {
  const std::string report = cost_report(estimate_cost({}, {}), {}, {});
  std::string page = cost_page();
  const std::size_t begin = page.find("```text\n") + 8;
  const std::size_t end = page.find("```\n", begin);
  ASSERT_LT(begin, end);
  const char* golden = std::getenv("MSGHUB_GOLDEN");
  if (golden != nullptr && std::string_view(golden) == "write") {
    std::ofstream out(kCostPage);
    out << page.replace(begin, end - begin, report);
    return;
  }
  EXPECT_EQ(page.substr(begin, end - begin), report);
}

}  // namespace
}  // namespace msghub
