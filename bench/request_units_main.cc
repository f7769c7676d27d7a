// Question: what does one message cost on DynamoDB? Request units by step and table, for messages
// of
//           several sizes that 0, 1 and 2 rules match.
// Pass:     the figures are those that `msghub cost` counts with; request_units_test checks that.
// Use:      bench_request_units [--constants]; with --constants it prints the rows for
//           src/app/cost_measured.inc.
#include <cstdio>
#include <string_view>

#include "app/cost_model.h"
#include "base/log.h"
#include "bench/request_units.h"

namespace {

using namespace msghub;

const char* name_of(std::size_t table) { return kTables[table].name.data(); }

void print_steps(const MessageUnits& measured) {
  std::printf("%zu bytes, %d rules\n  %-9s %-13s %8s %8s %8s\n", measured.message_bytes,
              measured.rules, "STEP", "TABLE", "READ", "WRITE", "INDEXES");
  for (const MessageUnits::Step& step : measured.steps)
    for (std::size_t table = 0; table < kTables.size(); ++table) {
      const TableUnits& units = step.units[table];
      if (units.calls > 0)
        std::printf("  %-9s %-13s %8.2f %8.2f %8.2f\n", step.name.c_str(), name_of(table),
                    units.read, units.write, units.index_write);
    }
}

void print_constants(const MessageUnits& measured) {
  const TablesUnits total = measured.total();
  for (std::size_t table = 0; table < kTables.size(); ++table) {
    const TableUnits& units = total[table];
    if (units.calls > 0)
      std::printf("{%zu, %d, Table::%s, %.2f, %.2f, %.2f, %.0f},\n", measured.message_bytes,
                  measured.rules, name_of(table), units.read, units.write, units.index_write,
                  measured.item_bytes[table]);
  }
}

void print_idle_sweep(const TablesUnits& units) {
  std::printf("a sweep that finds nothing:\n");
  for (std::size_t table = 0; table < kTables.size(); ++table)
    if (units[table].calls > 0)
      std::printf("  %-13s %8.2f read %8.2f write\n", name_of(table), units[table].read,
                  units[table].write);
}

}  // namespace

int main(int argc, char** argv) {
  msghub::set_log_level(msghub::LogLevel::Warn);
  const bool constants = argc > 1 && std::string_view(argv[1]) == "--constants";
  TablesUnits idle{};
  for (const int bytes : kMeasuredBytes)
    for (int rules = 0; rules <= kMeasuredRules; ++rules) {
      const MessageUnits measured =
          measure_message(MSGHUB_SOURCE_DIR, static_cast<std::size_t>(bytes), rules);
      if (constants)
        print_constants(measured);
      else
        print_steps(measured);
      idle = measured.idle_sweep;
    }
  if (!constants) print_idle_sweep(idle);
}
