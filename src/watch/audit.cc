#include "watch/audit.h"

#include <algorithm>
#include <array>
#include <random>
#include <set>

#include "base/crypto.h"

namespace msghub {

namespace {

constexpr int kTries = 100;
constexpr std::chrono::milliseconds kLongestPause{200};
constexpr std::string_view kHeadSk = "AUDIT";
constexpr std::string_view kEntryPrefix = "AUDIT#";

std::string user_pk(const UserId& user) { return "USER#" + user.value; }

std::string entry_sk(std::int64_t seq) {
  const std::string digits = std::to_string(seq);
  return std::string(kEntryPrefix) +
         std::string(20 - std::min<std::size_t>(digits.size(), 20), '0') + digits;
}

// What the hub itself writes while it works; no change that somebody made.
constexpr std::array<std::string_view, 9> kPassing{
    "executionCount", "errorCount",   "lastExecutedAt", "messageCount", "lastMessageAt",
    "lastCheckedAt",  "statusDetail", "lastUsedAt",     "EntityType"};

bool counts(Table table, std::string_view name) {
  if (name.starts_with("GSI") && (name.ends_with("PK") || name.ends_with("SK"))) return false;
  if (table == Table::Channels && name == "status") return false;
  return std::ranges::find(kPassing, name) == kPassing.end();
}

json::value sorted(const json::value& value) {
  if (const json::array* list = value.if_array()) {
    json::array out;
    for (const json::value& inner : *list) out.push_back(sorted(inner));
    return out;
  }
  const json::object* const object = value.if_object();
  if (object == nullptr) return value;
  std::vector<std::string_view> names;
  for (const auto& member : *object) names.push_back(member.key());
  std::ranges::sort(names);
  json::object out;
  for (const std::string_view name : names) out.emplace(name, sorted(object->at(name)));
  return out;
}

Put put_of(const AuditEntry& entry, const UserId& user) {
  json::value value = to_json_value(entry);
  Item item = std::move(value.get_object());
  item["PK"] = user_pk(user);
  item["SK"] = entry_sk(entry.seq);
  return {Table::Users, std::move(item), if_absent()};
}

// From the entry before to this one.
Update move_head(const AuditEntry& entry, const UserId& user) {
  Changes changes;
  changes.set = {{"seq", entry.seq}, {"hash", entry.hash}};
  Condition condition =
      entry.seq == 1 ? if_absent() : if_equal("hash", json::value(entry.previous));
  return {Table::Users,
          {user_pk(user), std::string(kHeadSk)},
          std::move(changes),
          std::move(condition)};
}

std::chrono::milliseconds random_pause(int tries) {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  const auto most = std::min(kLongestPause, std::chrono::milliseconds(1 << std::min(tries, 10)));
  return std::chrono::milliseconds(
      std::uniform_int_distribution<std::int64_t>(0, most.count())(generator));
}

}  // namespace

std::string audit_root(const UserId& user) {
  return sha256_hex("msghub audit log of USER#" + user.value);
}

std::string hash_of(const AuditEntry& entry) {
  json::value value = to_json_value(entry);
  value.get_object().erase("hash");
  return sha256_hex(to_json(value));
}

std::string fingerprint(Table table, const Item& item) {
  Item kept;
  for (const auto& [name, value] : item)
    if (counts(table, name)) kept.emplace(name, value);
  return sha256_hex(to_json(sorted(kept)));
}

Task<Result<void>> transact_audited(Tables& tables, const Clock& clock, UserId user,
                                    AuditEntry entry, std::vector<Write> writes) {
  const std::size_t own = writes.size();
  const std::string entry_lost = "write " + std::to_string(own) + ":";
  const std::string head_moved = "write " + std::to_string(own + 1) + ":";
  for (int tries = 0; tries < kTries; ++tries) {
    AuditHead head = co_await read_audit_head(tables, user);
    entry.seq = head.seq + 1;
    entry.at = clock.now();
    entry.previous = std::move(head.hash);
    entry.hash = hash_of(entry);
    std::vector<Write> all = writes;
    all.emplace_back(put_of(entry, user));
    all.emplace_back(move_head(entry, user));
    Result<void> kept = co_await tables.transact(std::move(all));
    const bool raced = !kept && kept.error().code == Refusal::Code::Conflict &&
                       (kept.error().detail.starts_with(entry_lost) ||
                        kept.error().detail.starts_with(head_moved));
    if (!raced) co_return kept;
    const std::chrono::milliseconds pause = random_pause(tries);
    co_await sleep_for(pause);
  }
  throw Failure(Failure::Retry::Later,
                "others write the audit log without pause, or its head does not fit its entries "
                "(`msghub audit verify` tells)");
}

Task<AuditHead> read_audit_head(Tables& tables, UserId user) {
  Key key{user_pk(user), std::string(kHeadSk)};
  const std::optional<Item> item = co_await tables.get(Table::Users, std::move(key));
  if (!item) co_return AuditHead{0, audit_root(user)};
  co_return entity_of<AuditHead>(Table::Users, *item);
}

Task<Result<AuditPage>> list_audit(Tables& tables, UserId user, bool newest_first, Paging paging) {
  Query query{.table = Table::Users,
              .index = {},
              .pk = user_pk(user),
              .begins_with = std::string(kEntryPrefix),
              .newest_first = newest_first,
              .limit = paging.limit,
              .cursor = std::move(paging.cursor)};
  Result<Page> page = co_await tables.query(std::move(query));
  if (!page) co_return std::unexpected(page.error());
  AuditPage out;
  out.cursor = std::move(page->cursor);
  for (Item& item : page->items) {
    item.erase("PK");
    item.erase("SK");
    out.entries.push_back(std::move(item));
  }
  co_return out;
}

namespace {

// Ids of the users that have an item whose sort key begins so.
Task<std::vector<UserId>> users_with(Tables& tables, std::string sk_prefix) {
  std::set<std::string> ids;
  Scan scan{.table = Table::Users};
  do {
    const Result<Page> page = co_await tables.scan(scan);
    for (const Item& item : page.value().items) {
      const std::string pk = string_or(item, "PK");
      if (pk.starts_with("USER#") && string_or(item, "SK").starts_with(sk_prefix))
        ids.insert(pk.substr(5));
    }
    scan.cursor = page->cursor;
  } while (!scan.cursor.empty());
  std::vector<UserId> out;
  for (const std::string& id : ids) out.push_back(UserId{id});
  co_return out;
}

}  // namespace

Task<std::vector<UserId>> audited_users(Tables& tables) {
  co_return co_await users_with(tables, std::string(kHeadSk));
}

Task<std::optional<UserId>> find_owner(Tables& tables) {
  const std::vector<UserId> users = co_await users_with(tables, "METADATA");
  if (users.empty()) co_return std::nullopt;
  co_return users.front();
}

Task<void> audit_command(Tables& tables, const Clock& clock, std::string action,
                         std::string entity_id) {
  std::optional<UserId> owner = co_await find_owner(tables);
  if (!owner) co_return;
  AuditEntry entry;
  entry.actor = "command line";
  entry.entity = action.substr(0, action.find('.'));
  entry.action = std::move(action);
  entry.entity_id = std::move(entity_id);
  const Result<void> kept = co_await transact_audited(tables, clock, std::move(*owner),
                                                      std::move(entry), std::vector<Write>());
  if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
}

std::optional<std::string> AuditChain::next(const json::object& stored) {
  const std::string place = "entry " + std::to_string(seq_ + 1) + " ";
  const Result<AuditEntry> entry = from_json_value<AuditEntry>(stored);
  if (!entry) return place + "cannot be read: " + entry.error().detail;
  if (entry->seq != seq_ + 1)
    return place + "is missing: entry " + std::to_string(entry->seq) + " stands in its place";
  const bool whole = to_json_value(*entry).as_object().size() == stored.size();
  if (!whole || entry->hash != hash_of(*entry))
    return place + "was changed: its hash does not fit it";
  if (entry->previous != hash_)
    return place + "does not follow the entry before it: one of them was replaced";
  for (const AuditHead& known : known_)
    if (known.seq == entry->seq && known.hash != entry->hash)
      return place + "is not the one whose hash is known: the log was written anew";
  seq_ = entry->seq;
  hash_ = entry->hash;
  return std::nullopt;
}

std::optional<std::string> AuditChain::end(const AuditHead& head_after) const {
  const std::string last = "the log ends with entry " + std::to_string(seq_);
  for (const AuditHead& known : known_)
    if (known.seq > seq_)
      return last + ", but entry " + std::to_string(known.seq) + " is known: the end was cut off";
  if (head_after.seq < seq_ || (head_after.seq == seq_ && head_after.hash != hash_))
    return last + ", which its head does not know: it names entry " +
           std::to_string(head_after.seq);
  return std::nullopt;
}

}  // namespace msghub
