#include "store/rocks/batch.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <utility>

#include "store/rocks/keys.h"
#include "store/rocks/layout.h"
#include "store/rocks/log_notes.h"
#include "store/semantics.h"

namespace msghub::rocks {

namespace {

constexpr std::size_t kWriteOverhead = 512;  // bytes: keys, index entries

const Condition& condition_of(const Write& write) {
  return std::visit([](const auto& one) -> const Condition& { return one.condition; }, write);
}

// Whether more than the item's presence is needed to judge the condition: most writes ask only
// whether the item is there, and then it need not be parsed.
bool reads_attributes(const Condition& condition) {
  for (const Clause& clause : condition)
    if (clause.attribute != "PK" ||
        (clause.kind != Clause::Kind::Exists && clause.kind != Clause::Kind::NotExists))
      return true;
  return false;
}

// In the single table the attribute is the engine's, and is not part of the item.
void give_up_entity_type(Layout layout, Item& item) {
  if (layout == Layout::SingleTable) item.erase(kEntityTypeAttribute);
}

Result<Prepared::PreparedWrite> prepare_put(Put put, Layout layout) {
  Prepared::PreparedWrite ready;
  ready.table = put.table;
  ready.key = table_key(put.item.at("PK").get_string(), put.item.at("SK").get_string());
  give_up_entity_type(layout, put.item);
  const std::string text = to_json(put.item);
  const Result<void> size = check_size(put.table, put.item, text.size());
  if (!size) return std::unexpected(size.error());
  ready.record = encode_item(layout, put.table, text);
  ready.indexes = index_keys(put.table, put.item, ready.key);
  put.item = Item();
  ready.write = std::move(put);
  return ready;
}

}  // namespace

IndexKeys index_keys(Table table, const Item& item, std::string_view key) {
  IndexKeys keys;
  const auto attributes = index_attributes(table);
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const json::value* pk = item.if_contains(attributes[i].pk);
    const json::value* sk = item.if_contains(attributes[i].sk);
    if (pk != nullptr && sk != nullptr)
      keys[i] = index_key(pk->get_string(), sk->get_string(), key);
  }
  return keys;
}

Result<Prepared> prepare(std::vector<Write> writes, Layout layout) {
  const Result<void> fine = check_writes(writes);
  if (!fine) return std::unexpected(fine.error());
  Prepared prepared;
  std::size_t item_bytes = 0;
  prepared.writes.reserve(writes.size());
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (Put* put = std::get_if<Put>(&writes[i])) {
      prepared.intake = prepared.intake || put->table == Table::Messages;
      Result<Prepared::PreparedWrite> ready = prepare_put(std::move(*put), layout);
      if (!ready)
        return refuse(ready.error().code,
                      "write " + std::to_string(i) + ": " + ready.error().detail);
      item_bytes += ready->record.size();
      prepared.writes.push_back(std::move(*ready));
      continue;
    }
    Prepared::PreparedWrite ready;
    if (const Update* update = std::get_if<Update>(&writes[i])) {
      ready.table = update->table;
      ready.key = table_key(update->key.pk, update->key.sk);
      item_bytes += to_json(update->changes.set).size();
    } else if (const Delete* removal = std::get_if<Delete>(&writes[i])) {
      ready.table = removal->table;
      ready.key = table_key(removal->key.pk, removal->key.sk);
    } else {
      const Check& check = std::get<Check>(writes[i]);
      ready.table = check.table;
      ready.key = table_key(check.key.pk, check.key.sk);
    }
    ready.write = std::move(writes[i]);
    prepared.writes.push_back(std::move(ready));
  }
  prepared.bytes = item_bytes + writes.size() * kWriteOverhead;
  if (item_bytes > kTransactBytes)
    return refuse(Refusal::Code::TooLarge, "a transaction has " + std::to_string(item_bytes) +
                                               " bytes of items; at most " +
                                               std::to_string(kTransactBytes) + " are possible");
  return prepared;
}

Batch::Batch(const Database& database, Timestamp now)
    : database_(database), writes_(std::make_unique<rocksdb::WriteBatch>()) {
  if (database_.keeps_feed()) writes_->PutLogData(time_note(now));
}

