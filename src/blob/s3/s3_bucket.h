#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "aws/client.h"
#include "blob/s3/s3_blobs.h"
#include "blob/s3/xml.h"

namespace msghub {

// Requests to one bucket: how they look, and what answers mean. Thread-safe.
class S3Bucket {
 public:
  S3Bucket(HttpTransport& transport, std::shared_ptr<aws::CredentialsProvider> credentials,
           const Clock& clock, S3Options options);

  const S3Options& options() const { return options_; }

  // Refuses (Invalid) what cannot be a blob's path in this bucket.
  Result<void> check_path(std::string_view path) const;
  std::string key_of(std::string_view path) const { return options_.prefix + std::string(path); }

  // `operation` is S3's name for it, as in its documentation.
  aws::Call object_call(std::string operation, std::string method, std::string_view path) const;
  aws::Call bucket_call(std::string operation, std::string method) const;
  // Adds the headers for an object with these bytes, whose SHA-256 is `hash` (32 bytes).
  void describe(aws::Call& call, std::string_view hash) const;
  // Gives the call time for so many bytes.
  static void allow_for(aws::Call& call, std::size_t bytes);

  Task<aws::Reply> send(aws::Call call) { return client_.call(std::move(call)); }
  // The same, and anything but success is a Failure. `path` is for its text; may be "".
  Task<aws::Reply> must(aws::Call call, std::string path);

  // Throws Failure with what to do. `operation` as above; `path` may be "".
  [[noreturn]] void fail(const aws::Reply& reply, std::string_view operation,
                         std::string_view path) const;
  // An answer that makes no sense, such as cut XML.
  [[noreturn]] void fail_as_garbled(std::string_view operation) const;
  // The root element of an answer; must be `root`.
  XmlElement xml_of(const aws::Reply& reply, std::string_view root,
                    std::string_view operation) const;

  // Nothing when there is no such object.
  Task<std::optional<BlobInfo>> head(std::string path);

 private:
  std::string advice(const aws::Reply& reply) const;
  std::string place() const;

  const S3Options options_;
  aws::Client client_;
};

}  // namespace msghub
