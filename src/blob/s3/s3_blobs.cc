#include "blob/s3/s3_blobs.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/crypto.h"
#include "blob/paths.h"
#include "blob/s3/s3_bucket.h"
#include "blob/s3/s3_check.h"
#include "blob/s3/s3_multipart.h"
#include "blob/s3/s3_read.h"

namespace msghub {

namespace {

constexpr int kReads = 3;  // of a blob, before it counts as damaged and not just its way here
constexpr std::size_t kMostDeleted = 1000;  // objects of one DeleteObjects; S3's own limit

// What encoding-type=url makes of a key.
std::string url_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned byte = 0;
    const bool is_escape =
        text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(text.data() + at + 1, text.data() + at + 3, byte, 16).ptr ==
            text.data() + at + 3;
    out += is_escape ? static_cast<char>(byte) : text[at] == '+' ? ' ' : text[at];
    if (is_escape) at += 2;
  }
  return out;
}

class S3BlobsImpl final : public S3Blobs {
 public:
  S3BlobsImpl(HttpTransport& transport, std::shared_ptr<aws::CredentialsProvider> credentials,
              const Clock& clock, boost::asio::thread_pool& pool, S3Options options)
      : bucket_(transport, std::move(credentials), clock, std::move(options)), pool_(pool) {}

  Task<Result<void>> put(std::string path, std::string bytes) override {
    const Result<void> fine = bucket_.check_path(path);
    if (!fine) co_return fine;
    const auto hash_them = [&bytes] { return sha256(bytes); };
    std::string hash = co_await offload(pool_, hash_them);
    if (bytes.size() > bucket_.options().part_size) {
      co_await put_in_parts(bucket_, pool_, std::move(path), std::move(bytes), std::move(hash));
      co_return Result<void>();
    }
    aws::Call call = bucket_.object_call("PutObject", "PUT", path);
    bucket_.describe(call, hash);
    call.headers.emplace_back("x-amz-checksum-sha256", to_base64(hash));
    call.payload_sha256 = to_hex(hash);
    S3Bucket::allow_for(call, bytes.size());
    call.body = std::move(bytes);
    co_await bucket_.must(std::move(call), std::move(path));
    co_return Result<void>();
  }

  Task<std::optional<std::string>> get(std::string path) override {
    if (!bucket_.check_path(path)) co_return std::nullopt;
    for (int reads = 0; reads < kReads; ++reads) {
      std::optional<S3Span> span = co_await read_span(bucket_, path, 0, UINT64_MAX);
      if (!span) co_return std::nullopt;
      if (span->sha256_hex.empty()) break;
      const auto hash_them = [&span] { return sha256_hex(span->bytes); };
      const std::string hash = co_await offload(pool_, hash_them);
      if (hash == span->sha256_hex) co_return std::move(span->bytes);
    }
    throw Failure(Failure::Retry::Never,
                  "the blob " + path + " is damaged: its checksum is wrong or missing; restore " +
                      bucket_.key_of(path) + " in the bucket " + bucket_.options().bucket +
                      " from a backup or an older version");
  }

  Task<std::optional<std::string>> get_range(std::string path, std::uint64_t offset,
                                             std::uint64_t length) override {
    if (!bucket_.check_path(path)) co_return std::nullopt;
    std::optional<S3Span> span = co_await read_span(bucket_, std::move(path), offset, length);
    if (!span) co_return std::nullopt;
    co_return std::move(span->bytes);
  }

  Task<std::optional<BlobInfo>> head(std::string path) override {
    if (!bucket_.check_path(path)) co_return std::nullopt;
    co_return co_await bucket_.head(std::move(path));
  }

  Task<void> remove(std::string path) override {
    if (!bucket_.check_path(path)) co_return;
    aws::Call call = bucket_.object_call("DeleteObject", "DELETE", path);
    const aws::Reply reply = co_await bucket_.send(std::move(call));
    if (!reply.ok() && reply.error_code != "NoSuchKey") bucket_.fail(reply, "DeleteObject", path);
  }

