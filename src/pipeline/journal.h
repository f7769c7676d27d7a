#pragma once

#include <string>
#include <vector>

#include "model/execution.h"
#include "store/tables.h"
#include "workers/worker_pool.h"

namespace msghub {

inline constexpr std::size_t kErrorTextLimit = 2 * 1024;  // bytes of an error or a target
inline constexpr const char* kLeftOut = "left out: the record of this execution would be too large";

// At most `limit` bytes of the text, and a mark where it was cut.
std::string shortened(const std::string& text, std::size_t limit);

// Leaves out what is only for reading, so that the journal itself always fits an item.
void slim(Execution& execution);

// Writes the execution, which is still running in the store, and what belongs to the same moment.
// Slims one that is too large. Refuses (Conflict) when another hub has taken it or it has ended.
Task<Result<void>> keep_running(Execution& execution, std::vector<Write> also, Tables& tables);

// An attempt that has no end was cut off: nobody knows whether it had its effect.
void close_open_attempts(Execution& execution, Timestamp now);

// The journal of one try: keeps the execution in memory equal to the one on disk. Outlived by the
// execution.
class Journal final : public JobEvents {
 public:
  Journal(Execution& execution, std::vector<std::string> keys, Tables& tables)
      : execution_(execution), keys_(std::move(keys)), tables_(tables) {}

  Task<void> extracted(json::object data) override;
  Task<void> attempt_started(std::int64_t order, ActionType type, std::string target,
                             Timestamp at) override;
  Task<void> items_done(std::int64_t order, json::array outputs) override;
  Task<void> attempt_ended(ActionResult result, bool unknown) override;
  void log_line(std::string line) override;

  // Throws Failure(Never) when the execution is not this hub's to write any more.
  Task<void> save();

 private:
  Execution& execution_;
  std::vector<std::string> keys_;
  Tables& tables_;
};

}  // namespace msghub
