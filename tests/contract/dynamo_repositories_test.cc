#include <gtest/gtest.h>

#include "tests/contract/dynamo_engine.h"
#include "tests/contract/repositories_contract.h"

namespace msghub::testing {

INSTANTIATE_TYPED_TEST_SUITE_P(Moto, RepositoriesContract, MotoMultiTable);
INSTANTIATE_TYPED_TEST_SUITE_P(MotoSingleTable, RepositoriesContract, MotoSingleTable);

}  // namespace msghub::testing
