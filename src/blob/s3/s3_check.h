#pragma once

#include "blob/s3/s3_bucket.h"

namespace msghub {

// See S3Blobs::check(); `blobs` is on `bucket`.
Task<S3Check> check_bucket(S3Bucket& bucket, Blobs& blobs);

}  // namespace msghub