Batch::~Batch() = default;

std::size_t Batch::place_of(Table table) const {
  return database_.layout() == Layout::SingleTable ? 0 : static_cast<std::size_t>(table);
}

std::optional<std::string> Batch::record_of(const Prepared::PreparedWrite& write) const {
  const Changed& changed_here = changed_[place_of(write.table)];
  const auto found = changed_here.find(write.key);
  if (found != changed_here.end()) return found->second;
  return database_.get(write.table, write.key);
}

Result<std::optional<Batch::Effect>> Batch::judge(const Prepared::PreparedWrite& write) const {
  const Layout layout = database_.layout();
  std::optional<std::string> record = record_of(write);
  if (record && !is_of(layout, write.table, *record))
    return refuse(Refusal::Code::Conflict, "an item of another table has this key");
  const Condition& condition = condition_of(write.write);
  std::optional<Item> stored;
  if (record && reads_attributes(condition)) stored = decode_item(layout, *record);
  static const Item kSomething{{"PK", ""}};
  std::string unmet;
  if (!holds(condition, stored ? &*stored : record ? &kSomething : nullptr, &unmet))
    return refuse(Refusal::Code::Conflict, unmet);
  if (std::holds_alternative<Check>(write.write)) return std::nullopt;

  Effect effect{.write = &write};
  if (record && !stored) stored = decode_item(layout, *record);
  if (stored) effect.before = index_keys(write.table, *stored, write.key);
  effect.old_record = std::move(record);
  if (std::holds_alternative<Put>(write.write)) {
    effect.record = write.record;
    effect.after = write.indexes;
  } else if (const Update* update = std::get_if<Update>(&write.write)) {
    const Result<void> fine = apply(*update, std::move(stored), effect);
    if (!fine) return std::unexpected(fine.error());
  }
  return effect;
}

Result<void> Batch::apply(const Update& update, std::optional<Item> stored, Effect& effect) const {
  Item base = stored ? std::move(*stored) : Item{{"PK", update.key.pk}, {"SK", update.key.sk}};
  Result<Item> next = changed(std::move(base), update.changes);
  if (!next) return std::unexpected(next.error());
  const Result<void> fine = check_item(update.table, *next);
  if (!fine) return fine;
  give_up_entity_type(database_.layout(), *next);
  const std::string text = to_json(*next);
  const Result<void> size = check_size(update.table, *next, text.size());
  if (!size) return size;
  effect.record = encode_item(database_.layout(), update.table, text);
  effect.after = index_keys(update.table, *next, effect.write->key);
  return {};
}

Result<void> Batch::add(const Prepared& transaction) {
  std::vector<Effect> effects;
  effects.reserve(transaction.writes.size());
  for (std::size_t i = 0; i < transaction.writes.size(); ++i) {
    Result<std::optional<Effect>> effect = judge(transaction.writes[i]);
    if (!effect)
      return refuse(effect.error().code,
                    "write " + std::to_string(i) + ": " + effect.error().detail);
    if (*effect) effects.push_back(std::move(**effect));
  }
  for (Effect& effect : effects) take_in(std::move(effect));
  return {};
}

void Batch::take_in(Effect effect) {
  // Nothing to write, and nothing for the change feed to tell.
  if (effect.old_record == effect.record) return;
  const Table table = effect.write->table;
  for (std::size_t i = 0; i < effect.before.size(); ++i) {
    if (effect.before[i] == effect.after[i]) continue;
    if (effect.before[i]) writes_->Delete(database_.index(table, i), *effect.before[i]);
    if (effect.after[i]) writes_->Put(database_.index(table, i), *effect.after[i], "");
  }
  if (database_.keeps_feed()) {
    writes_->PutLogData(change_note(table, effect.old_record));
  }
  if (effect.record)
    writes_->Put(database_.table(table), effect.write->key, *effect.record);
  else
    writes_->Delete(database_.table(table), effect.write->key);
  changed_[place_of(table)][effect.write->key] = std::move(effect.record);
}

void Batch::commit() {
  if (writes_->Count() == 0) return;
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status written = database_.db().Write(synced, writes_.get());
  if (!written.ok()) throw_failure(written, "write");
}

}  // namespace msghub::rocks
