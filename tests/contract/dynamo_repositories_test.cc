#include <gtest/gtest.h>

#include "tests/contract/dynamo_engine.h"
#include "tests/contract/entities_contract.h"
#include "tests/contract/repositories_contract.h"

namespace msghub::testing {

INSTANTIATE_TYPED_TEST_SUITE_P(Moto, RepositoriesContract, MotoMultiTable);
INSTANTIATE_TYPED_TEST_SUITE_P(MotoSingleTable, RepositoriesContract, MotoSingleTable);
INSTANTIATE_TYPED_TEST_SUITE_P(Moto, EntitiesContract, MotoMultiTable);
INSTANTIATE_TYPED_TEST_SUITE_P(MotoSingleTable, EntitiesContract, MotoSingleTable);

}  // namespace msghub::testing
