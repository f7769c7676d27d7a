#include "blob/s3/s3_bucket.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "aws/errors.h"
#include "base/crypto.h"
#include "blob/paths.h"

namespace msghub {

namespace {

constexpr std::size_t kSlowest = 512 * 1024;            // bytes per second that a link has at least
constexpr std::size_t kSmallestPart = 5 * 1024 * 1024;  // S3's own
constexpr std::size_t kLargestPart = std::size_t{1} << 30;

[[noreturn]] void refuse_option(const std::string& why) {
  throw Failure(Failure::Retry::Never, "the S3 settings are wrong: " + why);
}

bool is_bucket_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return name.size() >= 3 && name.size() <= 63 && plain(name.front()) && plain(name.back()) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '-' || c == '.'; });
}

S3Options checked(S3Options options) {
  if (!is_bucket_name(options.bucket))
    refuse_option("\"" + options.bucket +
                  "\" is no bucket's name: 3 to 63 of a-z, 0-9, '-' and '.'");
  if (options.encryption != "" && options.encryption != "AES256" && options.encryption != "aws:kms")
    refuse_option("the encryption is \"AES256\", \"aws:kms\" or \"\" for the bucket's default");
  if (!options.kms_key_id.empty() && options.encryption != "aws:kms")
    refuse_option("a KMS key needs the encryption \"aws:kms\"");
  if (options.part_size < kSmallestPart || options.part_size > kLargestPart)
    refuse_option("a part has 5 MiB to 1 GiB");
  if (!options.prefix.empty() &&
      (!options.prefix.ends_with('/') ||
       !check_blob_path(std::string_view(options.prefix).substr(0, options.prefix.size() - 1))))
    refuse_option("the prefix is a path with \"/\" at its end, such as \"hub-1/\"");
  return options;
}

aws::ClientOptions client_options(const S3Options& options) {
  aws::ClientOptions client;
  client.service = "s3";
  client.endpoint = options.endpoint;
  client.region = options.region;
  client.ca_file = options.ca_file;
  return client;
}

}  // namespace

S3Bucket::S3Bucket(HttpTransport& transport, std::shared_ptr<aws::CredentialsProvider> credentials,
                   const Clock& clock, S3Options options)
    : options_(checked(std::move(options))),
      client_(transport, std::move(credentials), clock, client_options(options_)) {}

Result<void> S3Bucket::check_path(std::string_view path) const {
  const Result<void> fine = check_blob_path(path);
  if (!fine || path.size() + options_.prefix.size() <= kBlobPathLimit) return fine;
  return refuse(Refusal::Code::Invalid,
                "with the prefix \"" + options_.prefix + "\" a blob's path has " +
                    std::to_string(kBlobPathLimit - options_.prefix.size()) + " bytes at most");
}

aws::Call S3Bucket::object_call(std::string operation, std::string method,
                                std::string_view path) const {
  aws::Call call = bucket_call(std::move(operation), std::move(method));
  if (!call.path.ends_with('/')) call.path += '/';
  call.path += aws::uri_encode(key_of(path), true);
  return call;
}

aws::Call S3Bucket::bucket_call(std::string operation, std::string method) const {
  aws::Call call;
  call.operation = std::move(operation);
  call.method = std::move(method);
  call.path = options_.path_style ? "/" + options_.bucket : "/";
  if (!options_.path_style) call.host_prefix = options_.bucket + ".";
  return call;
}

void S3Bucket::describe(aws::Call& call, std::string_view hash) const {
  call.headers.emplace_back("content-type", "application/octet-stream");
  call.headers.emplace_back("x-amz-meta-sha256", to_hex(hash));
  if (options_.encryption.empty()) return;
  call.headers.emplace_back("x-amz-server-side-encryption", options_.encryption);
  if (options_.encryption != "aws:kms") return;
  // One key of the bucket's for many objects, instead of a call to KMS for each.
  call.headers.emplace_back("x-amz-server-side-encryption-bucket-key-enabled", "true");
  if (!options_.kms_key_id.empty())
    call.headers.emplace_back("x-amz-server-side-encryption-aws-kms-key-id", options_.kms_key_id);
}

void S3Bucket::allow_for(aws::Call& call, std::size_t bytes) {
  call.timeout = std::chrono::milliseconds(5000 + bytes * 1000 / kSlowest);
}

