#include <gtest/gtest.h>

#include "tests/contract/dynamo_engine.h"
#include "tests/contract/tables_contract.h"
#include "tests/contract/tables_query_contract.h"

namespace msghub::testing {

INSTANTIATE_TYPED_TEST_SUITE_P(Moto, TablesContract, MotoMultiTable);
INSTANTIATE_TYPED_TEST_SUITE_P(Moto, TablesQueryContract, MotoMultiTable);
INSTANTIATE_TYPED_TEST_SUITE_P(MotoSingleTable, TablesContract, MotoSingleTable);
INSTANTIATE_TYPED_TEST_SUITE_P(MotoSingleTable, TablesQueryContract, MotoSingleTable);
INSTANTIATE_TYPED_TEST_SUITE_P(Dynalite, TablesContract, DynaliteMultiTable);
INSTANTIATE_TYPED_TEST_SUITE_P(Dynalite, TablesQueryContract, DynaliteMultiTable);

}  // namespace msghub::testing
