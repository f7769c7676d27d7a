#include "app/lsp_frames.h"

#include <algorithm>
#include <charconv>

#include "rule/nearest.h"

namespace msghub {

void LspFrames::feed(std::string_view bytes) {
  if (!broken_.empty()) return;
  // What was read goes away once it is the larger part.
  if (at_ > bytes_.size() / 2) {
    bytes_.erase(0, at_);
    at_ = 0;
  }
  bytes_ += bytes;
}

bool LspFrames::read_header() {
  const std::string_view rest = std::string_view(bytes_).substr(at_);
  const std::size_t end = rest.substr(0, kMostHeader).find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (rest.size() >= kMostHeader) broken_ = "a header is longer than 4 KiB";
    return false;
  }
  for (std::size_t begin = 0; begin < end;) {
    const std::size_t line_end = std::min(rest.find("\r\n", begin), end);
    const std::string_view line = rest.substr(begin, line_end - begin);
    const std::size_t colon = std::min(line.find(':'), line.size());
    begin = line_end + 2;
    if (lower_ascii(trim(line.substr(0, colon))) != "content-length") continue;
    const std::string_view value = trim(line.substr(std::min(colon + 1, line.size())));
    std::size_t length = 0;
    const auto [last, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc() || last != value.data() + value.size() || length > kMostSkipped) {
      broken_ = "Content-Length is no number of bytes";
      return false;
    }
    length_ = length;
  }
  if (!length_) {
    broken_ = "a header without Content-Length";
    return false;
  }
  at_ += end + 4;
  return true;
}

std::optional<LspFrames::Frame> LspFrames::next() {
  if (!broken_.empty() || (!length_ && !read_header())) return std::nullopt;
  const std::size_t ready = bytes_.size() - at_;
  Frame out;
  out.too_large = too_large_ || *length_ > kMostBody;
  too_large_ = out.too_large;
  if (out.too_large) {
    const std::size_t skipped = std::min(ready, *length_);
    at_ += skipped;
    *length_ -= skipped;
    if (*length_ > 0) return std::nullopt;
  } else {
    if (ready < *length_) return std::nullopt;
    out.body = bytes_.substr(at_, *length_);
    at_ += *length_;
  }
  length_.reset();
  too_large_ = false;
  return out;
}

std::string lsp_frame(std::string_view body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace msghub