Task<aws::Reply> S3Bucket::must(aws::Call call, std::string path) {
  const std::string operation = call.operation;
  aws::Reply reply = co_await client_.call(std::move(call));
  if (!reply.ok()) fail(reply, operation, path);
  co_return reply;
}

Task<std::optional<BlobInfo>> S3Bucket::head(std::string path) {
  aws::Call call = object_call("HeadObject", "HEAD", path);
  aws::Reply reply = co_await client_.call(std::move(call));
  // Without a body it does not say what is not there. The answer to GET does.
  if (reply.status == 404) {
    aws::Call first_byte = object_call("GetObject", "GET", path);
    first_byte.headers.emplace_back("range", "bytes=0-0");
    const aws::Reply why = co_await client_.call(std::move(first_byte));
    if (why.error_code == "NoSuchKey") co_return std::nullopt;
    fail(why.ok() ? reply : why, "HeadObject", path);
  }
  if (!reply.ok()) fail(reply, "HeadObject", path);
  BlobInfo info;
  info.path = std::move(path);
  const std::string* const length = reply.headers.only("content-length");
  const std::string* const modified = reply.headers.only("last-modified");
  const std::optional<Timestamp> time =
      modified ? aws::read_http_date(*modified) : std::optional<Timestamp>();
  if (length == nullptr || !time ||
      std::from_chars(length->data(), length->data() + length->size(), info.size).ec != std::errc())
    fail_as_garbled("HeadObject");
  info.written_at = *time;
  if (const std::string* const hash = reply.headers.only("x-amz-meta-sha256"))
    info.sha256_hex = *hash;
  co_return info;
}

XmlElement S3Bucket::xml_of(const aws::Reply& reply, std::string_view root,
                            std::string_view operation) const {
  std::optional<XmlElement> xml = parse_xml(reply.body);
  if (!xml || xml->name != root) fail_as_garbled(operation);
  return std::move(*xml);
}

std::string S3Bucket::place() const {
  const std::string& endpoint = client_.options().endpoint;
  return "the bucket " + options_.bucket +
         (endpoint.empty() ? " in " + options_.region : " at " + endpoint);
}

void S3Bucket::fail(const aws::Reply& reply, std::string_view operation,
                    std::string_view path) const {
  std::string text = "S3 refused " + std::string(operation);
  if (!path.empty()) text += " of " + key_of(path);
  text += " in " + place() + ": HTTP " + std::to_string(reply.status);
  if (reply.error_code != std::to_string(reply.status)) text += " " + reply.error_code;
  if (!reply.error_message.empty()) text += " (" + reply.error_message + ")";
  const std::string what_to_do = advice(reply);
  if (!what_to_do.empty()) text += "; " + what_to_do;
  throw Failure(Failure::Retry::Later, text);
}

std::string S3Bucket::advice(const aws::Reply& reply) const {
  const std::string& code = reply.error_code;
  const std::string* const region = reply.headers.only("x-amz-bucket-region");
  const bool is_elsewhere = region != nullptr && *region != options_.region;
  if (is_elsewhere || code == "PermanentRedirect" || code == "AuthorizationHeaderMalformed" ||
      reply.status == 301)
    return "it is in another region" + (is_elsewhere ? ", " + *region : std::string()) +
           ": set that region in the configuration";
  if (code == "NoSuchBucket")
    return "create the bucket, or set the name of the right one in the configuration";
  if (code.starts_with("KMS."))
    return "see that the KMS key " +
           (options_.kms_key_id.empty() ? "of the bucket" : options_.kms_key_id) +
           " exists and is enabled, and that its policy lets the hub use it";
  if (code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" || code == "InvalidToken" ||
      code == "ExpiredToken")
    return "check the hub's AWS credentials";
  if (code == "InvalidObjectState")
    return "the object is in an archive class such as Glacier: restore it there first";
  if (reply.status == 403)
    return "the hub needs s3:GetObject, s3:PutObject, s3:DeleteObject and "
           "s3:AbortMultipartUpload on the bucket's objects and s3:ListBucket and "
           "s3:ListBucketMultipartUploads on the bucket itself, and with SSE-KMS "
           "kms:GenerateDataKey and kms:Decrypt";
  return "";
}

void S3Bucket::fail_as_garbled(std::string_view operation) const {
  throw Failure(Failure::Retry::Later,
                "the answer to " + std::string(operation) + " of " + place() +
                    " is not what S3 answers: see that the endpoint is S3's, with nothing between "
                    "that changes the answers");
}

}  // namespace msghub
