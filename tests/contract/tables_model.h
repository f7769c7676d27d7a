#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "store/tables.h"
#include "tests/contract/run_task.h"

// Any engine against the obvious one: a std::map. Random transactions, reads and pages over few
// keys, so that they meet often; every answer must be the same.
namespace msghub::testing {

// The semantics of tables.h once more, as naively as possible, for Table::Executions.
class ModelTables {
 public:
  bool transact(const std::vector<Write>& writes) {
    std::map<std::string, Item> next = items_;
    for (const Write& write : writes)
      if (!apply(write, next)) return false;
    items_ = std::move(next);
    return true;
  }

  std::optional<Item> get(const std::string& pk) const {
    const auto found = items_.find(pk);
    return found == items_.end() ? std::nullopt : std::optional<Item>(found->second);
  }

  // All items of an index's partition in its order.
  std::vector<Item> query(const Query& query) const {
    std::map<std::string, Item> found;  // by sort key
    for (const auto& [pk, item] : items_) {
      const std::string sk = string_or(item, query.index + "SK", "(none)");
      if (string_or(item, query.index + "PK") != query.pk || sk == "(none)") continue;
      if (query.begins_with && !sk.starts_with(*query.begins_with)) continue;
      if (query.between && (sk < query.between->first || sk > query.between->second)) continue;
      found[sk] = item;
    }
    std::vector<Item> items;
    for (auto& [sk, item] : found) items.push_back(std::move(item));
    if (query.newest_first) std::ranges::reverse(items);
    return items;
  }

 private:
  static bool fits(const Condition& condition, const std::map<std::string, Item>& items,
                   const std::string& pk) {
    const auto found = items.find(pk);
    for (const Clause& clause : condition) {
      const json::value* value =
          found == items.end() ? nullptr : found->second.if_contains(clause.attribute);
      if (clause.kind == Clause::Kind::Exists && value == nullptr) return false;
      if (clause.kind == Clause::Kind::NotExists && value != nullptr) return false;
      if (clause.kind == Clause::Kind::Equals && (value == nullptr || *value != clause.value))
        return false;
    }
    return true;
  }

  static bool apply(const Write& write, std::map<std::string, Item>& items) {
    if (const Put* put = std::get_if<Put>(&write)) {
      const std::string pk = string_or(put->item, "PK");
      if (!fits(put->condition, items, pk)) return false;
      items[pk] = put->item;
    } else if (const Delete* removal = std::get_if<Delete>(&write)) {
      if (!fits(removal->condition, items, removal->key.pk)) return false;
      items.erase(removal->key.pk);
    } else if (const Check* check = std::get_if<Check>(&write)) {
      return fits(check->condition, items, check->key.pk);
    } else if (const Update* update = std::get_if<Update>(&write)) {
      const std::string& pk = update->key.pk;
      if (!fits(update->condition, items, pk)) return false;
      Item& item = items.try_emplace(pk, Item{{"PK", pk}, {"SK", "S"}}).first->second;
      for (const auto& member : update->changes.set) item[member.key()] = member.value();
      for (const std::string& name : update->changes.remove) item.erase(name);
      for (const auto& [name, delta] : update->changes.add)
        item[name] = item.contains(name) ? item.at(name).as_int64() + delta : delta;
    }
    return true;
  }

  std::map<std::string, Item> items_;
};

inline std::string any_of(const std::vector<std::string>& choices) {
  return *rc::gen::elementOf(choices);
}

inline constexpr int kPks = 6;
inline std::string any_pk() { return "E" + std::to_string(*rc::gen::inRange(0, kPks)); }
inline std::string any_index_pk() { return any_of({"RULE#1", "RULE#2"}); }
inline std::string any_index_sk() { return any_of({"a", "a#1", "a#2", "b", "c"}); }

inline Condition any_condition() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return if_absent();
    case 1:
      return if_present();
    case 2:
      return if_equal("n", *rc::gen::inRange(0, 3));
    case 3:
      return {{Clause::Kind::NotExists, "n", nullptr}};
    default:
      return {};
  }
}

