#include "store/dynamo/requests.h"

#include "base/crypto.h"
#include "store/dynamo/attribute_values.h"
#include "store/semantics.h"

namespace msghub::dynamo {

namespace {

constexpr std::size_t kTokenSize = 8;  // bytes
constexpr char kCursorFormat = 2;
constexpr std::size_t kHashSize = 16;  // bytes
constexpr std::size_t kPkLimit = 2048;
constexpr std::size_t kSkLimit = 1024;

json::value text_attribute(std::string_view text) { return json::object{{"S", text}}; }

// Placeholders for names and values, since any name may be one of DynamoDB's reserved words.
class Expression {
 public:
  std::string name(std::string_view attribute) {
    for (const auto& known : names_)
      if (known.value().get_string() == attribute) return std::string(known.key());
    std::string placeholder = "#n" + std::to_string(names_.size());
    names_.emplace(placeholder, attribute);
    return placeholder;
  }
  std::string value(json::value attribute) {
    std::string placeholder = ":v" + std::to_string(values_.size());
    values_.emplace(placeholder, std::move(attribute));
    return placeholder;
  }
  void add_to(json::object& request) && {
    if (!names_.empty()) request.emplace("ExpressionAttributeNames", std::move(names_));
    if (!values_.empty()) request.emplace("ExpressionAttributeValues", std::move(values_));
  }

