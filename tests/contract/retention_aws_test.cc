#include "tests/contract/dynamo_engine.h"
#include "tests/contract/retention_contract.h"
#include "tests/contract/s3_engine.h"

namespace msghub::testing {
namespace {

// The pair of engines of a fleet, on moto behind the gate that checks signatures.
template <class TablesEngine>
class OnAws {
 public:
  Tables& tables() { return tables_.tables(); }
  ManualClock& clock() { return tables_.clock(); }
  Blobs& blobs() { return blobs_.blobs(); }

 private:
  TablesEngine tables_;
  S3Engine<moto> blobs_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(MultiTable, RetentionContract, OnAws<MotoMultiTable>);
INSTANTIATE_TYPED_TEST_SUITE_P(SingleTable, RetentionContract, OnAws<MotoSingleTable>);

}  // namespace
}  // namespace msghub::testing
