#include <gtest/gtest.h>

#include "base/log.h"
#include "tests/contract/retention_crash_child.h"

// The test of crashes runs this program again as the process that is killed.
int main(int count, char** arguments) {
  // Faults are made on purpose here, and each would be told.
  msghub::set_log_level(msghub::LogLevel::Error);
  if (const auto exit_code = msghub::testing::run_as_sweeper(count, arguments)) return *exit_code;
  ::testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
