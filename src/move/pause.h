#pragma once

#include <optional>
#include <string>

#include "base/describe.h"
#include "base/time.h"
#include "store/tables.h"

namespace msghub {

// A store may be paused: hubs on it answer the API, but take no message, fetch no mail and run no
// rule until somebody resumes them. So it is after a restore or a move, when nobody knows yet
// whether another hub does the same work. Kept in Channels as PK "PAUSE", SK "METADATA"; in no
// index.
struct Pause {
  std::string reason;  // one sentence: why, and what to do
  Timestamp since{};
  std::optional<bool> held;  // it cannot be resumed: the move into this store has not ended
};
BOOST_DESCRIBE_STRUCT(Pause, (), (reason, since, held))

inline constexpr std::string_view kPausePk = "PAUSE";

// Nothing: hubs may work.
Task<std::optional<Pause>> read_pause(Tables& tables);
// Over what was there.
Task<void> set_pause(Tables& tables, Pause pause);
// False when there was no pause. Refuses (Conflict) when it is held.
Task<Result<bool>> clear_pause(Tables& tables);

}  // namespace msghub
