#include <gtest/gtest.h>

#include "tests/contract/rocks_crash_child.h"

// The tests of crashes and full disks run this program again as the process that suffers.
int main(int count, char** arguments) {
  if (const auto exit_code = msghub::testing::run_as_child(count, arguments)) return *exit_code;
  ::testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
