#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/tables.h"

// The bodies of DynamoDB's requests, and cursors. Pure.
namespace msghub::dynamo {

// The attribute that tells which write made an item what it is; readers do not see it. See
// writes.cc.
inline constexpr std::string_view kWriteAttribute = "W";

// Where the hub's tables are in DynamoDB.
struct Place {
  std::string prefix;  // of the tables' names
  Layout layout = Layout::MultiTable;

  std::string name_of(Table table) const;
};

// A random mark of one write, or of all writes of one transaction.
std::string make_token();

json::object key_attributes(const Key& key);
Key key_of(const json::object& attributes);

// An item as it is stored and as it is seen.
struct Stored {
  Item item;          // without our own attributes
  std::string token;  // kWriteAttribute
  std::string type;   // kEntityTypeAttribute, in the single-table layout
};
Stored read_stored(const Place& place, const json::object& attributes);

// What PutItem, UpdateItem, DeleteItem and an element of TransactWriteItems have in common, the
// table's name included. Stamps puts and updates with `token`; an update that adds is conditioned
// on not carrying it. An item so near DynamoDB's limit that the token would not fit goes without.
// Refuses (Invalid, TooLarge) what check_writes cannot know.
Result<json::object> write_request(const Place& place, const Write& write, std::string_view token);
// "PutItem" and "Put", and so on.
std::string_view operation_of(const Write& write);
std::string_view transact_operation_of(const Write& write);

// Nothing when no item can fit: an upside-down range, a key longer than keys can be. `query` has
// passed check_query.
std::optional<json::object> query_request(const Place& place, const Query& query);

// The place after which a query goes on, bound to it: base64url of a format byte, the first 16
// bytes of SHA-256 over query (without limit and cursor) and keys, and the keys as JSON text.
std::string make_cursor(const Query& query, const Item& last);
// What ExclusiveStartKey wants. Refuses (Invalid) what make_cursor did not make for this query.
Result<json::object> read_cursor(const Query& query);
// A scan as the query that its cursors are bound to.
Query as_query(const Scan& scan);

}  // namespace msghub::dynamo
