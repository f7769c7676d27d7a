#include "blob/s3/s3_check.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"

namespace msghub {

namespace {

// Beside the users' folders, where everything that may put their blobs may put this.
std::string probe_path() { return "users/bucket-check/probe-" + random_uuid() + ".txt"; }

// Servers other than AWS's do not know every setting.
bool is_unknown(const aws::Reply& reply) {
  return reply.status == 501 || reply.status == 405 || reply.error_code == "NotImplemented" ||
         reply.error_code == "MethodNotAllowed";
}

Task<aws::Reply> ask(S3Bucket& bucket, std::string operation, std::string setting) {
  aws::Call call = bucket.bucket_call(std::move(operation), "GET");
  call.query = {{std::move(setting), ""}};
  co_return co_await bucket.send(std::move(call));
}

Task<void> look_at_versioning(S3Bucket& bucket, std::vector<std::string>& hints) {
  const aws::Reply reply = co_await ask(bucket, "GetBucketVersioning", "versioning");
  if (reply.status == 403)
    hints.push_back("cannot tell whether old versions are kept: allow s3:GetBucketVersioning");
  const std::optional<XmlElement> xml = parse_xml(reply.body);
  if (!reply.ok() || !xml) co_return;
  const std::string status = xml->text_of("Status");
  if (status == "Enabled")
    hints.push_back(
        "the bucket keeps old versions: what the hub deletes goes on being kept and paid for, "
        "until a lifecycle rule with NoncurrentVersionExpiration removes it");
  if (status == "Suspended")
    hints.push_back("the bucket has kept old versions once: look for some that nobody needs");
}

Task<void> look_at_public_access(S3Bucket& bucket, std::vector<std::string>& hints) {
  static constexpr std::array<std::string_view, 4> kBlocks{
      "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"};
  const aws::Reply reply = co_await ask(bucket, "GetPublicAccessBlock", "publicAccessBlock");
  if (is_unknown(reply)) co_return;
  if (reply.status == 403) {
    hints.push_back(
        "cannot tell whether public access is blocked: allow s3:GetBucketPublicAccessBlock");
    co_return;
  }
  const std::optional<XmlElement> xml = parse_xml(reply.body);
  const bool blocked =
      reply.ok() && xml && std::ranges::all_of(kBlocks, [&xml](std::string_view block) {
        return xml->text_of(block) == "true";
      });
  if (!blocked)
    hints.push_back(
        "public access to the bucket is not blocked: switch all four settings of Block "
        "Public Access on");
}

Task<void> look_at_encryption(S3Bucket& bucket, std::string probe,
                              std::vector<std::string>& hints) {
  aws::Call call = bucket.object_call("HeadObject", "HEAD", probe);
  const aws::Reply reply = co_await bucket.must(std::move(call), probe);
  const std::string* const used = reply.headers.only("x-amz-server-side-encryption");
  const std::string& wanted = bucket.options().encryption;
  if (wanted.empty() ? used != nullptr : used != nullptr && *used == wanted) co_return;
  hints.push_back("the server does not say that it encrypts objects" +
                  (wanted.empty() ? ": set the encryption to AES256 or aws:kms"
                                  : ", although " + wanted + " was asked for"));
}

}  // namespace

Task<S3Check> check_bucket(S3Bucket& bucket, Blobs& blobs) {
  S3Check check;
  const std::string path = probe_path();
  const std::string bytes = "written by msghub to see whether it can: " + path;
  const Result<void> put = co_await blobs.put(path, bytes);
  if (!put) throw Failure(Failure::Retry::Never, put.error().detail);
  const std::optional<std::string> read = co_await blobs.get(path);
  if (read != bytes)
    throw Failure(Failure::Retry::Later, "the bucket " + bucket.options().bucket +
                                             " does not give back what was just written to it");
  co_await look_at_encryption(bucket, path, check.hints);
  const BlobPage page = co_await blobs.list(path, 1, "");
  if (page.blobs.empty())
    check.hints.push_back("the bucket does not list what was just written to it");
  co_await blobs.remove(path);
  const std::optional<BlobInfo> left = co_await blobs.head(path);
  if (left)
    throw Failure(Failure::Retry::Later, "the bucket " + bucket.options().bucket +
                                             " still has what was just deleted from it");
  co_await look_at_versioning(bucket, check.hints);
  co_await look_at_public_access(bucket, check.hints);
  co_return check;
}

}  // namespace msghub
