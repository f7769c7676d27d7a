#pragma once

#include <boost/system/error_code.hpp>
#include <memory>

#include "base/task.h"

namespace msghub {

// Something that coroutines wait for and that any thread brings about, once. Thread-safe; a copy is
// the same point.
class WaitPoint {
 public:
  WaitPoint();
  // Returns on the caller's executor after open(), at once when it is open. When the task is
  // cancelled before: system_error with operation_aborted.
  Task<void> wait() const;
  void open() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace msghub
