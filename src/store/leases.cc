#include "store/leases.h"

namespace msghub {

namespace {

Key lease_key(const std::string& name) { return {"LEASE#" + name, "METADATA"}; }

Item lease_item(const Lease& lease) {
  json::value value = to_json_value(lease);
  Item item = std::move(value.get_object());
  Key key = lease_key(lease.name);
  item["PK"] = key.pk;
  item["SK"] = key.sk;
  return item;
}

}  // namespace

Task<std::optional<Lease>> Leases::read(std::string name) {
  co_return co_await get_entity<Lease>(tables_, Table::Channels, lease_key(name));
}

Task<bool> Leases::take(std::string name, std::string owner, Timestamp now, Timestamp until) {
  const std::optional<Lease> held = co_await read(name);
  if (held && held->owner != owner && held->until + kClockSkew > now) co_return false;
  // Whoever reads the same claim and is slower is refused.
  Condition condition = if_absent();
  if (held)
    condition = {{Clause::Kind::Equals, "owner", json::value(held->owner)},
                 {Clause::Kind::Equals, "until", json::value(to_iso8601(held->until))}};
  std::vector<Write> writes;
  writes.push_back(
      Put{Table::Channels, lease_item(Lease{name, owner, until}), std::move(condition)});
  const Result<void> taken = co_await tables_.transact(std::move(writes));
  if (!taken && taken.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Never, taken.error().detail);
  co_return taken.has_value();
}

Task<std::optional<Lease>> Leases::find_held(std::string prefix, Timestamp now) {
  const std::string begin = lease_key(prefix).pk;
  Scan scan{.table = Table::Channels};
  do {
    const Result<Page> page = co_await tables_.scan(scan);
    if (!page) throw Failure(Failure::Retry::Never, page.error().detail);
    for (const Item& item : page->items) {
      if (!string_or(item, "PK").starts_with(begin)) continue;
      Lease lease = entity_of<Lease>(Table::Channels, item);
      if (lease.until + kClockSkew > now) co_return lease;
    }
    scan.cursor = page->cursor;
  } while (!scan.cursor.empty());
  co_return std::nullopt;
}

Task<void> Leases::release(std::string name, std::string owner) {
  std::vector<Write> writes;
  writes.push_back(Delete{Table::Channels, lease_key(name), if_equal("owner", json::value(owner))});
  const Result<void> released = co_await tables_.transact(std::move(writes));
  if (!released && released.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Never, released.error().detail);
}

}  // namespace msghub
