#include "blob/s3/s3_multipart.h"

#include <exception>
#include <string_view>

#include "base/crypto.h"
#include "base/log.h"

namespace msghub {

namespace {

constexpr std::chrono::milliseconds kCompletion{120'000};  // S3 joins the parts while we wait

// An upload in parts of one object.
class Upload {
 public:
  Upload(S3Bucket& bucket, std::string path) : bucket_(bucket), path_(std::move(path)) {}

  Task<void> begin(std::string hash) {
    aws::Call call = bucket_.object_call("CreateMultipartUpload", "POST", path_);
    call.query = {{"uploads", ""}};
    bucket_.describe(call, hash);
    call.headers.emplace_back("x-amz-checksum-algorithm", "SHA256");
    const aws::Reply reply = co_await bucket_.must(std::move(call), path_);
    id_ = bucket_.xml_of(reply, "InitiateMultipartUploadResult", "CreateMultipartUpload")
              .text_of("UploadId");
    if (id_.empty()) bucket_.fail_as_garbled("CreateMultipartUpload");
  }

  // `number` counts from 1; `hash` is the SHA-256 of the part.
  Task<void> put_part(int number, std::string bytes, std::string hash) {
    aws::Call call = bucket_.object_call("UploadPart", "PUT", path_);
    call.query = {{"partNumber", std::to_string(number)}, {"uploadId", id_}};
    call.headers.emplace_back("x-amz-checksum-sha256", to_base64(hash));
    call.payload_sha256 = to_hex(hash);
    S3Bucket::allow_for(call, bytes.size());
    call.body = std::move(bytes);
    const aws::Reply reply = co_await bucket_.must(std::move(call), path_);
    const std::string* const etag = reply.headers.only("etag");
    if (etag == nullptr) bucket_.fail_as_garbled("UploadPart");
    parts_ += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + *etag +
              "</ETag><ChecksumSHA256>" + to_base64(hash) + "</ChecksumSHA256></Part>";
  }

  Task<void> complete(std::string hash) {
    aws::Call call = bucket_.object_call("CompleteMultipartUpload", "POST", path_);
    call.query = {{"uploadId", id_}};
    call.headers.emplace_back("content-type", "application/xml");
    call.body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
                parts_ + "</CompleteMultipartUpload>";
    call.timeout = kCompletion;
    const aws::Reply reply = co_await bucket_.send(std::move(call));
    if (reply.error_code == "NoSuchUpload" && reply.after_uncertain) {
      // The request before this one may have joined the parts. Then the object is ours.
      const std::optional<BlobInfo> there = co_await bucket_.head(path_);
      if (there && there->sha256_hex == to_hex(hash)) co_return;
    }
    if (!reply.ok()) bucket_.fail(reply, "CompleteMultipartUpload", path_);
    // Servers differ in how they name the root of what went well.
    const std::optional<XmlElement> answer = parse_xml(reply.body);
    if (!answer || answer->name == "Error") bucket_.fail_as_garbled("CompleteMultipartUpload");
  }

  // Never throws: what is left is found by abort_uploads().
  Task<void> abort() {
    if (id_.empty()) co_return;
    aws::Call call = bucket_.object_call("AbortMultipartUpload", "DELETE", path_);
    call.query = {{"uploadId", id_}};
    try {
      co_await bucket_.send(std::move(call));
    } catch (const Failure& failure) {
      log(LogLevel::Warn, "upload left unfinished", {{"path", path_}, {"why", failure.what()}});
    }
  }

 private:
  S3Bucket& bucket_;
  const std::string path_;
  std::string id_;
  std::string parts_;  // XML
};

Task<void> put_all(S3Bucket& bucket, boost::asio::thread_pool& pool, Upload& upload,
                   std::string bytes, std::string hash) {
  co_await upload.begin(hash);
  const std::size_t size = bucket.options().part_size;
  int number = 0;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    std::string part = bytes.substr(at, size);
    const auto hash_it = [&part] { return sha256(part); };
    std::string part_hash = co_await offload(pool, hash_it);
    co_await upload.put_part(++number, std::move(part), std::move(part_hash));
  }
  co_await upload.complete(std::move(hash));
}

// The path of an upload that began before `before`; nothing for one of others, who may keep objects
// in the bucket, too.
std::optional<std::string> path_if_left(const S3Bucket& bucket, const XmlElement& upload,
                                        Timestamp before) {
  if (upload.name != "Upload") return std::nullopt;
  const std::string key = upload.text_of("Key");
  const std::string& root = bucket.options().prefix;
  const std::optional<Timestamp> began = from_iso8601(upload.text_of("Initiated"));
  if (!began || *began >= before || !key.starts_with(root)) return std::nullopt;
  std::string path = key.substr(root.size());
  if (!bucket.check_path(path)) return std::nullopt;
  return path;
}

Task<void> abort_upload(S3Bucket& bucket, std::string path, std::string id) {
  aws::Call call = bucket.object_call("AbortMultipartUpload", "DELETE", path);
  call.query = {{"uploadId", std::move(id)}};
  const aws::Reply reply = co_await bucket.send(std::move(call));
  if (!reply.ok() && reply.error_code != "NoSuchUpload")
    bucket.fail(reply, "AbortMultipartUpload", path);
}

}  // namespace

Task<void> put_in_parts(S3Bucket& bucket, boost::asio::thread_pool& pool, std::string path,
                        std::string bytes, std::string hash) {
  Upload upload(bucket, std::move(path));
  std::exception_ptr failure;
  try {
    co_await put_all(bucket, pool, upload, std::move(bytes), std::move(hash));
  } catch (const Failure&) {
    failure = std::current_exception();
  }
  if (!failure) co_return;
  co_await upload.abort();
  std::rethrow_exception(failure);
}

Task<std::size_t> abort_uploads_before(S3Bucket& bucket, Timestamp before) {
  std::size_t count = 0;
  std::string key_marker, id_marker;
  for (;;) {
    aws::Call call = bucket.bucket_call("ListMultipartUploads", "GET");
    call.query = {{"uploads", ""}, {"prefix", bucket.options().prefix}};
    if (!key_marker.empty()) {
      call.query.emplace_back("key-marker", key_marker);
      call.query.emplace_back("upload-id-marker", id_marker);
    }
    const aws::Reply reply = co_await bucket.must(std::move(call), "");
    const XmlElement page =
        bucket.xml_of(reply, "ListMultipartUploadsResult", "ListMultipartUploads");
    for (const XmlElement& upload : page.children) {
      std::optional<std::string> path = path_if_left(bucket, upload, before);
      if (!path) continue;
      co_await abort_upload(bucket, std::move(*path), upload.text_of("UploadId"));
      ++count;
    }
    if (page.text_of("IsTruncated") != "true") co_return count;
    std::string next_key = page.text_of("NextKeyMarker"),
                next_id = page.text_of("NextUploadIdMarker");
    if (next_key == key_marker && next_id == id_marker)
      bucket.fail_as_garbled("ListMultipartUploads");
    key_marker = std::move(next_key);
    id_marker = std::move(next_id);
  }
}

}  // namespace msghub
