#include "store/semantics.h"

#include <set>
#include <tuple>

#include "base/utf8.h"

namespace msghub {

namespace {

constexpr std::size_t kPkLimit = 2048;  // bytes
constexpr std::size_t kSkLimit = 1024;
constexpr std::array<IndexAttributes, 3> kIndexAttributes{
    {{"GSI1PK", "GSI1SK"}, {"GSI2PK", "GSI2SK"}, {"GSI3PK", "GSI3SK"}}};

std::unexpected<Refusal> invalid(std::string detail) {
  return refuse(Refusal::Code::Invalid, std::move(detail));
}

std::string table_name(Table table) { return std::string(schema_of(table).name); }

Result<void> check_key(Table table, std::string_view pk, std::string_view sk) {
  if (pk.empty() || sk.empty())
    return invalid("an item of " + table_name(table) + " needs a PK and an SK that are not empty");
  if (pk.size() > kPkLimit || sk.size() > kSkLimit)
    return invalid("a key of " + table_name(table) + " is longer than " + std::to_string(kPkLimit) +
                   " (PK) or " + std::to_string(kSkLimit) + " (SK) bytes");
  if (!is_utf8(pk) || !is_utf8(sk))
    return invalid("a key of " + table_name(table) + " is not UTF-8 text");
  return {};
}

// One walk over the value. An item that passes can be read back: JSON text has no other traps.
bool storable(const json::value& value, std::size_t depth) {
  switch (value.kind()) {
    case json::kind::string:
      return is_utf8(value.get_string());
    case json::kind::array:
      if (depth == 0) return false;
      for (const json::value& member : value.get_array())
        if (!storable(member, depth - 1)) return false;
      return true;
    case json::kind::object:
      if (depth == 0) return false;
      for (const auto& member : value.get_object())
        if (!is_utf8(member.key()) || !storable(member.value(), depth - 1)) return false;
      return true;
    default:
      return true;
  }
}

bool is_key_attribute(std::string_view name) { return name == "PK" || name == "SK"; }

Result<void> check_changes(Table table, const Changes& changes) {
  std::set<std::string_view> seen;
  const auto touch = [&seen](std::string_view name) {
    return !is_key_attribute(name) && seen.insert(name).second;
  };
  bool fine = true;
  for (const auto& member : changes.set) fine = touch(member.key()) && fine;
  for (const std::string& name : changes.remove) fine = touch(name) && fine;
  for (const auto& [name, delta] : changes.add) fine = touch(name) && fine;
  if (!fine)
    return invalid("an update of " + table_name(table) +
                   " changes PK or SK, or one attribute twice");
  return {};
}

// What a write touches, and whether it can be stored at all.
struct Touched {
  Table table;
  Key key;
};

Result<Touched> check_write(const Write& write) {
  if (const Put* put = std::get_if<Put>(&write)) {
    const Result<void> fine = check_item(put->table, put->item);
    if (!fine) return std::unexpected(fine.error());
    return Touched{put->table, {string_or(put->item, "PK"), string_or(put->item, "SK")}};
  }
  Touched touched{};
  if (const Update* update = std::get_if<Update>(&write)) {
    touched = {update->table, update->key};
    const Result<void> fine = check_changes(update->table, update->changes);
    if (!fine) return std::unexpected(fine.error());
  } else if (const Delete* removal = std::get_if<Delete>(&write)) {
    touched = {removal->table, removal->key};
  } else {
    touched = {std::get<Check>(write).table, std::get<Check>(write).key};
  }
  const Result<void> fine = check_key(touched.table, touched.key.pk, touched.key.sk);
  if (!fine) return std::unexpected(fine.error());
  return touched;
}

// Numbers are equal by value, however they came: 1 and 1.0 are one JSON number.
bool same(const json::value& a, const json::value& b) { return a == b || to_json(a) == to_json(b); }

bool holds(const Clause& clause, const Item* stored) {
  const json::value* found = stored != nullptr ? stored->if_contains(clause.attribute) : nullptr;
  switch (clause.kind) {
    case Clause::Kind::Exists:
      return found != nullptr;
    case Clause::Kind::NotExists:
      return found == nullptr;
    case Clause::Kind::Equals:
      return found != nullptr && same(*found, clause.value);
    case Clause::Kind::OneOf:
      if (found == nullptr) return false;
      for (const json::value& value : clause.value.as_array())
        if (same(*found, value)) return true;
      return false;
  }
  return false;
}

std::string sentence(const Clause& clause, const Item* stored) {
  switch (clause.kind) {
    case Clause::Kind::Exists:
      return stored == nullptr ? "there is no such item" : "the item has no " + clause.attribute;
    case Clause::Kind::NotExists:
      return clause.attribute == "PK" ? "the item is there already"
                                      : "the item has " + clause.attribute + " already";
    case Clause::Kind::Equals:
    case Clause::Kind::OneOf:
      return stored == nullptr ? "there is no such item"
                               : clause.attribute + " has another value than expected";
  }
  return {};
}

Result<json::value> sum(const json::value* old, const std::string& name, std::int64_t delta) {
  if (old == nullptr) return json::value(delta);
  if (old->is_double()) return json::value(old->get_double() + static_cast<double>(delta));
  std::int64_t total = 0;
  if (!old->is_int64() || __builtin_add_overflow(old->get_int64(), delta, &total))
    return invalid(name + " is no number, or would leave the range of 64 bits");
  return json::value(total);
}

}  // namespace

namespace {

Result<void> check_each(const std::vector<Write>& writes) {
  std::set<std::tuple<Table, std::string, std::string>> seen;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const std::string place = "write " + std::to_string(i) + ": ";
    Result<Touched> touched = check_write(writes[i]);
    if (!touched) return refuse(touched.error().code, place + touched.error().detail);
    const bool first =
        seen.emplace(touched->table, std::move(touched->key.pk), std::move(touched->key.sk)).second;
    if (!first) return invalid(place + "an earlier write has the same key");
  }
  return {};
}

}  // namespace

