#pragma once

#include <string>
#include <vector>

#include "blob/blobs.h"
#include "model/execution.h"
#include "model/message.h"
#include "store/tables.h"

namespace msghub {

// Running an execution again that has ended without success, since its cause was mended.

struct RerunOrder {
  std::string by;               // who wants it, as in the audit log
  bool active_version = false;  // with the active version of the rule instead of its own
  std::string node;             // the hub that will run it
  Timestamp now{};
};

// What the store has to take, in one transaction, before Dispatcher::execution_reopened.
struct Rerun {
  Execution ended;  // as it is stored
  Execution reopened;
  std::vector<Write> writes;  // Conflict: something changed since it was read
};

// Refuses: there is no such execution (NotFound); it is running or was a success, what it needs is
// gone, its record is too large, or the active version is asked for after an action was done
// (Conflict).
Task<Result<Rerun>> prepare_rerun(ExecutionId id, RerunOrder order, Tables& tables, Blobs& blobs);

// The execution with all tries before it: what is done stays done, what failed is forgotten, and a
// new failure is another one. Pure.
Execution reopened(Execution ended, const RerunOrder& order);

// Whether an action of the rule was done, in part or whole, or nobody knows. Pure.
bool may_have_acted(const Execution& execution);

}  // namespace msghub
