#pragma once

#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/describe.h"
#include "base/time.h"
#include "model/transitions.h"
#include "store/tables.h"

namespace msghub {

// Between entities and items: what the seven repositories share. An item holds the entity's members
// under their JSON names and, beside them, the key attributes that the table's templates ask for.

// How a caller pages: 1 or more items, "" or the cursor of the page before.
struct Paging {
  std::size_t limit = 100;
  std::string cursor;
};

template <class T>
struct PageOf {
  std::vector<T> items;
  std::string cursor;  // "" when this was the last page
};

// The TTL of the data model unless the operator sets another: 90 days after `time`, in seconds
// since 1970.
inline constexpr std::chrono::days kTimeToLive{90};
inline std::int64_t ttl_after(Timestamp time, std::chrono::days lifetime = kTimeToLive) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch() + lifetime).count();
}

// The marks of an item that stands in the archive: when it was put there, and the path of its part.
inline constexpr std::string_view kArchivedAt = "archivedAt";
inline constexpr std::string_view kArchivePart = "archivePart";
inline constexpr std::array<std::string_view, 2> kArchiveMarks{kArchivedAt, kArchivePart};

// "USER#<id>" with the attributes of `item`. Every name in the template must be a text or a whole
// number there.
std::string fill_template(std::string_view key_template, const Item& item);

// Sets PK, SK and all index attributes of an entity's item.
void add_keys(Table table, Item& item);

// Sets the index attributes that follow from what an update sets. An index key made of several
// attributes needs all of them in `set`, or none.
void add_changed_keys(Table table, Item& set);

template <class T>
Item item_of(Table table, const T& entity) {
  json::value value = to_json_value(entity);
  Item item = std::move(value.get_object());
  add_keys(table, item);
  return item;
}

// The stored status is one that `to` may follow, or `to` itself (model/transitions.h).
template <class Status>
Clause edge_clause(Status to, std::string attribute = "status") {
  json::array froms{wire_name(to)};
  for (const Edge<Status>& edge : edges(to))
    if (edge.to == to) froms.emplace_back(wire_name(edge.from));
  return {Clause::Kind::OneOf, std::move(attribute), std::move(froms)};
}

// "leaseOwner" is still what it was when the item was read.
inline Clause lease_clause(const std::optional<std::string>& owner) {
  if (!owner) return {Clause::Kind::NotExists, "leaseOwner", nullptr};
  return {Clause::Kind::Equals, "leaseOwner", json::value(*owner)};
}

// Throws Failure(Never): what is stored under our keys must read as the entity.
[[noreturn]] void throw_unreadable(Table table, const Item& item, const std::string& why);

template <class T>
T entity_of(Table table, const Item& item) {
  Result<T> entity = from_json_value<T>(item);
  if (!entity) throw_unreadable(table, item, entity.error().detail);
  return std::move(*entity);
}

// Changes that make a stored item hold this entity's members, except those named in `keep`.
// Attributes that the entity does not know stay as they are.
template <class T>
Changes changes_to(Table table, const T& entity, const std::vector<std::string>& keep = {}) {
  json::value value = to_json_value(entity);
  Changes changes{.set = std::move(value.get_object())};
  add_changed_keys(table, changes.set);
  for (const std::string& name : keep) changes.set.erase(name);
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
      [&](auto member) {
        const std::string name = camel_case(member.name);
        const bool kept = std::find(keep.begin(), keep.end(), name) != keep.end();
        if (!kept && !changes.set.contains(name)) changes.remove.push_back(name);
      });
  return changes;
}

template <class T>
Task<std::optional<T>> get_entity(Tables& tables, Table table, Key key) {
  const std::optional<Item> item = co_await tables.get(table, std::move(key));
  if (!item) co_return std::nullopt;
  co_return entity_of<T>(table, *item);
}

template <class T>
Task<Result<PageOf<T>>> list_entities(Tables& tables, Query query) {
  const Table table = query.table;
  const Result<Page> page = co_await tables.query(std::move(query));
  if (!page) co_return std::unexpected(page.error());
  PageOf<T> out{.items = {}, .cursor = page->cursor};
  out.items.reserve(page->items.size());
  for (const Item& item : page->items) out.items.push_back(entity_of<T>(table, item));
  co_return out;
}

}  // namespace msghub
