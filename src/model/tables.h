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
  std::string_view ttl;  // attribute with the expiry time, or ""
};

enum class Table { Users, Rules, Channels, Messages, Executions, RuleProjects, Integrations };

inline constexpr std::array<TableSchema, 7> kTables{{
    {"Users", "USER#<id>", "METADATA", {{{"GSI1", "EMAIL#<email>", "USER#<id>"}}}, 1, ""},
    {"Rules",
     "RULE#<id>",
     "METADATA",
     {{{"GSI1", "USER#<userId>", "STATUS#<status>#<updatedAt>"},
       {"GSI2", "USER#<userId>", "UPDATED#<updatedAt>"}}},
     2,
     ""},
    {"Channels",
     "CHANNEL#<id>",
     "METADATA",
     {{{"GSI1", "USER#<userId>", "TYPE#<type>#<createdAt>"}}},
     1,
     ""},
    {"Messages",
     "MESSAGE#<id>",
     "METADATA",
     {{{"GSI1", "CHANNEL#<channelId>", "RECEIVED#<receivedAt>"},
       {"GSI2", "STATUS#<status>", "RECEIVED#<receivedAt>"}}},
     2,
     "ttl"},
    {"Executions",
     "EXECUTION#<id>",
     "METADATA",
     {{{"GSI1", "RULE#<ruleId>", "STARTED#<startedAt>"},
       {"GSI2", "MESSAGE#<messageId>", "STARTED#<startedAt>"},
       {"GSI3", "STATUS#<status>", "STARTED#<startedAt>"}}},
     3,
     "ttl"},
    {"RuleProjects",
     "PROJECT#<ruleId>",
     "VERSION#<version>",
     {{{"GSI1", "RULE#<ruleId>", "CREATED#<createdAt>"}}},
     1,
     ""},
    {"Integrations",
     "INTEGRATION#<id>",
     "METADATA",
     {{{"GSI1", "USER#<userId>", "SERVICE#<service>#<createdAt>"}}},
     1,
     ""},
}};

constexpr const TableSchema& schema_of(Table table) {
  return kTables[static_cast<std::size_t>(table)];
}

}  // namespace msghub
