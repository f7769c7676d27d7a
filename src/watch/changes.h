#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "store/change_feed.h"

namespace msghub {

// The store's change feed as users see it: what happened to entities, without what is secret.

// In the place of every secret.
inline constexpr std::string_view kHidden = "[hidden]";

// Whether a key is an entity's of the data model. All else (names, leases, cursors, the audit log)
// is the hub's own bookkeeping, and no change for users.
bool is_entity_key(Table table, const Key& key);

// {id, at, table, key: {PK, SK}, kind: insert | modify | remove, before?, after?}. `before` and
// `after` hold the entity's members; keys of indexes are left out. kHidden stands for sealed texts
// wherever they are, for User.email, Channel.credentials, config.webhookSecret and
// config.webhookUrl (who knows it may send), and Integration.credentials.
json::object shown_change(const Change& change);

// The table of this name ("Messages"); nothing when there is none.
std::optional<Table> table_named(std::string_view name);

struct ChangesQuery {
  std::string cursor = "oldest";      // "oldest", "now", or ShownChanges::cursor of the page before
  std::set<Table> tables;             // none: all
  std::size_t limit = 100;            // changes a page, about
  std::chrono::milliseconds wait{};   // for a first change when there is none now
  std::chrono::milliseconds pause{};  // between two looks meanwhile
  std::function<bool()> stopped;      // ends the waiting early
};

struct ShownChanges {
  std::vector<json::object> changes;
  std::string cursor;      // where to go on; never ""
  bool caught_up = false;  // there was nothing more at the moment of reading
};

// A page of changes. Returns when it has one, when `wait` is over, or when all was read and `wait`
// is 0; then it may be empty. Refuses as ChangeFeed::read. `feed` outlives the task.
Task<Result<ShownChanges>> read_changes(ChangesQuery query, ChangeFeed& feed);

}  // namespace msghub
