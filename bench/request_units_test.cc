#include "bench/request_units.h"

#include <gtest/gtest.h>

#include "app/cost_model.h"

namespace msghub {
namespace {

const MeasuredUnits* constant(int bytes, int rules, Table table) {
  for (const MeasuredUnits& units : kMeasured)
    if (units.message_bytes == bytes && units.rules == rules && units.table == table) return &units;
  return nullptr;
}

// When this fails the hub's use of its tables has changed: write the output of `bench_request_units
// --constants` to src/app/cost_measured.inc, and the page's example with MSGHUB_GOLDEN=write
// app_test.
class CostConstants : public testing::TestWithParam<int> {};

TEST_P(CostConstants, AreWhatTheCorridorNeedsNow) {
  const int bytes = GetParam();
  for (int rules = 0; rules <= kMeasuredRules; ++rules) {
    const MessageUnits now =
        measure_message(MSGHUB_SOURCE_DIR, static_cast<std::size_t>(bytes), rules);
    const TablesUnits total = now.total();
    for (std::size_t i = 0; i < kTables.size(); ++i) {
      SCOPED_TRACE(std::string(kTables[i].name) + ", rules: " + std::to_string(rules));
      const MeasuredUnits* known = constant(bytes, rules, static_cast<Table>(i));
      ASSERT_EQ(known != nullptr, total[i].calls > 0);
      if (known == nullptr) continue;
      // Milliseconds in the items are now longer, now shorter: a sweep's page may be a block more.
      EXPECT_NEAR(known->read, total[i].read, 0.1);
      EXPECT_NEAR(known->write, total[i].write, 0.1);
      EXPECT_NEAR(known->index_write, total[i].index_write, 0.1);
      EXPECT_NEAR(known->item_bytes, now.item_bytes[i], 20);
    }
    double reads = 0, writes = 0;
    for (const TableUnits& units : now.idle_sweep) {
      reads += units.read;
      writes += units.write + units.index_write;
    }
    EXPECT_EQ(kIdleSweepReads, reads);
    EXPECT_EQ(kIdleSweepWrites, writes);
  }
}

INSTANTIATE_TEST_SUITE_P(EachSize, CostConstants, testing::ValuesIn(kMeasuredBytes));

}  // namespace
}  // namespace msghub
