#include "watch/changes.h"

#include <algorithm>

#include "vault/vault.h"

namespace msghub {

namespace {

// "USER#" of "USER#<id>", "METADATA" of "METADATA".
std::string_view fixed_part(std::string_view key_template) {
  return key_template.substr(0, key_template.find('<'));
}

bool fits(std::string_view key_template, std::string_view key) {
  const std::string_view fixed = fixed_part(key_template);
  return fixed.size() == key_template.size() ? key == fixed : key.starts_with(fixed);
}

// "PK", "SK", "GSI1PK" …
bool is_key_attribute(const TableSchema& schema, std::string_view name) {
  if (name == "PK" || name == "SK") return true;
  for (std::size_t i = 0; i < schema.index_count; ++i) {
    const std::string_view index = schema.indexes[i].name;
    if (name.starts_with(index) &&
        (name.substr(index.size()) == "PK" || name.substr(index.size()) == "SK"))
      return true;
  }
  return false;
}

// A text of the vault is nobody's business, in whatever member it stands.
void hide_sealed(json::value& value) {
  if (json::string* text = value.if_string()) {
    if (is_sealed(*text)) value = kHidden;
  } else if (json::array* list = value.if_array()) {
    for (json::value& inner : *list) hide_sealed(inner);
  } else if (json::object* object = value.if_object()) {
    for (auto& member : *object) hide_sealed(member.value());
  }
}

void hide(json::object& object, std::string_view member) {
  if (json::value* value = object.if_contains(member)) *value = kHidden;
}

json::object shown_item(Table table, const Item& item) {
  json::object out;
  for (const auto& [name, value] : item) {
    if (is_key_attribute(schema_of(table), name)) continue;
    hide_sealed(out.emplace(name, value).first->value());
  }
  if (table == Table::Users) hide(out, "email");
  if (table == Table::Channels || table == Table::Integrations) hide(out, "credentials");
  json::value* const config = table == Table::Channels ? out.if_contains("config") : nullptr;
  if (config != nullptr && config->is_object()) {
    hide(config->get_object(), "webhookSecret");
    hide(config->get_object(), "webhookUrl");
  }
  return out;
}

}  // namespace

bool is_entity_key(Table table, const Key& key) {
  return fits(schema_of(table).pk, key.pk) && fits(schema_of(table).sk, key.sk);
}

json::object shown_change(const Change& change) {
  const std::string_view kind = !change.before ? "insert" : !change.after ? "remove" : "modify";
  json::object out{{"id", change.id},
                   {"at", to_iso8601(change.at)},
                   {"table", schema_of(change.table).name},
                   {"key", {{"PK", change.key.pk}, {"SK", change.key.sk}}},
                   {"kind", kind}};
  if (change.before) out["before"] = shown_item(change.table, *change.before);
  if (change.after) out["after"] = shown_item(change.table, *change.after);
  return out;
}

std::optional<Table> table_named(std::string_view name) {
  const auto found = std::ranges::find(kTables, name, &TableSchema::name);
  if (found == kTables.end()) return std::nullopt;
  return static_cast<Table>(found - kTables.begin());
}

Task<Result<ShownChanges>> read_changes(ChangesQuery query, ChangeFeed& feed) {
  const auto until = std::chrono::steady_clock::now() + query.wait;
  ShownChanges shown;
  shown.cursor = query.cursor == "oldest" ? std::string() : query.cursor;
  if (query.cursor == "now") shown.cursor = co_await feed.end();
  for (;;) {
    Result<ChangePage> page = co_await feed.read(shown.cursor, query.limit);
    if (!page) co_return std::unexpected(page.error());
    shown.cursor = std::move(page->cursor);
    shown.caught_up = page->caught_up;
    for (const Change& change : page->changes) {
      const bool wanted = query.tables.empty() || query.tables.contains(change.table);
      if (wanted && is_entity_key(change.table, change.key))
        shown.changes.push_back(shown_change(change));
    }
    if (!shown.changes.empty()) co_return shown;
    const bool over =
        std::chrono::steady_clock::now() >= until || (query.stopped && query.stopped());
    // What was read and is not shown may be a lot: a page of nothing gives its cursor away, too.
    if (over) co_return shown;
    if (shown.caught_up) co_await sleep_for(query.pause);
  }
}

}  // namespace msghub
