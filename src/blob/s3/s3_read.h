#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "blob/s3/s3_bucket.h"

namespace msghub {

struct S3Span {
  std::string bytes;
  std::string sha256_hex;  // of the whole object, as noted when it was put; "" when nobody did
};

// Bytes offset … offset + length - 1 of one version of an object, in requests of part_size; fewer
// where it ends before. Nothing when there is no such object. Not checked against the hash.
Task<std::optional<S3Span>> read_span(S3Bucket& bucket, std::string path, std::uint64_t offset,
                                      std::uint64_t length);

}  // namespace msghub
