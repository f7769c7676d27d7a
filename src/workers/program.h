#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace msghub {

// A program of the machine that is run to its end.
struct ProgramOrder {
  std::string file;  // absolute path
  std::vector<std::string> arguments;
  std::string folder;                    // where it runs
  std::vector<std::string> environment;  // names of variables that it may see; "DOCKER_*" for all
  std::chrono::milliseconds limit{60'000};  // then it and what it started are killed
};

struct ProgramEnd {
  std::optional<int> code;  // nothing when a signal ended it
  bool overran = false;     // it took longer than the limit
};

// Runs it in a process group of its own, without input. Each line of its output (standard and
// error, as they come; at most 500 bytes of one) is given to `on_line` on the caller's executor.
// Ends when the program has ended and all that it printed has been read. When the task is destroyed
// before, the group is killed. Throws Failure(Later) when it cannot be started.
Task<ProgramEnd> run_program(ProgramOrder order, std::function<void(std::string)> on_line);

// The program `name` in the folders of PATH; nothing when there is none that can be run.
std::optional<std::string> find_program(const std::string& name);

}  // namespace msghub
