#include "blob/s3/s3_read.h"

#include <algorithm>
#include <charconv>

namespace msghub {

namespace {

constexpr int kTries =
    3;  // of a whole read, when the object is replaced meanwhile or an answer cut

struct ContentRange {
  std::uint64_t first = 0, last = 0, total = 0;
};

// "bytes 0-9/1234"
std::optional<ContentRange> read_content_range(std::string_view text) {
  ContentRange range;
  const auto number = [&text](std::uint64_t& into, std::string_view before) {
    if (!text.starts_with(before)) return false;
    text.remove_prefix(before.size());
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc();
  };
  const bool fine = number(range.first, "bytes ") && number(range.last, "-") &&
                    number(range.total, "/") && text.empty() && range.first <= range.last &&
                    range.last < range.total;
  return fine ? std::optional(range) : std::nullopt;
}

// One reading of a span, request by request, all of one version of the object.
class SpanReader {
 public:
  enum class Step { More, Done, NoObject, Again };

  SpanReader(S3Bucket& bucket, std::string path, std::uint64_t offset, std::uint64_t length)
      : bucket_(bucket),
        path_(std::move(path)),
        at_(offset),
        end_(length > UINT64_MAX - offset ? UINT64_MAX : offset + length) {}

  Task<Step> step() {
    const std::uint64_t count = std::min<std::uint64_t>(end_ - at_, bucket_.options().part_size);
    aws::Call call = bucket_.object_call("GetObject", "GET", path_);
    call.headers.emplace_back(
        "range", "bytes=" + std::to_string(at_) + "-" + std::to_string(at_ + count - 1));
    if (!etag_.empty()) call.headers.emplace_back("if-match", etag_);
    call.reply_limit = count + 64 * 1024;  // an error's body is not bounded by the range
    S3Bucket::allow_for(call, count);
    aws::Reply reply = co_await bucket_.send(std::move(call));
    if (reply.error_code == "NoSuchKey") co_return etag_.empty() ? Step::NoObject : Step::Again;
    if (reply.status == 412) co_return Step::Again;
    if (reply.status == 416) co_return co_await past_the_end();
    if (!reply.ok()) bucket_.fail(reply, "GetObject", path_);
    co_return take(std::move(reply));
  }

  S3Span span() && { return std::move(span_); }

 private:
  Step take(aws::Reply reply) {
    const std::string* const written = reply.headers.only("content-range");
    const auto range = written ? read_content_range(*written) : std::nullopt;
    const std::string* const etag = reply.headers.only("etag");
    const bool is_whole = reply.status == 200 && at_ == 0;  // of an empty object
    if (etag == nullptr || (!range && !is_whole)) bucket_.fail_as_garbled("GetObject");
    const std::uint64_t total = range ? range->total : reply.body.size();
    const std::uint64_t count = range ? range->last - range->first + 1 : total;
    if ((range && range->first != at_) || reply.body.size() != count) return Step::Again;
    etag_ = *etag;
    end_ = std::min(end_, total);
    if (const std::string* const hash = reply.headers.only("x-amz-meta-sha256"))
      span_.sha256_hex = *hash;
    at_ += count;
    if (span_.bytes.empty()) {
      span_.bytes = std::move(reply.body);
      if (at_ < end_) span_.bytes.reserve(span_.bytes.size() + end_ - at_);
    } else {
      span_.bytes += reply.body;
    }
    return at_ < end_ ? Step::More : Step::Done;
  }

  // The answer to a range behind the end knows neither hash nor size.
  Task<Step> past_the_end() {
    const std::optional<BlobInfo> info = co_await bucket_.head(path_);
    if (!info) co_return Step::NoObject;
    if (info->size > at_) co_return Step::Again;
    span_.sha256_hex = info->sha256_hex;
    co_return Step::Done;
  }

  S3Bucket& bucket_;
  const std::string path_;
  std::uint64_t at_;
  std::uint64_t end_;
  std::string etag_;
  S3Span span_;
};

Task<std::optional<S3Span>> read_nothing(S3Bucket& bucket, std::string path) {
  const std::optional<BlobInfo> info = co_await bucket.head(std::move(path));
  if (!info) co_return std::nullopt;
  co_return S3Span{"", info->sha256_hex};
}

}  // namespace

Task<std::optional<S3Span>> read_span(S3Bucket& bucket, std::string path, std::uint64_t offset,
                                      std::uint64_t length) {
  // No range of HTTP's has no bytes, and S3's numbers have a sign.
  if (length == 0 || offset > INT64_MAX) co_return co_await read_nothing(bucket, std::move(path));
  for (int tries = 0; tries < kTries; ++tries) {
    SpanReader reader(bucket, path, offset, length);
    SpanReader::Step step = SpanReader::Step::More;
    while (step == SpanReader::Step::More) {
      step = co_await reader.step();
    }
    if (step == SpanReader::Step::NoObject) co_return std::nullopt;
    if (step == SpanReader::Step::Done) co_return std::move(reader).span();
  }
  throw Failure(Failure::Retry::Later, "the object " + bucket.key_of(path) +
                                           " could not be read in one piece: it is being "
                                           "replaced, or answers come cut");
}

}  // namespace msghub
