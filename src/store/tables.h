#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/task.h"
#include "model/tables.h"

namespace msghub {

// The seam between the repositories and an engine (RocksDB on one machine, DynamoDB for a fleet).
// The semantics are DynamoDB's, written down here so that both engines can be held to them:
//
// - An Item is a JSON object with the string attributes "PK" and "SK", and for each index that it
//   is to appear in "<index>PK" and "<index>SK". Other attributes are any JSON.
// - A write is durable (synced to disk, or acknowledged by DynamoDB) when its task ends.
// - An item of more than kItemLimit bytes as JSON text is refused (TooLarge) before anything is
//   written.
// - A condition that does not hold refuses the write (Conflict); nothing is written then.
// - get and query on the table itself see every write that ended before them. A query on an index
//   may lag behind; callers must not depend on its freshness.
// - An item whose TTL attribute (seconds since 1970) has passed is invisible to every read. A
//   condition of a write still sees it until it is deleted.
// - A malformed write or query is refused (Invalid): a key that is empty, over 2,048 (PK) or 1,024
//   (SK) bytes; an index attribute that is no text; text that is no UTF-8; nesting over
//   kDepthLimit; two writes of one transaction on one item; a change of PK or SK; `add` to what is
//   no number.
// - The Layout of an engine (model/tables.h) changes no answer. In the single-table layout the
//   engine writes the attribute "EntityType" beside the item's own, filters by it, and takes it
//   away on every read.
// - Calls may run beside each other. Trouble of disk or network is a thrown Failure.

using Item = json::object;

inline constexpr std::size_t kItemLimit = 400 * 1024;           // bytes
inline constexpr std::size_t kTransactLimit = 100;              // writes in one transaction
inline constexpr std::size_t kTransactBytes = 4 * 1024 * 1024;  // items of one transaction
inline constexpr std::size_t kDepthLimit = 96;  // objects and arrays within each other

struct Key {
  std::string pk;
  std::string sk;
};

// Clauses are ANDed; none means "always". A missing attribute equals nothing.
struct Clause {
  enum class Kind { Exists, NotExists, Equals, OneOf };
  Kind kind;
  std::string attribute;
  json::value value;  // for Equals; for OneOf an array of 1 to 100 values, each as for Equals
};
using Condition = std::vector<Clause>;

inline Condition if_absent() { return {{Clause::Kind::NotExists, "PK", nullptr}}; }
inline Condition if_present() { return {{Clause::Kind::Exists, "PK", nullptr}}; }
inline Condition if_equal(std::string attribute, json::value value) {
  return {{Clause::Kind::Equals, std::move(attribute), std::move(value)}};
}

// Changes of top-level attributes. An update of an item that is not there makes it (as DynamoDB
// does) unless the condition forbids it.
struct Changes {
  Item set;
  std::vector<std::string> remove;
  std::vector<std::pair<std::string, std::int64_t>> add;  // to numbers; a missing one counts as 0
};

struct Put {
  Table table;
  Item item;
  Condition condition;
};
struct Update {
  Table table;
  Key key;
  Changes changes;
  Condition condition;
};
struct Delete {
  Table table;
  Key key;
  Condition condition;
};
struct Check {
  Table table;
  Key key;
  Condition condition;
};
using Write = std::variant<Put, Update, Delete, Check>;

// All items with partition key `pk` whose sort key fits; in the order of the sort key.
struct Query {
  Table table;
  std::string index;  // "" for the table itself, else "GSI1", "GSI2", "GSI3"
  std::string pk;
  std::optional<std::string> begins_with;                      // of the sort key
  std::optional<std::pair<std::string, std::string>> between;  // inclusive
  bool newest_first = false;                                   // descending sort key
  std::size_t limit = 100;                                     // items a page
  std::string cursor;         // "" for the first page, else Page::cursor of the page before
  bool with_expired = false;  // also what the TTL hides: for archiving, which comes before deletion
};

// All items of a table, each once, in an order of the engine's own that stays the same from page to
// page. What is written meanwhile may or may not be seen.
struct Scan {
  Table table;
  std::size_t limit = 100;  // items a page
  std::string cursor;       // "" for the first page, else Page::cursor of the page before
  bool with_expired = false;
};

// A page ends at the query's limit or after 1 MiB of stored items, expired ones included: it may be
// short, even empty, and still have a cursor.
struct Page {
  std::vector<Item> items;
  std::string cursor;  // opaque; "" when this was the last page
};

class Tables {
 public:
  virtual ~Tables() = default;
  virtual Task<std::optional<Item>> get(Table table, Key key) = 0;
  // Refuses (Invalid) a cursor that is not from the same query.
  virtual Task<Result<Page>> query(Query query) = 0;
  // All writes or none. One write is a plain put, update or delete. Refuses as said above; the
  // detail of a Conflict begins with the index of the failed write ("write 1: …").
  virtual Task<Result<void>> transact(std::vector<Write> writes) = 0;

  // Refuses (Invalid) a cursor that is not from the same scan.
  virtual Task<Result<Page>> scan(Scan scan) = 0;
  // The items under `keys`, in that order; any number of keys, of which some may be the same.
  virtual Task<std::vector<std::optional<Item>>> get_batch(Table table, std::vector<Key> keys) = 0;
  // Puts and Deletes without conditions, each by itself: any number of them, in no order. Refuses
  // (Invalid, TooLarge) a malformed one, another kind, a condition, or two writes on one item,
  // before anything is written. After a Failure some may have been carried out.
  virtual Task<Result<void>> write_batch(std::vector<Write> writes) = 0;
};

}  // namespace msghub
