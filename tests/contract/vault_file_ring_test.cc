#include <cstdlib>
#include <filesystem>

#include "tests/contract/vault_ring_contract.h"
#include "vault/file_key_ring.h"

namespace msghub::testing {
namespace {

class FileRing {
 public:
  FileRing() {
    std::string path = (std::filesystem::temp_directory_path() / "msghub-ring-XXXXXX").string();
    MSGHUB_CHECK(::mkdtemp(path.data()) != nullptr);
    root_ = path;
  }
  ~FileRing() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  FileRing(const FileRing&) = delete;
  FileRing& operator=(const FileRing&) = delete;

  std::unique_ptr<KeyRing> open() const {
    Result<std::unique_ptr<FileKeyRing>> ring =
        FileKeyRing::open(root_ + "/master.key", root_ + "/data", true);
    return std::move(ring.value());
  }
  std::string missing_key() const { return "local-0123456789abcdef"; }

 private:
  std::string root_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(File, KeyRingContract, FileRing);

}  // namespace
}  // namespace msghub::testing
