#pragma once

#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/status.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "store/rocks/rocks_tables.h"

// How we open RocksDB, and its errors in our words. Only for .cc files of this folder.
namespace msghub::rocks {

// RocksDB's warnings as lines of our log. Its own LOG file must not be: on a full disk the second
// line that cannot be written fails an assertion, and Debian builds RocksDB with assertions.
// Lines are held back while a database is being opened: some are said better by our own error.
class LogLines final : public rocksdb::Logger {
 public:
  LogLines() : Logger(rocksdb::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list values) override;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list values) override;

  void release();  // what was held back, and from now on everything at once
  void drop();

 private:
  struct Line {
    LogLevel level;
    std::string text;
  };
  static void say(const Line& line);

  std::mutex mutex_;
  bool holding_ = true;
  std::vector<Line> held_;
};

// `env` must outlive the database.
rocksdb::DBOptions database_options(const RocksOptions& ours, rocksdb::Env* env,
                                    std::shared_ptr<LogLines> lines);
rocksdb::ColumnFamilyOptions family_options(std::size_t cache_bytes);

// Trouble with opening as a Failure that says what to do.
[[noreturn]] void refuse_to_open(const std::string& path, const rocksdb::Status& status);
// Whether it is that another process has the store open.
bool in_use(const rocksdb::Status& status);

}  // namespace msghub::rocks