std::span<const IndexAttributes> index_attributes(Table table) {
  return std::span(kIndexAttributes).first(schema_of(table).index_count);
}

Result<void> check_item(Table table, const Item& item) {
  for (const std::string_view name : {"PK", "SK"}) {
    const json::value* value = item.if_contains(name);
    if (value == nullptr || !value->is_string())
      return invalid("an item of " + table_name(table) + " needs the text attribute " +
                     std::string(name));
  }
  const Result<void> key = check_key(table, item.at("PK").get_string(), item.at("SK").get_string());
  if (!key) return key;
  for (const IndexAttributes& index : index_attributes(table)) {
    for (const std::string_view name : {index.pk, index.sk}) {
      const json::value* value = item.if_contains(name);
      if (value == nullptr) continue;
      const std::size_t limit = name == index.pk ? kPkLimit : kSkLimit;
      if (!value->is_string() || value->get_string().empty() || value->get_string().size() > limit)
        return invalid(std::string(name) + " of an item of " + table_name(table) +
                       " must be text of 1 to " + std::to_string(limit) + " bytes");
    }
  }
  if (!storable(item, kDepthLimit))
    return invalid("an item of " + table_name(table) +
                   " holds text that is not UTF-8, or is nested deeper than " +
                   std::to_string(kDepthLimit) + " levels");
  return {};
}

Result<void> check_size(Table table, const Item& item, std::size_t bytes) {
  if (bytes <= kItemLimit) return {};
  return refuse(Refusal::Code::TooLarge, "the item " + string_or(item, "PK") + " of " +
                                             table_name(table) + " has " + std::to_string(bytes) +
                                             " bytes; at most " + std::to_string(kItemLimit) +
                                             " can be stored, keep large parts as blobs");
}

Result<void> check_writes(const std::vector<Write>& writes) {
  if (writes.size() > kTransactLimit)
    return invalid("a transaction has " + std::to_string(writes.size()) + " writes; at most " +
                   std::to_string(kTransactLimit) + " are possible");
  return check_each(writes);
}

Result<void> check_batch(const std::vector<Write>& writes) {
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const std::string place = "write " + std::to_string(i) + ": ";
    const Put* put = std::get_if<Put>(&writes[i]);
    const Delete* removal = std::get_if<Delete>(&writes[i]);
    const bool plain = put != nullptr       ? put->condition.empty()
                       : removal != nullptr ? removal->condition.empty()
                                            : false;
    if (!plain) return invalid(place + "a batch has puts and deletes without conditions only");
    if (put == nullptr) continue;
    const Result<void> size = check_size(put->table, put->item, to_json(put->item).size());
    if (!size) return refuse(size.error().code, place + size.error().detail);
  }
  return check_each(writes);
}

std::vector<std::vector<Write>> parts_of_batch(std::vector<Write> writes) {
  // As many items of any size as a transaction takes.
  constexpr std::size_t kPart = kTransactBytes / kItemLimit;
  std::vector<std::vector<Write>> parts;
  for (Write& write : writes) {
    if (parts.empty() || parts.back().size() == kPart) parts.emplace_back();
    parts.back().push_back(std::move(write));
  }
  return parts;
}

Result<void> check_query(const Query& query) {
  const TableSchema& schema = schema_of(query.table);
  bool known = query.index.empty();
  for (std::size_t i = 0; i < schema.index_count; ++i)
    known = known || schema.indexes[i].name == query.index;
  if (!known) return invalid(table_name(query.table) + " has no index " + query.index);
  if (query.pk.empty()) return invalid("a query needs a partition key");
  if (query.limit == 0) return invalid("a query needs a limit of 1 or more");
  if (query.begins_with && query.between)
    return invalid("a query has begins_with or between, not both");
  return {};
}

bool holds(const Condition& condition, const Item* stored, std::string* unmet) {
  for (const Clause& clause : condition) {
    if (holds(clause, stored)) continue;
    if (unmet != nullptr) *unmet = sentence(clause, stored);
    return false;
  }
  return true;
}

Result<Item> changed(Item item, const Changes& changes) {
  for (const auto& member : changes.set) item[member.key()] = member.value();
  for (const std::string& name : changes.remove) item.erase(name);
  for (const auto& [name, delta] : changes.add) {
    Result<json::value> total = sum(item.if_contains(name), name, delta);
    if (!total) return std::unexpected(total.error());
    item[name] = std::move(*total);
  }
  return item;
}

bool expired(Table table, const Item& item, Timestamp now) {
  const std::string_view attribute = schema_of(table).ttl;
  if (attribute.empty()) return false;
  const json::value* value = item.if_contains(attribute);
  if (value == nullptr || !value->is_number()) return false;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  return value->to_number<double>() <= static_cast<double>(seconds);
}

}  // namespace msghub
