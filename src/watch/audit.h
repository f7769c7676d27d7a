#pragma once

#include "model/ids.h"
#include "store/items.h"

namespace msghub {

// Who did what: an append-only log of each user, chained by hashes. It stands beside its user in
// the table Users: entries under "AUDIT#<seq, 20 digits>", and under "AUDIT" the head {seq, hash},
// which says what the newest entry is. An entry is written in the transaction of the change that it
// tells of, so that there is neither without the other.

struct AuditEntry {
  std::int64_t seq = 0;               // 1, 2, 3 …
  Timestamp at{};                     // when it was written
  std::string actor;                  // "owner" (the API token's), "command line", "system"
  std::string action;                 // "rule.activate"
  std::string entity;                 // "rule"
  std::string entity_id;              // or what names it: a key, an archive
  std::optional<std::string> before;  // fingerprint of the item; nothing: it was not there
  std::optional<std::string> after;
  std::string previous;  // hash of the entry before; of the first: audit_root
  std::string hash;      // hash_of the entry
};
BOOST_DESCRIBE_STRUCT(AuditEntry, (),
                      (seq, at, actor, action, entity, entity_id, before, after, previous, hash))

struct AuditHead {
  std::int64_t seq = 0;  // 0: there is no entry yet
  std::string hash;      // of that entry, else audit_root
};
BOOST_DESCRIBE_STRUCT(AuditHead, (), (seq, hash))

// What the chain of a user begins with: it cannot be taken for another user's.
std::string audit_root(const UserId& user);

// SHA-256, as 64 hexadecimal digits, of the entry as compact JSON without `hash`, with the members
// in the order above and without those that are not there.
std::string hash_of(const AuditEntry& entry);

// SHA-256 of an item as JSON with sorted names. Left out are keys of indexes and what the hub
// itself counts and notes in passing (executionCount, lastMessageAt, status of a channel …): the
// `before` of an entry is the `after` of the last one about the same entity, unless somebody
// changed it past the log.
std::string fingerprint(Table table, const Item& item);

// Carries out `writes` (at most kTransactLimit - 2; none is fine for what happened outside the
// store) together with an entry made of actor, action, entity, entity_id, before and after of
// `entry`. Refuses as Tables::transact, with the same indexes of writes; when others write entries
// at the same moment it tries again. Throws Failure(Later) when they never stop.
Task<Result<void>> transact_audited(Tables& tables, const Clock& clock, UserId user,
                                    AuditEntry entry, std::vector<Write> writes);

// Throws Failure(Never) when what stands there is no head.
Task<AuditHead> read_audit_head(Tables& tables, UserId user);

// Entries as they are stored, without keys: damaged ones are for AuditChain to find.
struct AuditPage {
  std::vector<json::object> entries;
  std::string cursor;  // "" when this was the last page
};
Task<Result<AuditPage>> list_audit(Tables& tables, UserId user, bool newest_first, Paging paging);

// The users that have entries or a head.
Task<std::vector<UserId>> audited_users(Tables& tables);

// The user who owns the store; nothing before its first start.
Task<std::optional<UserId>> find_owner(Tables& tables);

// An entry of the actor "command line" about what a command did, in the owner's log. A store that
// was never started has no owner, and gets none.
Task<void> audit_command(Tables& tables, const Clock& clock, std::string action,
                         std::string entity_id);

// Checks a log: give it all entries, oldest first, and the head from before and after reading them,
// as entries may be added meanwhile. Somebody who can write the store can also write the whole
// chain anew: only a hash that is kept elsewhere (`expect`) tells that.
class AuditChain {
 public:
  AuditChain(std::string root, AuditHead head_before)
      : hash_(std::move(root)), known_{std::move(head_before)} {}

  // That entry `seq` has this hash.
  void expect(AuditHead known) { known_.push_back(std::move(known)); }
  // What is wrong with the next entry, in one sentence; nothing when it fits. After the first
  // broken place nothing more is checked.
  std::optional<std::string> next(const json::object& stored);
  // What is wrong with the end of the log.
  std::optional<std::string> end(const AuditHead& head_after) const;

  std::int64_t seq() const { return seq_; }  // of the last entry that fits
  const std::string& hash() const { return hash_; }

 private:
  std::int64_t seq_ = 0;
  std::string hash_;
  std::vector<AuditHead> known_;
};

}  // namespace msghub
