#include "blob/disk/disk_blobs.h"
#include "tests/contract/retention_contract.h"
#include "tests/contract/rocks_engine.h"

namespace msghub::testing {
namespace {

// The pair of engines of one machine.
class Embedded {
 public:
  ~Embedded() { pool_.join(); }
  Tables& tables() { return rocks_.tables(); }
  ManualClock& clock() { return rocks_.clock(); }
  Blobs& blobs() { return *blobs_; }

 private:
  RocksEngine rocks_;
  TempFolder folder_;
  boost::asio::thread_pool pool_{2};
  std::unique_ptr<Blobs> blobs_ = open_disk_blobs(folder_.path() + "/blobs", pool_, 0);
};

INSTANTIATE_TYPED_TEST_SUITE_P(Embedded, RetentionContract, Embedded);

}  // namespace
}  // namespace msghub::testing
