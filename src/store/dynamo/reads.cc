#include <map>

#include "base/utf8.h"
#include "store/dynamo/attribute_values.h"
#include "store/dynamo/engine.h"
#include "store/semantics.h"

namespace msghub::dynamo {

namespace {

constexpr std::size_t kPageBytes = std::size_t{1} << 20;
constexpr std::size_t kReadsPerBatch = 100;
constexpr std::size_t kLargestLimit = 10'000;  // more never fit a page of 1 MiB

// A key that no item has is nothing to ask DynamoDB for: it would refuse to look.
bool can_be_key(const Key& key) {
  Item item{{"PK", key.pk}, {"SK", key.sk}};
  return check_item(Table::Users, item).has_value();
}

Result<void> check_texts(const Query& query) {
  bool fine = is_utf8(query.pk);
  if (query.begins_with) fine = fine && is_utf8(*query.begins_with);
  if (query.between) fine = fine && is_utf8(query.between->first) && is_utf8(query.between->second);
  if (!fine) return refuse(Refusal::Code::Invalid, "a query's keys must be UTF-8 text");
  return {};
}

// Reads until the page is full: what the reader does not see does not count, and one item more
// than wanted tells whether there is a next page.
Task<Page> read_page(Engine& engine, std::string operation, json::object request, Query query) {
  Page page;
  Item last;
  std::size_t bytes = 0;
  request["Limit"] = std::min(query.limit, kLargestLimit) + 1;
  for (;;) {
    const json::object answer = co_await engine.service.call_or_throw(operation, request);
    for (const json::value& one : answer.at("Items").as_array()) {
      if (page.items.size() == query.limit || bytes >= kPageBytes) {
        page.cursor = make_cursor(query, last);
        co_return page;
      }
      Stored stored = read_stored(engine.place, one.as_object());
      bytes += attributes_size(one.as_object());
      last = stored.item;
      std::optional<Item> item = seen(engine, query.table, std::move(stored), query.with_expired);
      if (item) page.items.push_back(std::move(*item));
    }
    const json::value* next = answer.if_contains("LastEvaluatedKey");
    if (next == nullptr) co_return page;
    request["ExclusiveStartKey"] = *next;
    // A page of DynamoDB may be empty, then there is no place yet to go on from.
    if (bytes < kPageBytes || last.empty()) continue;
    page.cursor = make_cursor(query, last);
    co_return page;
  }
}

using Found = std::map<std::pair<std::string, std::string>, Item>;

// Asks for all keys of `request` ("RequestItems") until none is left over.
Task<void> read_batch(Engine& engine, Table table, json::object request, Found& found) {
  Pauses pauses;
  for (;;) {
    json::object answer = co_await engine.service.call_or_throw("BatchGetItem", request);
    const std::string name = engine.place.name_of(table);
    const json::object& responses = answer.at("Responses").as_object();
    bool got_some = false;
    if (const json::value* items = responses.if_contains(name)) {
      for (const json::value& one : items->as_array()) {
        Stored stored = read_stored(engine.place, one.as_object());
        got_some = true;
        std::pair<std::string, std::string> key{string_or(stored.item, "PK"),
                                                string_or(stored.item, "SK")};
        std::optional<Item> item = seen(engine, table, std::move(stored), false);
        if (item) found.insert_or_assign(std::move(key), std::move(*item));
      }
    }
    const json::value* rest = answer.if_contains("UnprocessedKeys");
    if (rest == nullptr || rest->as_object().empty()) co_return;
    request["RequestItems"] = *rest;
    if (got_some) pauses.reset();
    co_await pauses.wait("DynamoDB leaves keys of " + name +
                         " unread: its capacity is used up; raise it or lower the load");
  }
}

}  // namespace

Task<std::optional<Stored>> read_now(Engine& engine, Table table, Key key) {
  if (!can_be_key(key)) co_return std::nullopt;
  json::object request{{"TableName", engine.place.name_of(table)},
                       {"Key", key_attributes(key)},
                       {"ConsistentRead", true}};
  const json::object answer = co_await engine.service.call_or_throw("GetItem", std::move(request));
  const json::value* item = answer.if_contains("Item");
  if (item == nullptr || item->as_object().empty()) co_return std::nullopt;
  co_return read_stored(engine.place, item->as_object());
}

std::optional<Item> seen(const Engine& engine, Table table, Stored stored, bool with_expired) {
  if (engine.place.layout == Layout::SingleTable && stored.type != schema_of(table).entity)
    return std::nullopt;
  if (!with_expired && expired(table, stored.item, engine.clock.now())) return std::nullopt;
  return std::move(stored.item);
}

Task<Result<Page>> query(Engine& engine, Query query) {
  Result<void> fine = check_query(query);
  if (fine) fine = check_texts(query);
  if (!fine) co_return std::unexpected(fine.error());
  std::optional<json::object> request = query_request(engine.place, query);
  if (!query.cursor.empty()) {
    Result<json::object> start = read_cursor(query);
    if (!start) co_return std::unexpected(start.error());
    if (request) request->emplace("ExclusiveStartKey", std::move(*start));
  }
  if (!request) co_return Page();
  co_return co_await read_page(engine, "Query", std::move(*request), std::move(query));
}

Task<Result<Page>> scan(Engine& engine, Scan scan) {
  if (scan.limit == 0)
    co_return refuse(Refusal::Code::Invalid, "a scan needs a limit of 1 or more");
  Query query = as_query(scan);
  json::object request{{"TableName", engine.place.name_of(scan.table)}, {"ConsistentRead", true}};
  if (!query.cursor.empty()) {
    Result<json::object> start = read_cursor(query);
    if (!start) co_return std::unexpected(start.error());
    request.emplace("ExclusiveStartKey", std::move(*start));
  }
  co_return co_await read_page(engine, "Scan", std::move(request), std::move(query));
}

Task<std::vector<std::optional<Item>>> get_batch(Engine& engine, Table table,
                                                 std::vector<Key> keys) {
  std::map<std::pair<std::string, std::string>, const Key*> wanted;
  for (const Key& key : keys)
    if (can_be_key(key)) wanted.emplace(std::pair(key.pk, key.sk), &key);
  Found found;
  json::array part;
  for (auto next = wanted.begin(); next != wanted.end();) {
    part.push_back(key_attributes(*next->second));
    ++next;
    if (part.size() < kReadsPerBatch && next != wanted.end()) continue;
    json::object reads{{"Keys", std::exchange(part, {})}, {"ConsistentRead", true}};
    json::object request{
        {"RequestItems", json::object{{engine.place.name_of(table), std::move(reads)}}}};
    co_await read_batch(engine, table, std::move(request), found);
  }
  std::vector<std::optional<Item>> items;
  items.reserve(keys.size());
  for (const Key& key : keys) {
    const auto at = found.find({key.pk, key.sk});
    items.push_back(at == found.end() ? std::nullopt : std::optional<Item>(at->second));
  }
  co_return items;
}

}  // namespace msghub::dynamo