// Sort keys end with the primary key: the order of equal ones is left to the engine.
inline Item any_index_attributes(const std::string& pk) {
  Item item;
  for (const char* index : {"GSI1", "GSI2", "GSI3"}) {
    if (*rc::gen::inRange(0, 3) != 0) item[std::string(index) + "PK"] = any_index_pk();
    if (*rc::gen::inRange(0, 3) != 0) item[std::string(index) + "SK"] = any_index_sk() + pk;
  }
  return item;
}

inline Write any_write(std::string pk) {
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
    case 1: {
      Item item = any_index_attributes(pk);
      item["PK"] = pk;
      item["SK"] = "S";
      if (*rc::gen::inRange(0, 2) == 0) item["n"] = *rc::gen::inRange(0, 3);
      return Put{Table::Executions, std::move(item), any_condition()};
    }
    case 2: {
      Changes changes;
      changes.set = any_index_attributes(pk);
      for (const char* name : {"GSI1PK", "GSI2SK", "GSI3PK", "n"})
        if (!changes.set.contains(name) && *rc::gen::inRange(0, 4) == 0)
          changes.remove.push_back(name);
      const bool kept =
          std::find(changes.remove.begin(), changes.remove.end(), "n") == changes.remove.end();
      if (kept) changes.add = {{"n", *rc::gen::inRange(-2, 3)}};
      return Update{Table::Executions, {std::move(pk), "S"}, std::move(changes), any_condition()};
    }
    case 3:
      return Delete{Table::Executions, {std::move(pk), "S"}, any_condition()};
    default:
      return Check{Table::Executions, {std::move(pk), "S"}, any_condition()};
  }
}

inline std::vector<Write> any_transaction() {
  std::vector<Write> writes;
  std::vector<std::string> used;
  const int count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) {
    const std::string pk = any_pk();
    if (std::find(used.begin(), used.end(), pk) != used.end()) continue;
    used.push_back(pk);
    writes.push_back(any_write(pk));
  }
  return writes;
}

inline Query any_query() {
  Query query{
      .table = Table::Executions, .index = any_of({"GSI1", "GSI2", "GSI3"}), .pk = any_index_pk()};
  const int filter = *rc::gen::inRange(0, 3);
  if (filter == 1) query.begins_with = any_of({"a", "a#", "b", "x"});
  if (filter == 2) query.between = {any_index_sk(), any_index_sk()};
  query.newest_first = *rc::gen::inRange(0, 2) == 0;
  query.limit = static_cast<std::size_t>(*rc::gen::inRange(1, 4));
  return query;
}

inline std::vector<Item> all_pages(Tables& tables, Query query) {
  std::vector<Item> items;
  do {
    Result<Page> page = run_task(tables.query(query));
    RC_ASSERT(page.has_value());
    RC_ASSERT(page->items.size() <= query.limit);
    for (Item& item : page->items) items.push_back(std::move(item));
    query.cursor = page->cursor;
  } while (!query.cursor.empty());
  return items;
}

// Does `steps` random things to `tables` and to the model.
inline void compare_with_model(Tables& tables, int steps, void (*settle)(Tables&)) {
  ModelTables model;
  std::vector<Write> leftovers;
  for (int i = 0; i < kPks; ++i)
    leftovers.push_back(Delete{Table::Executions, {"E" + std::to_string(i), "S"}, {}});
  RC_ASSERT(run_task(tables.transact(std::move(leftovers))).has_value());
  for (int step = 0; step < steps; ++step) {
    const std::vector<Write> writes = any_transaction();
    const Result<void> result = run_task(tables.transact(writes));
    RC_ASSERT(result.has_value() == model.transact(writes));
    const std::string pk = any_pk();
    RC_ASSERT(run_task(tables.get(Table::Executions, {pk, "S"})) == model.get(pk));
    settle(tables);
    const Query query = any_query();
    RC_ASSERT(all_pages(tables, query) == model.query(query));
  }
}

}  // namespace msghub::testing
