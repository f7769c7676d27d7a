#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <string>

#include "blob/s3/s3_bucket.h"

namespace msghub {

// Puts an object in parts of part_size, one after the other. `hash`: the SHA-256 of all bytes. The
// object is there when the task ends, and not before the last request. Ends the upload when it
// fails, as far as it can.
Task<void> put_in_parts(S3Bucket& bucket, boost::asio::thread_pool& pool, std::string path,
                        std::string bytes, std::string hash);

// See S3Blobs::abort_uploads.
Task<std::size_t> abort_uploads_before(S3Bucket& bucket, Timestamp before);

}  // namespace msghub
