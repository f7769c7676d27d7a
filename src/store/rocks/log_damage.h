#pragma once

#include <string>

namespace msghub::rocks {

// RocksDB ends reading a log (its writes, and MANIFEST) without a word where a record is longer
// than the rest of the file, as a crash leaves it, and where a record seems to be a recycled
// file's. One wrong bit makes any record look like either, and all that follows it would be lost.
//
// Which of the logs that an opening would read holds such a record that no crash leaves; "" for
// none. Every other damage is left to RocksDB's checksums.
std::string damaged_log_in(const std::string& folder);

}  // namespace msghub::rocks
