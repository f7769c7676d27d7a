#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace msghub::testing {

// The part that a second process plays: "--child writer FOLDER", "--child second FOLDER" or
// "--child full-disk FOLDER". Nothing when this process is no such child.
std::optional<int> run_as_child(int count, char** arguments);

// This program as a child; its standard output is `output`, to be read to the end.
struct Child {
  pid_t pid = 0;
  int output = -1;
};
Child start_child(const std::vector<std::string>& arguments);
int wait_for(Child child);  // closes; the exit code, or 128 + the signal

}  // namespace msghub::testing
