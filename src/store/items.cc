#include "store/items.h"

#include "store/semantics.h"

namespace msghub {

namespace {

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  MSGHUB_CHECK(value.is_int64());
  return std::to_string(value.get_int64());
}

// Calls `text` and `name` with the parts of "STATUS#<status>#<updatedAt>" in turn.
template <class OnText, class OnName>
void scan_template(std::string_view key_template, OnText text, OnName name) {
  while (!key_template.empty()) {
    const std::size_t open = key_template.find('<');
    text(key_template.substr(0, open));
    if (open == std::string_view::npos) return;
    const std::size_t close = key_template.find('>', open);
    MSGHUB_CHECK(close != std::string_view::npos);
    name(key_template.substr(open + 1, close - open - 1));
    key_template.remove_prefix(close + 1);
  }
}

void add_changed_key(std::string_view attribute, std::string_view key_template, Item& set) {
  std::size_t wanted = 0;
  std::size_t there = 0;
  scan_template(
      key_template, [](std::string_view) {},
      [&](std::string_view name) {
        ++wanted;
        if (set.contains(name)) ++there;
      });
  if (there == 0) return;
  MSGHUB_CHECK(there == wanted);
  set[attribute] = fill_template(key_template, set);
}

}  // namespace

std::string fill_template(std::string_view key_template, const Item& item) {
  std::string out;
  scan_template(
      key_template, [&](std::string_view text) { out += text; },
      [&](std::string_view name) {
        const json::value* value = item.if_contains(name);
        MSGHUB_CHECK(value != nullptr);
        out += text_of(*value);
      });
  return out;
}

void add_keys(Table table, Item& item) {
  const TableSchema& schema = schema_of(table);
  item["PK"] = fill_template(schema.pk, item);
  item["SK"] = fill_template(schema.sk, item);
  const auto attributes = index_attributes(table);
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    item[attributes[i].pk] = fill_template(schema.indexes[i].pk, item);
    item[attributes[i].sk] = fill_template(schema.indexes[i].sk, item);
  }
}

void add_changed_keys(Table table, Item& set) {
  const TableSchema& schema = schema_of(table);
  const auto attributes = index_attributes(table);
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    add_changed_key(attributes[i].pk, schema.indexes[i].pk, set);
    add_changed_key(attributes[i].sk, schema.indexes[i].sk, set);
  }
}

void throw_unreadable(Table table, const Item& item, const std::string& why) {
  throw Failure(Failure::Retry::Never, "the stored item " + string_or(item, "PK") + " of " +
                                           std::string(schema_of(table).name) +
                                           " cannot be read: " + why);
}

}  // namespace msghub
