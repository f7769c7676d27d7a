#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace msghub {

// The tables of the data model as data: what stores, deployment templates and docs are made from.
// Key templates stand for themselves: "<receivedAt>" is the item's attribute of that name.
struct IndexSchema {
  std::string_view name;  // "GSI1"
  std::string_view pk;    // template of its partition key, attribute "<name>PK"
  std::string_view sk;    // template of its sort key, attribute "<name>SK"
};

struct TableSchema {
  std::string_view name;
  std::string_view pk;  // attribute "PK"
  std::string_view sk;  // attribute "SK"
  std::array<IndexSchema, 3> indexes;
  std::size_t index_count;
  std::string_view ttl;     // attribute with the expiry time, or ""
  std::string_view entity;  // what one item is: the attribute EntityType of the single-table layout
  int read_units;           // of the provisioned mode, a second
  int write_units;
};

// Seven tables, or one with the same keys in which EntityType tells the items apart.
enum class Layout { MultiTable, SingleTable };
inline constexpr std::string_view kEntityTypeAttribute = "EntityType";

enum class Table { Users, Rules, Channels, Messages, Executions, RuleProjects, Integrations };

inline constexpr std::array<TableSchema, 7> kTables{{
    {"Users",
     "USER#<id>",
     "METADATA",
     {{{"GSI1", "EMAIL#<email>", "USER#<id>"}}},
     1,
     "",
     "User",
     5,
     5},
    {"Rules",
     "RULE#<id>",
     "METADATA",
     {{{"GSI1", "USER#<userId>", "STATUS#<status>#<updatedAt>"},
       {"GSI2", "USER#<userId>", "UPDATED#<updatedAt>"}}},
     2,
     "",
     "Rule",
     25,
     10},
    {"Channels",
     "CHANNEL#<id>",
     "METADATA",
     {{{"GSI1", "USER#<userId>", "TYPE#<type>#<createdAt>"}}},
     1,
     "",
     "Channel",
     10,
     5},
    {"Messages",
     "MESSAGE#<id>",
     "METADATA",
     {{{"GSI1", "CHANNEL#<channelId>", "RECEIVED#<receivedAt>"},
       {"GSI2", "STATUS#<status>", "RECEIVED#<receivedAt>"}}},
     2,
     "ttl",
     "Message",
     100,
     50},
    {"Executions",
     "EXECUTION#<id>",
     "METADATA",
     {{{"GSI1", "RULE#<ruleId>", "STARTED#<startedAt>"},
       {"GSI2", "MESSAGE#<messageId>", "STARTED#<startedAt>"},
       {"GSI3", "STATUS#<status>", "STARTED#<startedAt>"}}},
     3,
     "ttl",
     "Execution",
     100,
     50},
    {"RuleProjects",
     "PROJECT#<ruleId>",
     "VERSION#<version>",
     {{{"GSI1", "RULE#<ruleId>", "CREATED#<createdAt>"}}},
     1,
     "",
     "RuleProject",
     10,
     10},
    {"Integrations",
     "INTEGRATION#<id>",
     "METADATA",
     {{{"GSI1", "USER#<userId>", "SERVICE#<service>#<createdAt>"}}},
     1,
     "",
     "Integration",
     10,
     5},
}};

constexpr const TableSchema& schema_of(Table table) {
  return kTables[static_cast<std::size_t>(table)];
}

// The single-table layout: key templates as in kTables, by EntityType; the provisioned figures are
// the sums of theirs.
inline constexpr TableSchema kSingleTable = [] {
  TableSchema all{
      "MessageAutomationHub", "", "", {{{"GSI1"}, {"GSI2"}, {"GSI3"}}}, 3, "ttl", "", 0, 0};
  for (const TableSchema& table : kTables) {
    all.read_units += table.read_units;
    all.write_units += table.write_units;
  }
  return all;
}();

}  // namespace msghub