  Task<void> remove_all(std::vector<std::string> paths) override {
    std::erase_if(paths, [this](const std::string& path) { return !bucket_.check_path(path); });
    for (std::size_t at = 0; at < paths.size(); at += kMostDeleted) {
      const std::size_t end = std::min(paths.size(), at + kMostDeleted);
      std::string body =
          "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
          "<Quiet>true</Quiet>";
      // A path has no character that XML would read.
      for (std::size_t i = at; i < end; ++i)
        body += "<Object><Key>" + bucket_.key_of(paths[i]) + "</Key></Object>";
      body += "</Delete>";
      co_await remove_some(std::move(body));
    }
  }

  Task<BlobPage> list(std::string prefix, std::size_t limit, std::string cursor) override {
    const std::string& root = bucket_.options().prefix;
    aws::Call call = bucket_.bucket_call("ListObjectsV2", "GET");
    call.query = {{"list-type", "2"},
                  {"encoding-type", "url"},
                  {"prefix", root + prefix},
                  {"max-keys", std::to_string(std::clamp<std::size_t>(limit, 1, kPageLimit))}};
    if (!cursor.empty()) call.query.emplace_back("start-after", root + cursor);
    const aws::Reply reply = co_await bucket_.must(std::move(call), std::move(prefix));
    const XmlElement xml = bucket_.xml_of(reply, "ListBucketResult", "ListObjectsV2");
    const bool is_encoded = xml.text_of("EncodingType") == "url";
    BlobPage page;
    std::string last;
    for (const XmlElement& object : xml.children) {
      if (object.name != "Contents") continue;
      std::string key = object.text_of("Key");
      if (is_encoded) key = url_decoded(key);
      if (!key.starts_with(root)) bucket_.fail_as_garbled("ListObjectsV2");
      last = key.substr(root.size());
      // Others may keep objects in the bucket, too.
      if (bucket_.check_path(last)) page.blobs.push_back(info_of(last, object));
    }
    // "!" sorts before all paths: only a foreign object has no name behind our prefix.
    if (xml.text_of("IsTruncated") == "true") page.cursor = last.empty() ? "!" : last;
    if (page.cursor <= cursor && !page.cursor.empty()) bucket_.fail_as_garbled("ListObjectsV2");
    co_return page;
  }

  Task<S3Check> check() override { co_return co_await check_bucket(bucket_, *this); }

  Task<std::size_t> abort_uploads(Timestamp before) override {
    co_return co_await abort_uploads_before(bucket_, before);
  }

 private:
  Task<void> remove_some(std::string body) {
    aws::Call call = bucket_.bucket_call("DeleteObjects", "POST");
    call.query = {{"delete", ""}};
    const std::string hash = sha256(body);
    call.headers = {{"content-type", "application/xml"},
                    {"x-amz-sdk-checksum-algorithm", "SHA256"},
                    {"x-amz-checksum-sha256", to_base64(hash)}};
    call.payload_sha256 = to_hex(hash);
    call.body = std::move(body);
    const aws::Reply reply = co_await bucket_.must(std::move(call), "");
    const XmlElement xml = bucket_.xml_of(reply, "DeleteResult", "DeleteObjects");
    for (const XmlElement& error : xml.children) {
      if (error.name != "Error" || error.text_of("Code") == "NoSuchKey") continue;
      aws::Reply refused;
      refused.error_code = error.text_of("Code");
      refused.error_message = error.text_of("Message");
      refused.status = refused.error_code == "AccessDenied" ? 403 : 500;
      bucket_.fail(refused, "DeleteObjects", error.text_of("Key"));
    }
  }

  BlobInfo info_of(const std::string& path, const XmlElement& object) const {
    BlobInfo info;
    info.path = path;
    const std::string size = object.text_of("Size");
    const std::optional<Timestamp> time = from_iso8601(object.text_of("LastModified"));
    const char* const end = size.data() + size.size();
    if (!time || std::from_chars(size.data(), end, info.size).ptr != end || size.empty())
      bucket_.fail_as_garbled("ListObjectsV2");
    info.written_at = *time;
    return info;
  }

  S3Bucket bucket_;
  boost::asio::thread_pool& pool_;
};

}  // namespace

std::unique_ptr<S3Blobs> open_s3_blobs(HttpTransport& transport,
                                       std::shared_ptr<aws::CredentialsProvider> credentials,
                                       const Clock& clock, boost::asio::thread_pool& pool,
                                       S3Options options) {
  return std::make_unique<S3BlobsImpl>(transport, std::move(credentials), clock, pool,
                                       std::move(options));
}

}  // namespace msghub
