#include <gtest/gtest.h>

#include <string>

// What dynalite lacks, and which tests of the contract therefore run on moto only:
//   TransactWriteItems   the four below
//   Streams              the change feed (not instantiated for it)
constexpr const char* kNotOnDynalite =
    "Dynalite/TablesContract/0.WritesAllOrNothing:"
    "Dynalite/TablesContract/0.RefusesWhatCannotBeStored:"
    "Dynalite/TablesContract/0.OfManyWritersExactlyOneWins:"
    "Dynalite/TablesQueryContract/0.PagesGoOnWhileTheTableChanges";

int main(int count, char** arguments) {
  ::testing::InitGoogleTest(&count, arguments);
  std::string filter = GTEST_FLAG_GET(filter);
  filter += filter.find('-') == std::string::npos ? "-" : ":";
  GTEST_FLAG_SET(filter, filter + kNotOnDynalite);
  return RUN_ALL_TESTS();
}
