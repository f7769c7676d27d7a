#include "store/metered_tables.h"

#include <set>

#include "store/dynamo/attribute_values.h"
#include "store/semantics.h"

namespace msghub {

namespace {

// DynamoTables' own attribute with the token of the write: a name of 1 and a text of 11 bytes.
constexpr std::size_t kTokenBytes = 12;

bool in_index(const Item* item, const IndexAttributes& index) {
  return item != nullptr && item->contains(index.pk) && item->contains(index.sk);
}

bool same_place(const Item& a, const Item& b, const IndexAttributes& index) {
  return a.at(index.pk) == b.at(index.pk) && a.at(index.sk) == b.at(index.sk);
}

bool adds(const Write& write) {
  const Update* update = std::get_if<Update>(&write);
  return update != nullptr && !update->changes.add.empty();
}

}  // namespace

double index_write_units(Table table, SizedItem before, SizedItem after) {
  double units = 0;
  for (const IndexAttributes& index : index_attributes(table)) {
    const bool was = in_index(before.item, index);
    const bool is = in_index(after.item, index);
    if (was && is && same_place(*before.item, *after.item, index)) {
      units += write_units(std::max(before.bytes, after.bytes), false);
      continue;
    }
    if (was) units += write_units(before.bytes, false);
    if (is) units += write_units(after.bytes, false);
  }
  return units;
}

namespace {

// A write meets an item whose ttl has passed, too, which no other read shows.
Task<std::optional<Item>> stored_item(Tables& tables, Table table, Key key) {
  Query query{.table = table,
              .pk = key.pk,
              .between = {{key.sk, key.sk}},
              .limit = 1,
              .with_expired = true};
  Result<Page> page = co_await tables.query(std::move(query));
  if (!page || page->items.empty()) co_return std::nullopt;
  co_return std::move(page->items.front());
}

}  // namespace

// What one write does to its item.
struct MeteredTables::Effect {
  Table table;
  bool is_check = false;
  std::optional<Item> before, after;
};

TablesUnits MeteredTables::units() const {
  const std::lock_guard lock(mutex_);
  return units_;
}

void MeteredTables::reset() {
  const std::lock_guard lock(mutex_);
  units_ = {};
}

// What DynamoDB cannot hold was refused or will be, and has no size there.
std::size_t MeteredTables::size_of(Table table, const Item& item) const {
  const Result<json::object> attributes = dynamo::to_attributes(item);
  if (!attributes) return 0;
  std::size_t size = dynamo::attributes_size(*attributes) + kTokenBytes;
  if (layout_ == Layout::SingleTable)
    size += kEntityTypeAttribute.size() + schema_of(table).entity.size();
  return size;
}

void MeteredTables::count_read(Table table, double units) {
  const std::lock_guard lock(mutex_);
  TableUnits& counted = units_[static_cast<std::size_t>(table)];
  counted.read += units;
  ++counted.calls;
}

void MeteredTables::count_page(const Page& page, Table table, std::size_t limit, Reading reading) {
  std::size_t bytes = 0;
  for (const Item& item : page.items) bytes += size_of(table, item);
  if (!page.cursor.empty() && page.items.size() == limit)
    bytes += size_of(table, page.items.back());
  count_read(table, read_units(bytes, reading));
}

void MeteredTables::count_writes(const std::vector<Effect>& effects, bool transactional,
                                 bool done) {
  const std::lock_guard lock(mutex_);
  for (const Effect& effect : effects) {
    const auto sized = [&](const std::optional<Item>& item) {
      return item ? SizedItem{&*item, size_of(effect.table, *item)} : SizedItem{};
    };
    const SizedItem before = sized(effect.before), after = sized(effect.after);
    TableUnits& counted = units_[static_cast<std::size_t>(effect.table)];
    counted.write += write_units(std::max(before.bytes, after.bytes), transactional);
    if (done && !effect.is_check)
      counted.index_write += index_write_units(effect.table, before, after);
    ++counted.calls;
  }
}

Task<std::vector<MeteredTables::Effect>> MeteredTables::effects_of(std::vector<Write> writes) {
  std::vector<Effect> effects;
  for (Write& write : writes) {
    Effect effect{.table = std::visit([](const auto& one) { return one.table; }, write)};
    Key key;
    if (const Put* put = std::get_if<Put>(&write))
      key = {string_or(put->item, "PK"), string_or(put->item, "SK")};
    else if (const Update* update = std::get_if<Update>(&write))
      key = update->key;
    else if (const Delete* removal = std::get_if<Delete>(&write))
      key = removal->key;
    else
      key = std::get<Check>(write).key;
    effect.before = co_await stored_item(inner_, effect.table, key);
    if (Put* put = std::get_if<Put>(&write)) {
      effect.after = std::move(put->item);
    } else if (const Update* update = std::get_if<Update>(&write)) {
      Item base = effect.before ? *effect.before : Item{{"PK", key.pk}, {"SK", key.sk}};
      Result<Item> next = changed(std::move(base), update->changes);
      if (next) effect.after = std::move(*next);
    } else if (std::holds_alternative<Check>(write)) {
      effect.is_check = true;
      effect.after = effect.before;
    }
    effects.push_back(std::move(effect));
  }
  co_return effects;
}

Task<std::optional<Item>> MeteredTables::get(Table table, Key key) {
  std::optional<Item> item = co_await inner_.get(table, std::move(key));
  count_read(table, read_units(item ? size_of(table, *item) : 0, Reading::Strong));
  co_return item;
}

Task<Result<Page>> MeteredTables::query(Query query) {
  const Table table = query.table;
  const std::size_t limit = query.limit;
  const Reading reading = query.index.empty() ? Reading::Strong : Reading::Eventual;
  Result<Page> page = co_await inner_.query(std::move(query));
  if (page) count_page(*page, table, limit, reading);
  co_return page;
}

Task<Result<Page>> MeteredTables::scan(Scan scan) {
  const Table table = scan.table;
  const std::size_t limit = scan.limit;
  Result<Page> page = co_await inner_.scan(std::move(scan));
  if (page) count_page(*page, table, limit, Reading::Strong);
  co_return page;
}

Task<Result<void>> MeteredTables::transact(std::vector<Write> writes) {
  const Result<void> fine = check_writes(writes);
  if (!fine) co_return fine;
  const std::vector<Effect> effects = co_await effects_of(writes);
  const bool lone = writes.size() == 1;
  const bool transactional = !lone || adds(writes.front());
  const Result<void> result = co_await inner_.transact(std::move(writes));
  const bool sent = result || result.error().code == Refusal::Code::Conflict;
  if (!sent) co_return result;
  if (lone && effects.front().is_check) {
    const Effect& check = effects.front();
    const std::size_t bytes = check.before ? size_of(check.table, *check.before) : 0;
    count_read(check.table, read_units(bytes, Reading::Strong));
  } else {
    count_writes(effects, transactional, result.has_value());
  }
  co_return result;
}

Task<std::vector<std::optional<Item>>> MeteredTables::get_batch(Table table,
                                                                std::vector<Key> keys) {
  std::vector<std::optional<Item>> items = co_await inner_.get_batch(table, keys);
  std::set<std::pair<std::string, std::string>> asked;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (asked.emplace(keys[i].pk, keys[i].sk).second)
      count_read(table, read_units(items[i] ? size_of(table, *items[i]) : 0, Reading::Strong));
  co_return items;
}

Task<Result<void>> MeteredTables::write_batch(std::vector<Write> writes) {
  const Result<void> fine = check_batch(writes);
  if (!fine) co_return fine;
  const std::vector<Effect> effects = co_await effects_of(writes);
  const Result<void> result = co_await inner_.write_batch(std::move(writes));
  if (result) count_writes(effects, false, true);
  co_return result;
}

}  // namespace msghub
