#include "retention/sweep.h"

#include <algorithm>

#include "base/log.h"
#include "base/parallel.h"

namespace msghub {

namespace {

constexpr std::size_t kTroublesKept = 10;
constexpr std::size_t kPageItems = 200;
constexpr std::size_t kAtOnce = 16;  // writes

}  // namespace

void Sweep::trouble(std::string what) {
  log(LogLevel::Warn, "retention hindered", {{"why", what}});
  if (report.troubles.size() < kTroublesKept) report.troubles.push_back(std::move(what));
}

AgeWalk::AgeWalk(Sweep& sweep, Table table, std::string_view status, Timestamp until,
                 std::string_view purpose)
    : sweep_(sweep), index_(age_index(table)) {
  const std::string prefix(index_.prefix);
  std::string from = prefix;
  if (!purpose.empty()) {
    front_ =
        std::string(purpose) + "/" + std::string(schema_of(table).name) + "/" + std::string(status);
    const auto found = sweep.state.fronts.find(front_);
    if (found != sweep.state.fronts.end()) from = found->second;
  }
  query_ = {.table = table,
            .index = std::string(index_.index),
            .pk = "STATUS#" + std::string(status),
            .between = {{from, prefix + to_iso8601(until)}},
            .limit = kPageItems,
            .with_expired = true};
  done_ = query_.between->first > query_.between->second;
}

Task<bool> AgeWalk::next() {
  if (done_) co_return false;
  co_await sweep_.renew();
  Result<Page> page = co_await sweep_.tables.query(query_);
  if (!page) throw Failure(Failure::Retry::Never, page.error().detail);
  items_ = std::move(page->items);
  query_.cursor = page->cursor;
  done_ = query_.cursor.empty();
  if (!items_.empty()) place_ = string_or(items_.back(), std::string(index_.index) + "SK");
  co_return true;
}

void AgeWalk::keep_place() {
  if (!front_.empty() && !place_.empty()) sweep_.state.fronts[front_] = place_;
}

Condition unchanged(const Item& item) {
  Condition condition;
  for (const std::string_view name :
       {std::string_view("ttl"), std::string_view("status"), kArchivePart}) {
    const json::value* value = item.if_contains(name);
    if (value != nullptr)
      condition.push_back({Clause::Kind::Equals, std::string(name), *value});
    else
      condition.push_back({Clause::Kind::NotExists, std::string(name), nullptr});
  }
  return condition;
}

namespace {

// A conflict means that somebody wrote the item since: it is looked at again later.
Task<void> hold(Sweep& sweep, Table table, const Item& item) {
  Changes changes;
  changes.set["ttl"] = held_until(item, sweep.now);
  std::vector<Write> writes;
  writes.push_back(Update{
      table, {string_or(item, "PK"), string_or(item, "SK")}, std::move(changes), unchanged(item)});
  const Result<void> held = co_await sweep.tables.transact(std::move(writes));
  if (held) ++sweep.report.held;
}

Task<void> hold_status(Sweep& sweep, Table table, std::string_view status) {
  const Timestamp until = latest_birth(sweep.now + sweep.options.ahead / 4, sweep.shortest());
  AgeWalk walk(sweep, table, status, until);
  for (;;) {
    const bool more = co_await walk.next();
    if (!more) break;
    std::vector<const Item*> items;
    for (const Item& item : walk.items())
      if (must_hold(item, sweep.now, sweep.options.ahead)) items.push_back(&item);
    co_await each_of(items.size(), kAtOnce, [&sweep, table, &items](std::size_t i) {
      return hold(sweep, table, *items[i]);
    });
  }
}

}  // namespace

Task<void> hold_back(Sweep& sweep, Table table) {
  const std::int64_t before = sweep.report.held;
  const AgeIndex& index = age_index(table);
  co_await hold_status(sweep, table, index.open_status);
  // When archiving got through, nothing is left to hold.
  const bool through = sweep.report.finished && sweep.report.troubles.empty();
  if (sweep.options.store_deletes && !through)
    for (const std::string_view status : index.final_statuses)
      co_await hold_status(sweep, table, status);
  if (sweep.report.held > before)
    log(LogLevel::Warn, "items held",
        {{"table", schema_of(table).name}, {"count", sweep.report.held - before}});
}

}  // namespace msghub
