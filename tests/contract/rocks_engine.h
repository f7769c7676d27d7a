#pragma once

#include <cstdlib>
#include <filesystem>

#include "store/rocks/rocks_tables.h"
#include "tests/contract/run_task.h"

namespace msghub::testing {

// A folder that goes with the test.
class TempFolder {
 public:
  TempFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "msghub-store-XXXXXX").string();
    MSGHUB_CHECK(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// RocksTables in a folder of its own, for the contract suites.
class RocksEngine {
 public:
  explicit RocksEngine(Layout layout = Layout::MultiTable) : layout_(layout) { open(); }
  Tables& tables() { return *tables_; }
  ChangeFeed& feed() { return tables_->feed(); }
  ManualClock& clock() { return clock_; }
  void settle() {}

  RocksTables& rocks() { return *tables_; }
  RocksOptions options() const {
    return {.path = folder_.path() + "/store", .reserve_bytes = 0, .layout = layout_};
  }
  void open() { tables_ = RocksTables::open(options(), clock_); }
  void close() { tables_.reset(); }

 private:
  TempFolder folder_;
  const Layout layout_;
  ManualClock clock_;
  std::shared_ptr<RocksTables> tables_;
};

class RocksSingleTableEngine : public RocksEngine {
 public:
  RocksSingleTableEngine() : RocksEngine(Layout::SingleTable) {}
};

}  // namespace msghub::testing
