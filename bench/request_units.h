#pragma once

#include <array>
#include <string>
#include <vector>

#include "store/metered_tables.h"

namespace msghub {

// What one message costs on DynamoDB, measured: the steps of the corridor as a hub runs them (a
// webhook's request, ingest, matching, one try of each execution in a worker, the message's end,
// and later its archiving and deletion), on RocksDB under MeteredTables.
//
// The hub is one of a fleet with little to do, for which each message is the first of a while: its
// channel and its owner's rules are read anew. The owner has kActiveRules active rules of one step
// each (a webhook), and one connection.
inline constexpr int kActiveRules = 3;

struct MessageUnits {
  std::size_t message_bytes = 0;  // of the request's body
  int rules = 0;                  // that match: 0 … kActiveRules
  struct Step {
    std::string name;
    TablesUnits units;
  };
  std::vector<Step> steps;
  TablesUnits total() const;
  // A sweep that finds nothing to archive or delete.
  TablesUnits idle_sweep{};
  // As DynamoDB counts, when all is done; in the order of Table. 0 where nothing came to be.
  std::array<double, kTables.size()> item_bytes{};
};

// Starts Node.js workers from `source` (the root of the repository); takes a few seconds. Throws
// Failure when a step does not end as it should.
MessageUnits measure_message(const std::string& source, std::size_t message_bytes, int rules);

}  // namespace msghub
