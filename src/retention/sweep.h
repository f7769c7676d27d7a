#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/describe.h"
#include "base/time.h"
#include "retention/archive.h"
#include "retention/due.h"
#include "retention/state.h"

namespace msghub {

struct RetentionOptions {
  std::string owner;                              // of leases: this hub's id
  std::chrono::seconds interval{600};             // between sweeps
  std::chrono::days days{90};                     // what new items get as their time to live
  std::chrono::seconds ahead{48 * 3600};          // of its ttl, an item is archived
  std::size_t part_bytes = std::size_t{8} << 20;  // of text, about, in one part
  std::chrono::milliseconds time_limit{60'000};   // of one sweep; the next one goes on
  // Whether the store deletes expired items by itself, as DynamoDB does.
  bool store_deletes = true;
  std::size_t versions_kept = 3;
  std::chrono::seconds orphan_age{24 * 3600};  // of blobs that nothing points to
  std::size_t orphan_pages = 20;               // of 1,000 blobs, looked at in one sweep
};

// What one sweep has done.
struct SweepReport {
  Timestamp started_at{};
  std::int64_t archived = 0;  // items
  std::int64_t parts = 0;
  std::int64_t bytes = 0;    // of these parts, compressed
  std::int64_t deleted = 0;  // archived items whose time was over
  std::int64_t held = 0;     // items that got a day more as they are not archived, or not ended
  std::int64_t versions_removed = 0;
  std::int64_t orphans_removed = 0;            // blobs
  bool finished = true;                        // false: the next sweep goes on where this one ended
  std::optional<std::string> deletion_paused;  // why nothing was deleted
  std::vector<std::string> troubles;           // for the operator; the first few
};
BOOST_DESCRIBE_STRUCT(SweepReport, (),
                      (started_at, archived, parts, bytes, deleted, held, versions_removed,
                       orphans_removed, finished, deletion_paused, troubles))

// One sweep under way: what its steps share. The steps' order and their reasons are in sweeper.h.
struct Sweep {
  Tables& tables;
  Blobs& blobs;
  Archive archive;
  const RetentionOptions& options;
  Timestamp now{};
  RetentionState state;
  SweepReport report;
  std::function<Task<void>()> renew;  // the claim; throws when another hub has it
  std::function<bool()> out_of_time;  // or asked to stop: the step ends at the next good place

  std::chrono::days shortest() const { return std::chrono::days(state.shortest_days); }
  void trouble(std::string what);
  void unfinished() { report.finished = false; }
};

// Walks the items of one status by age, oldest first, expired ones included.
//
//   AgeWalk walk(sweep, table, status, until, "archive");
//   while (co_await walk.next()) for (const Item& item : walk.items()) …
//
// With a purpose it begins where the walk for that purpose last ended, and remembers its place when
// `keep_place` is called.
class AgeWalk {
 public:
  AgeWalk(Sweep& sweep, Table table, std::string_view status, Timestamp until,
          std::string_view purpose = {});
  Task<bool> next();  // false at the end
  const std::vector<Item>& items() const { return items_; }
  void keep_place();  // what was given so far is done

 private:
  Sweep& sweep_;
  const AgeIndex& index_;
  Query query_;
  std::string front_;  // name in RetentionState::fronts
  std::string place_;
  std::vector<Item> items_;
  bool done_ = false;
};

// The condition that an item is as it was read, as far as retention goes.
Condition unchanged(const Item& item);

// The steps. They throw Failure when the store is in trouble; trouble of single items and of the
// archive ends up in the report.

// Finishes what a sweep that was cut off has begun: its sound parts count, others are removed.
Task<void> settle_open_parts(Sweep& sweep);
// Archives what is due and marks it. The first failing part ends the step.
Task<void> archive_due(Sweep& sweep, Table table);
// Gives a day more to what has not ended and, when the store deletes by itself and archiving did
// not get through, to what would expire soon and is not archived.
Task<void> hold_back(Sweep& sweep, Table table);
// Deletes items, with their blobs, that are over and whose archive is sound and holds just them.
Task<void> delete_expired(Sweep& sweep, Table table);
// Removes rule versions that are neither among the newest, nor the newest that was built, nor
// current, nor used by an execution.
Task<void> prune_versions(Sweep& sweep);
// Removes blobs under users/ whose item is gone. False when more is to be looked at.
Task<bool> remove_orphans(Sweep& sweep);

}  // namespace msghub
