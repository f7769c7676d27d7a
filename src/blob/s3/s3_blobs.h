#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "aws/credentials.h"
#include "base/time.h"
#include "blob/blobs.h"
#include "net/http_transport.h"

namespace msghub {

struct S3Options {
  std::string bucket;
  std::string endpoint;     // "https://host[:port]"; "" = AWS's own for the region
  std::string region;       // "eu-central-1"
  bool path_style = false;  // https://host/bucket/key instead of https://bucket.host/key
  std::string encryption;   // "" (the bucket's default), "AES256" (SSE-S3), "aws:kms" (SSE-KMS)
  std::string kms_key_id;   // with "aws:kms"; "" = the account's key for S3
  std::size_t part_size = std::size_t{16} * 1024 * 1024;  // bytes; 5 MiB to 1 GiB. What is larger
                                                          // goes and comes in parts of this size
  // Before every path: "hub-1/". "" by default: the data model's root, message-automation-hub/, is
  // the bucket itself. With one, paths may have only as many bytes as are left of 1,024.
  std::string prefix;
  std::string ca_file;  // PEM file of the authorities to trust; "" = the system's
};

// What the probe of a bucket has shown that works, but that the operator should know.
struct S3Check {
  std::vector<std::string> hints;  // sentences with what to do
};

// Blobs as objects of a bucket, one object a blob under its own path. Every object carries the
// SHA-256 of its bytes (x-amz-meta-sha256), with which get() compares what it reads; one without,
// which the hub cannot have written, counts as damaged. Every request signs its payload.
class S3Blobs : public Blobs {
 public:
  // Puts, reads and removes a probe, and looks at versioning, public access and encryption. Throws
  // Failure with what to do when the bucket cannot be used.
  virtual Task<S3Check> check() = 0;

  // Ends uploads in parts that began before `before` and that nobody will finish; they cost
  // storage, but no list shows them. Returns how many. For every start, with a day ago.
  virtual Task<std::size_t> abort_uploads(Timestamp before) = 0;
};

// Throws Failure(Never) for options that cannot be right; sends nothing yet. Hashes are computed on
// `pool`. Transport, clock and pool outlive the blobs.
std::unique_ptr<S3Blobs> open_s3_blobs(HttpTransport& transport,
                                       std::shared_ptr<aws::CredentialsProvider> credentials,
                                       const Clock& clock, boost::asio::thread_pool& pool,
                                       S3Options options);

}  // namespace msghub
