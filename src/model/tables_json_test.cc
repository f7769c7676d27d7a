// protocol/tables.json is the schema for everything that is not C++: it has to say what tables.h
// says. MSGHUB_GOLDEN=write writes it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/json.h"
#include "model/tables.h"

namespace msghub {
namespace {

json::object key_json(const std::string& attribute, std::string_view key_template) {
  json::object key{{"attribute", attribute}, {"type", "S"}};
  if (!key_template.empty()) key["template"] = key_template;
  return key;
}

json::object index_json(const IndexSchema& index) {
  const std::string name(index.name);
  json::object out;
  out["name"] = name;
  out["partitionKey"] = key_json(name + "PK", index.pk);
  out["sortKey"] = key_json(name + "SK", index.sk);
  out["projection"] = "ALL";
  return out;
}

json::object table_json(const TableSchema& table) {
  json::array indexes;
  for (std::size_t i = 0; i < table.index_count; ++i)
    indexes.emplace_back(index_json(table.indexes[i]));
  json::object out;
  out["name"] = table.name;
  if (!table.entity.empty()) out["entity"] = table.entity;
  out["partitionKey"] = key_json("PK", table.pk);
  out["sortKey"] = key_json("SK", table.sk);
  out["indexes"] = std::move(indexes);
  if (table.ttl.empty())
    out["ttlAttribute"] = nullptr;
  else
    out["ttlAttribute"] = table.ttl;
  out["stream"] = "NEW_AND_OLD_IMAGES";
  out["provisioned"] =
      json::object{{"readUnits", table.read_units}, {"writeUnits", table.write_units}};
  return out;
}

std::string schema_text() {
  json::array tables;
  for (const TableSchema& table : kTables) tables.emplace_back(table_json(table));
  json::array single;
  single.emplace_back(table_json(kSingleTable));
  json::object schema;
  schema["entityTypeAttribute"] = kEntityTypeAttribute;
  schema["layouts"] =
      json::object{{"multi-table", std::move(tables)}, {"single-table", std::move(single)}};
  return to_pretty_json(schema) + "\n";
}

TEST(TablesJson, IsTheSchemaOfTheHeader) {
  const std::filesystem::path path =
      std::filesystem::path(MSGHUB_SOURCE_DIR) / "protocol" / "tables.json";
  const std::string wanted = schema_text();
  const char* mode = std::getenv("MSGHUB_GOLDEN");
  if (mode != nullptr && std::string_view(mode) == "write") {
    std::ofstream(path, std::ios::binary) << wanted;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << ": run with MSGHUB_GOLDEN=write";
  std::stringstream found;
  found << file.rdbuf();
  EXPECT_EQ(found.str(), wanted) << path;
}

}  // namespace
}  // namespace msghub
