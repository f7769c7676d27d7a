#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "store/rocks/rocks_tables.h"

namespace rocksdb {
struct ColumnFamilyOptions;
struct DBOptions;
class Env;
class Logger;
class Status;
}  // namespace rocksdb

// How we open RocksDB, and its errors in our words.
namespace msghub::rocks {

// RocksDB's warnings as lines of our log. They are held back while a database is being opened: some
// are said better by our own error.
std::shared_ptr<rocksdb::Logger> held_log_lines();
// What was held back, and from now on everything at once.
void release(rocksdb::Logger& held_lines);
void drop(rocksdb::Logger& held_lines);

// `env` must outlive the database.
rocksdb::DBOptions database_options(const RocksOptions& ours, rocksdb::Env* env,
                                    std::shared_ptr<rocksdb::Logger> lines);
rocksdb::ColumnFamilyOptions family_options(std::size_t cache_bytes);

// Trouble with opening as a Failure that says what to do.
[[noreturn]] void refuse_to_open(const std::string& path, const rocksdb::Status& status);
// Whether it is that another process has the store open.
bool in_use(const rocksdb::Status& status);

}  // namespace msghub::rocks
