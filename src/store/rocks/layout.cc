#include "store/rocks/layout.h"

#include <algorithm>
#include <array>

#include "store/rocks/keys.h"

namespace msghub::rocks {

namespace {

// What the JSON text of each entity begins with in the single table. It comes first so that neither
// filtering nor taking it away needs a parser.
const std::array<std::string, kTables.size()>& beginnings() {
  static const auto all = [] {
    std::array<std::string, kTables.size()> texts;
    for (std::size_t i = 0; i < kTables.size(); ++i)
      texts[i] = "{\"" + std::string(kEntityTypeAttribute) + "\":\"" +
                 std::string(kTables[i].entity) + "\",";
    return texts;
  }();
  return all;
}

}  // namespace

std::string_view family_name(Layout layout, Table table) {
  return layout == Layout::SingleTable ? kSingleTable.name : schema_of(table).name;
}

std::vector<std::string> family_names(Layout layout) {
  std::vector<std::string> names;
  const auto add = [&names](const TableSchema& schema) {
    names.emplace_back(schema.name);
    for (std::size_t i = 0; i < schema.index_count; ++i)
      names.push_back(std::string(schema.name) + "." + std::string(schema.indexes[i].name));
  };
  if (layout == Layout::SingleTable)
    add(kSingleTable);
  else
    for (const TableSchema& schema : kTables) add(schema);
  return names;
}

std::optional<Layout> layout_in(const std::vector<std::string>& families) {
  for (const Layout layout : {Layout::SingleTable, Layout::MultiTable})
    for (const std::string& name : family_names(layout))
      if (std::ranges::find(families, name) != families.end()) return layout;
  return std::nullopt;
}

std::string_view words_for(Layout layout) {
  return layout == Layout::SingleTable ? "one table for all entities" : "one table for each entity";
}

std::string encode_item(Layout layout, Table table, std::string_view json_text) {
  if (layout == Layout::MultiTable) return encode_record(json_text);
  return encode_record(beginnings()[static_cast<std::size_t>(table)] +
                       std::string(json_text.substr(1)));
}

bool is_of(Layout layout, Table table, std::string_view record) {
  if (layout == Layout::MultiTable) return true;
  return text_of_record(record).starts_with(beginnings()[static_cast<std::size_t>(table)]);
}

Item decode_item(Layout layout, std::string_view record) {
  const std::string_view text = text_of_record(record);
  if (layout == Layout::MultiTable) return item_of_text(text);
  const std::size_t end = text.find(',');
  if (end == std::string_view::npos || !table_of(record)) return item_of_text("");
  return item_of_text("{" + std::string(text.substr(end + 1)));
}

std::optional<Table> table_of(std::string_view record) {
  for (std::size_t i = 0; i < kTables.size(); ++i)
    if (is_of(Layout::SingleTable, static_cast<Table>(i), record)) return static_cast<Table>(i);
  return std::nullopt;
}

}  // namespace msghub::rocks
