#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/describe.h"
#include "base/task.h"
#include "store/tables.h"

namespace msghub {

// What sweeps remember from one to the next, whichever hub does them. Kept in Channels as PK
// "RETENTION#STATE", SK "METADATA"; in no index. Written only under the lease "retention".
struct RetentionState {
  // The shortest time of retention that was ever configured: no item lives shorter.
  std::int64_t shortest_days = 0;  // 0: none yet
  // The clock at the end of the last sweep.
  std::optional<Timestamp> seen_at;
  // When the walks below last began at the oldest items.
  std::optional<Timestamp> full_pass_at;
  // How far the walks over the indexes by age have come: "archive/Messages/failed" to a sort key.
  // Before that place all is done, but for items that came there later; a full pass finds these.
  std::map<std::string, std::string> fronts;
  // Parts that were begun and of whose end nobody has taken note: paths.
  std::vector<std::string> open_parts;
  // The daily housekeeping: when it last ended, and where it is.
  std::optional<Timestamp> housekept_at;
  std::optional<Timestamp> pruned_at;  // versions, in the housekeeping under way
  std::string orphan_cursor;
};
BOOST_DESCRIBE_STRUCT(RetentionState, (),
                      (shortest_days, seen_at, full_pass_at, fronts, open_parts, housekept_at,
                       pruned_at, orphan_cursor))

// An empty one when there is none yet. Throws Failure(Never) when it cannot be read.
Task<RetentionState> load_state(Tables& tables);
Task<void> save_state(RetentionState state, Tables& tables);

}  // namespace msghub
