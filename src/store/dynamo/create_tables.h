#pragma once

#include <functional>
#include <string>
#include <vector>

#include "aws/client.h"
#include "base/task.h"
#include "model/tables.h"

namespace msghub {

// How the hub's tables are to be in DynamoDB. Keys, indexes (each with all attributes), TTL and
// streams (NEW_AND_OLD_IMAGES) follow from model/tables.h.
struct TableSettings {
  std::string table_prefix;
  Layout layout = Layout::MultiTable;
  bool provisioned = false;  // the schema's units for table and indexes; else pay per request
  std::string kms_key;       // a key of yours; "" = the one that AWS keeps for DynamoDB
  bool point_in_time_recovery = true;
};

// Makes the tables that are not there, and switches TTL and point-in-time recovery on; leaves
// alone what a table that is there has else (see check_tables). Ends when all can be used, which
// takes minutes on AWS; may be called again after a break. `progress` gets a line for each step. A
// server without TTL or recovery is told of there, too.
// Throws what the client throws, Failure(Never) when a call is refused, and Failure(Later) when a
// table has not become usable within 15 minutes.
Task<void> create_tables(aws::Client& client, TableSettings settings,
                         std::function<void(const std::string&)> progress);

// Whether the table Users is there, so that its items can be read.
Task<bool> has_users_table(aws::Client& client, TableSettings settings);

// Each difference between the tables and the settings as one line: what, where, and how to mend it.
// Empty when there is none. Throws as create_tables does.
Task<std::vector<std::string>> check_tables(aws::Client& client, TableSettings settings);

}  // namespace msghub
