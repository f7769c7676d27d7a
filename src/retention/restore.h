#pragma once

#include "base/describe.h"
#include "retention/archive.h"

namespace msghub {

struct RestoreRequest {
  std::string manifest;          // path of one; see Archive::manifests
  std::vector<std::string> ids;  // only these items; none: all of the part
  std::int64_t days = 7;         // that the items live on, 1 to 3,650
};
struct RestoreReport {
  std::int64_t restored = 0;  // were gone or no longer visible
  std::int64_t present = 0;   // are in the store; they were left as they are
};
BOOST_DESCRIBE_STRUCT(RestoreReport, (), (restored, present))

// Refuses (Invalid) a number of days out of range.
Result<void> check_days(const RestoreRequest& request);

// Puts the items of one part back, each after its blobs: as they were archived but for a fresh ttl.
// They keep the mark of their archive, and so are deleted again without another one. Runs under the
// lease "retention" only; see Sweeper::restore. Refuses as check_days, and as Archive::manifest
// and read do.
Task<Result<RestoreReport>> restore_part(RestoreRequest request, Archive archive, Tables& tables,
                                         Blobs& blobs, Timestamp now);

// What is looked for in the archive. All that is set must fit.
struct ArchiveFilter {
  std::optional<std::string> id;
  std::optional<std::string> channel_id;  // of messages
  std::optional<std::string> rule_id;     // that matched, or ran
  std::optional<std::string> status;
  std::optional<std::string> from;     // of messages: contained, a-z in either case
  std::optional<std::string> subject;  // likewise
  std::optional<Timestamp> since;      // came into being at or after, and before
  std::optional<Timestamp> until;
};
BOOST_DESCRIBE_STRUCT(ArchiveFilter, (),
                      (id, channel_id, rule_id, status, from, subject, since, until))

bool fits(const ArchiveFilter& filter, Table table, const Item& item);

// The item as the API shows it: without the store's keys.
json::object without_keys(Item item);

}  // namespace msghub