 private:
  json::object names_;
  json::object values_;
};

void join(std::string& list, std::string_view separator, std::string_view part) {
  if (!list.empty()) list += separator;
  list += part;
}

Result<std::string> value_text(const json::value& value, Expression& expression) {
  Result<json::value> attribute = to_attribute(value);
  if (!attribute) return std::unexpected(attribute.error());
  return expression.value(std::move(*attribute));
}

// "#n = :v" or "#n IN (:v, :w)".
Result<std::string> comparison_text(const Clause& clause, const std::string& name,
                                    Expression& expression) {
  const bool one = clause.kind == Clause::Kind::Equals;
  const json::array values = one ? json::array{clause.value} : clause.value.as_array();
  std::string list;
  bool has_null = false;
  for (const json::value& value : values) {
    const Result<std::string> text = value_text(value, expression);
    if (!text) return text;
    join(list, ", ", *text);
    has_null = has_null || value.is_null();
  }
  // Servers that take a missing attribute for null are asked twice.
  const std::string exists = has_null ? " AND attribute_exists(" + name + ")" : "";
  return name + (one ? " = " + list : " IN (" + list + ")") + exists;
}

Result<std::string> condition_text(const Condition& condition, Expression& expression) {
  std::string text;
  for (const Clause& clause : condition) {
    const std::string name = expression.name(clause.attribute);
    Result<std::string> part;
    if (clause.kind == Clause::Kind::Exists)
      part = "attribute_exists(" + name + ")";
    else if (clause.kind == Clause::Kind::NotExists)
      part = "attribute_not_exists(" + name + ")";
    else
      part = comparison_text(clause, name, expression);
    if (!part) return part;
    join(text, " AND ", *part);
  }
  return text;
}

std::unexpected<Refusal> reserved(std::string_view name) {
  return refuse(Refusal::Code::Invalid,
                "the attribute " + std::string(name) + " is the engine's own; take another name");
}

bool is_ours(std::string_view name) {
  return name == kWriteAttribute || name == kEntityTypeAttribute;
}

Result<void> check_names(const Changes& changes) {
  for (const auto& member : changes.set)
    if (is_ours(member.key())) return reserved(member.key());
  for (const std::string& name : changes.remove)
    if (is_ours(name)) return reserved(name);
  for (const auto& [name, delta] : changes.add)
    if (is_ours(name)) return reserved(name);
  return {};
}

Result<json::object> put_attributes(const Place& place, const Put& put, std::string_view token) {
  for (const std::string_view name : {kWriteAttribute, kEntityTypeAttribute})
    if (put.item.contains(name)) return reserved(name);
  const Result<void> fine = check_size(put.table, put.item, to_json(put.item).size());
  if (!fine) return std::unexpected(fine.error());
  Result<json::object> attributes = to_attributes(put.item);
  if (!attributes) return attributes;
  if (place.layout == Layout::SingleTable)
    attributes->emplace(kEntityTypeAttribute, text_attribute(schema_of(put.table).entity));
  const std::size_t size = attributes_size(*attributes);
  const Result<void> fits = check_size(put.table, put.item, size);
  if (!fits) return std::unexpected(fits.error());
  if (size + kWriteAttribute.size() + token.size() <= kItemLimit)
    attributes->emplace(kWriteAttribute, text_attribute(token));
  return attributes;
}

// What an update sets must be fit for an item, wherever it is added to.
Result<void> check_set(const Update& update) {
  Item item = update.changes.set;
  item["PK"] = update.key.pk;
  item["SK"] = update.key.sk;
  const Result<void> fine = check_item(update.table, item);
  if (!fine) return fine;
  return check_size(update.table, item, to_json(item).size());
}

Result<std::string> update_text(const Place& place, const Update& update, std::string_view token,
                                Expression& expression) {
  const Result<void> names = check_names(update.changes);
  if (!names) return std::unexpected(names.error());
  const Result<void> fine = check_set(update);
  if (!fine) return std::unexpected(fine.error());
  Result<json::object> values = to_attributes(update.changes.set);
  if (!values) return std::unexpected(values.error());
  if (place.layout == Layout::SingleTable)
    values->emplace(kEntityTypeAttribute, text_attribute(schema_of(update.table).entity));
  values->emplace(kWriteAttribute, text_attribute(token));
  std::string set, remove, add;
  for (auto& member : *values)
    join(set, ", ",
         expression.name(member.key()) + " = " + expression.value(std::move(member.value())));
  for (const std::string& name : update.changes.remove) join(remove, ", ", expression.name(name));
  for (const auto& [name, delta] : update.changes.add)
    join(
        add, ", ",
        expression.name(name) + " " + expression.value(json::object{{"N", std::to_string(delta)}}));
  std::string text = "SET " + set;
  if (!remove.empty()) text += " REMOVE " + remove;
  if (!add.empty()) text += " ADD " + add;
  return text;
}

// Over the query and the place: a cursor that was changed anywhere is noticed.
std::string cursor_hash(const Query& query, std::string_view keys) {
  json::array name{"dynamodb", schema_of(query.table).name, query.index, query.pk,
                   query.newest_first};
  if (query.begins_with) name.push_back(json::value(*query.begins_with));
  if (query.between) name.push_back(json::array{query.between->first, query.between->second});
  name.push_back(json::value(keys));
  return sha256(to_json(name)).substr(0, kHashSize);
}

// The names of the attributes whose values say where an item stands in the query's order.
std::vector<std::string> place_names(const Query& query) {
  std::vector<std::string> names{"PK", "SK"};
  if (!query.index.empty()) {
    names.push_back(query.index + "PK");
    names.push_back(query.index + "SK");
  }
  return names;
}

// The condition on the sort key, or "" when any fits.
std::string sort_key_text(const Query& query, Expression& expression) {
  const std::string attribute = query.index + "SK";
  if (query.begins_with && !query.begins_with->empty())
    return "begins_with(" + expression.name(attribute) + ", " +
           expression.value(text_attribute(*query.begins_with)) + ")";
  if (!query.between) return "";
  const auto& [first, last] = *query.between;
  const std::string name = expression.name(attribute);
  if (first.empty()) return name + " <= " + expression.value(text_attribute(last));
  return name + " BETWEEN " + expression.value(text_attribute(first)) + " AND " +
         expression.value(text_attribute(last));
}

bool can_fit(const Query& query) {
  if (query.pk.size() > kPkLimit) return false;
  if (query.begins_with) return query.begins_with->size() <= kSkLimit;
  if (!query.between) return true;
  return query.between->first <= query.between->second && !query.between->second.empty() &&
         query.between->first.size() <= kSkLimit;
}

}  // namespace

std::string Place::name_of(Table table) const {
  return prefix +
         std::string(layout == Layout::SingleTable ? kSingleTable.name : schema_of(table).name);
}

std::string make_token() { return to_base64url(random_bytes(kTokenSize)); }

json::object key_attributes(const Key& key) {
  return {{"PK", text_attribute(key.pk)}, {"SK", text_attribute(key.sk)}};
}

Key key_of(const json::object& attributes) {
  const Item key = from_attributes(attributes);
  return {string_or(key, "PK"), string_or(key, "SK")};
}

Stored read_stored(const Place& place, const json::object& attributes) {
  Stored stored{.item = from_attributes(attributes), .token = {}, .type = {}};
  stored.token = string_or(stored.item, kWriteAttribute);
  stored.item.erase(kWriteAttribute);
  if (place.layout == Layout::SingleTable) {
    stored.type = string_or(stored.item, kEntityTypeAttribute);
    stored.item.erase(kEntityTypeAttribute);
  }
  return stored;
}

std::string_view operation_of(const Write& write) {
  if (std::holds_alternative<Put>(write)) return "PutItem";
  return std::holds_alternative<Update>(write) ? "UpdateItem" : "DeleteItem";
}

std::string_view transact_operation_of(const Write& write) {
  if (std::holds_alternative<Put>(write)) return "Put";
  if (std::holds_alternative<Update>(write)) return "Update";
  return std::holds_alternative<Delete>(write) ? "Delete" : "ConditionCheck";
}

Result<json::object> write_request(const Place& place, const Write& write, std::string_view token) {
  const auto table = std::visit([](const auto& one) { return one.table; }, write);
  const Condition& conditions =
      std::visit([](const auto& one) -> const Condition& { return one.condition; }, write);
  json::object request{{"TableName", place.name_of(table)}};
  Expression expression;
  Result<std::string> condition = condition_text(conditions, expression);
  if (!condition) return std::unexpected(condition.error());
  if (const Put* put = std::get_if<Put>(&write)) {
    Result<json::object> attributes = put_attributes(place, *put, token);
    if (!attributes) return attributes;
    request.emplace("Item", std::move(*attributes));
  } else if (const Update* update = std::get_if<Update>(&write)) {
    Result<std::string> text = update_text(place, *update, token, expression);
    if (!text) return std::unexpected(text.error());
    request.emplace("Key", key_attributes(update->key));
    request.emplace("UpdateExpression", *text);
    if (!update->changes.add.empty()) {
      const std::string name = expression.name(kWriteAttribute);
      const std::string value = expression.value(text_attribute(token));
      join(*condition, " AND ",
           "(attribute_not_exists(" + name + ") OR " + name + " <> " + value + ")");
    }
  } else if (const Delete* removal = std::get_if<Delete>(&write)) {
    request.emplace("Key", key_attributes(removal->key));
  } else {
    request.emplace("Key", key_attributes(std::get<Check>(write).key));
  }
  if (!condition->empty()) {
    request.emplace("ConditionExpression", *condition);
    request.emplace("ReturnValuesOnConditionCheckFailure", "ALL_OLD");
  }
  std::move(expression).add_to(request);
  return request;
}

std::optional<json::object> query_request(const Place& place, const Query& query) {
  if (!can_fit(query)) return std::nullopt;
  Expression expression;
  std::string condition =
      expression.name(query.index + "PK") + " = " + expression.value(text_attribute(query.pk));
  const std::string sort_key = sort_key_text(query, expression);
  if (!sort_key.empty()) join(condition, " AND ", sort_key);
  json::object request{{"TableName", place.name_of(query.table)},
                       {"KeyConditionExpression", condition},
                       {"ScanIndexForward", !query.newest_first}};
  if (query.index.empty())
    request.emplace("ConsistentRead", true);
  else
    request.emplace("IndexName", query.index);
  std::move(expression).add_to(request);
  return request;
}

std::string make_cursor(const Query& query, const Item& last) {
  json::array keys;
  for (const std::string& name : place_names(query)) keys.push_back(last.at(name));
  const std::string text = to_json(keys);
  return to_base64url(kCursorFormat + cursor_hash(query, text) + text);
}

Result<json::object> read_cursor(const Query& query) {
  const auto no_cursor = [] {
    return refuse(Refusal::Code::Invalid,
                  "the cursor does not belong to this query; begin again without a cursor");
  };
  const std::optional<std::string> bytes = from_base64url(query.cursor);
  constexpr std::size_t kHead = 1 + kHashSize;
  if (!bytes || bytes->size() <= kHead || bytes->front() != kCursorFormat) return no_cursor();
  const std::string text = bytes->substr(kHead);
  if (bytes->substr(1, kHashSize) != cursor_hash(query, text)) return no_cursor();
  const Result<json::value> keys = parse_json(text);
  const std::vector<std::string> names = place_names(query);
  if (!keys || !keys->is_array() || keys->get_array().size() != names.size()) return no_cursor();
  json::object start;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const json::value& key = keys->get_array()[i];
    if (!key.is_string()) return no_cursor();
    start.emplace(names[i], text_attribute(key.get_string()));
  }
  if (!query.pk.empty() && start.at(query.index + "PK") != text_attribute(query.pk))
    return no_cursor();
  return start;
}

Query as_query(const Scan& scan) {
  Query query{.table = scan.table, .limit = scan.limit, .cursor = scan.cursor};
  query.with_expired = scan.with_expired;
  return query;
}

}  // namespace msghub::dynamo
