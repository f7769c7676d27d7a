#include <gtest/gtest.h>

#include "tests/contract/migrate_fixture.h"

// The tests run this program again as the move that is killed.
int main(int count, char** arguments) {
  if (const auto exit_code = msghub::testing::run_migrate_child(count, arguments))
    return *exit_code;
  ::testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
